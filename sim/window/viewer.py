"""The viewer's seat: shows each tick when it is due, listens to the keys, keeps the pictures.

A session in real time gives every tick 0.1 s of wall time. What is left of it after sensing,
deciding and drawing is spent listening to the keys; a tick for which nothing was left is late.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from datasets.episode import TICK, Tick
from sim.state import RoadMap, WorldState
from sim.window.canvas import Canvas, Status
from sim.window.commands import Command
from sim.window.ink import Image
from sim.window.shell import Window

BANNER_TIME = 1.5  # s, that the end of an episode stays on the screen
SPEED_UPS = (1, 2, 4, 8)
POLL_TIME = 0.004  # s, between two looks at the keys
LOOKS = {Command.BOXES: "boxes", Command.LANES: "lanes", Command.PLAN: "plan"}
TOGGLES = {**LOOKS, Command.TAKE: "taken"}
SMOOTHING = 0.2  # weight of the newest interval in the frame rate


class Sink(Protocol):
    """Whatever keeps pictures: a video, a screenshot."""

    def write(self, image: Image) -> None: ...

    def close(self) -> None: ...


class Viewer:
    """Shows an agent's ticks in a window, in real time, or only keeps them; or neither."""

    def __init__(self, window: Window | None, sinks: Sequence[Sink]) -> None:
        self.window = window
        self.sinks = sinks
        self.status = Status()
        self._canvas = Canvas()
        self._interval = TICK  # s, smoothed, from one picture to the next
        self._shown_at = 0.0  # s, when the last picture was due
        self._step = False

    def begin(self, status: Status) -> None:
        """A new episode; how the viewer likes to look at it stays."""
        mine = {name: getattr(self.status, name) for name in (*LOOKS.values(), "speed_up")}
        live = self.window is not None
        self.status = replace(status, **mine, paused=self.status.paused, live=live)
        self._canvas.reset()
        if self.window is not None:
            self.window.show(self._canvas.draw_waiting(self.status))

    def show(
        self,
        tick: Tick,
        state: WorldState,
        road_map: RoadMap,
        progress: float,
        seconds: float,
    ) -> Command | None:
        """Show a tick that took `seconds` to sense and decide, then wait until the next is due.
        Returns what the viewer asked for if it ends the episode."""
        self.status = replace(self.status, progress=progress)
        # 1. Compose.
        began = time.perf_counter()
        if tick.index == 0:
            self._shown_at = began  # the clock starts when the world is there
        image = self._picture(tick, state, road_map)
        # 2. Show and keep.
        if image is not None:
            if self.window is not None:
                self.window.show(image)
            copies = 1 if tick.outcome is None else round(BANNER_TIME / TICK)
            for sink in self.sinks:
                for _ in range(copies):
                    sink.write(image)
        # 3. Count.
        now = time.perf_counter()
        if seconds + (now - began) > TICK:
            self.status = replace(self.status, late_ticks=self.status.late_ticks + 1)
        # 4. Wait.
        return self._wait(tick, state, road_map) if self.window is not None else None

    def _picture(self, tick: Tick, state: WorldState, road_map: RoadMap) -> Image | None:
        """The picture, if anyone wants one."""
        if self.window is None and not self.sinks:
            return None
        return self._canvas.draw(tick, state, road_map, self.status)

    def _wait(self, tick: Tick, state: WorldState, road_map: RoadMap) -> Command | None:
        """Listen until the next tick is due, or for as long as the viewer pauses."""
        assert self.window is not None
        while True:
            for command in self.window.commands():
                if command in (Command.RESTART, Command.NEXT, Command.WEATHER, Command.QUIT):
                    return command
                self._obey(command)
                self.window.show(self._canvas.draw(tick, state, road_map, self.status))
            span = BANNER_TIME if tick.outcome is not None else TICK / self.status.speed_up
            now = time.perf_counter()
            due = self._shown_at + span
            if self._step or (now >= due and not self.status.paused):
                break
            time.sleep(POLL_TIME if self.status.paused else min(POLL_TIME, due - now))
        self._step = False
        if tick.outcome is None and not self.status.paused:
            self._interval += SMOOTHING * (now - self._shown_at - self._interval)
            self.status = replace(self.status, frame_rate_hz=1 / self._interval)
        # A late tick moves the clock: the ones after it are not hurried.
        self._shown_at = due if now - due < POLL_TIME else now
        return None

    def _obey(self, command: Command) -> None:
        """The commands that change how one looks at it, not what happens."""
        status = self.status
        if command in TOGGLES:
            name = TOGGLES[command]
            self.status = replace(status, **{name: not getattr(status, name)})
        elif command is Command.PAUSE:
            self.status = replace(status, paused=not status.paused)
        elif command is Command.STEP:
            self._step = True
            self.status = replace(status, paused=True)
        elif command is Command.SPEED_UP:
            faster = SPEED_UPS[(SPEED_UPS.index(status.speed_up) + 1) % len(SPEED_UPS)]
            self.status = replace(status, speed_up=faster)

    def close(self) -> None:
        """Complete what was kept, close the window."""
        for sink in self.sinks:
            sink.close()
        if self.window is not None:
            self.window.close()
