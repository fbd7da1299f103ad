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
    "q": Command.QUIT,
}
ALIASES = {"escape": "q"}
