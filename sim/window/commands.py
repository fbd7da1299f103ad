"""What a viewer can ask for, and the key for each: one table for the shell and for the legend."""

from __future__ import annotations

from enum import StrEnum


class Command(StrEnum):
    PAUSE = "pause"
    STEP = "single step"
    RESTART = "restart"
    NEXT = "next scenario"
    WEATHER = "weather"
    BOXES = "boxes"
    LANES = "lanes"
    PLAN = "plan"
    SPEED_UP = "speed-up"
    TAKE = "take the wheel"
    QUIT = "quit"


KEYS: dict[str, Command] = {  # pygame's name of the key -> what it asks for
    "space": Command.PAUSE,
    "s": Command.STEP,
    "r": Command.RESTART,
    "n": Command.NEXT,
    "w": Command.WEATHER,
    "b": Command.BOXES,
    "l": Command.LANES,
    "p": Command.PLAN,
    "f": Command.SPEED_UP,
    "t": Command.TAKE,
    "q": Command.QUIT,
}


class ReplayCommand(StrEnum):
    """What one can ask of a recording."""

    PAUSE = "pause"
    BACK = "back"
    FORWARD = "forward"
    JUMP = "next event"
    SPEED_UP = "speed-up"
    PREVIOUS = "previous"
    NEXT = "next one"
    BOXES = "boxes"
    LANES = "lanes"
    PLAN = "plan"
    DRIVE = "drive from here"
    QUIT = "quit"


REPLAY_KEYS: dict[str, ReplayCommand] = {
    "space": ReplayCommand.PAUSE,
    "left": ReplayCommand.BACK,
    "right": ReplayCommand.FORWARD,
    "e": ReplayCommand.JUMP,
    "f": ReplayCommand.SPEED_UP,
    "up": ReplayCommand.PREVIOUS,
    "down": ReplayCommand.NEXT,
    "b": ReplayCommand.BOXES,
    "l": ReplayCommand.LANES,
    "p": ReplayCommand.PLAN,
    "d": ReplayCommand.DRIVE,
    "q": ReplayCommand.QUIT,
}
ALIASES = {"escape": "q"}
