"""The seat in front of the window: who drives there, and what is kept of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from control.human import Human, TakeOver
from datasets.driving import HUMAN, Agent
from datasets.episode import Tick
from datasets.observation import Observation
from datasets.store.logged import Head, LoggedTick, Parent
from datasets.store.writer import DatasetWriter
from scripts.agents import make_agent
from scripts.faults import with_fault
from scripts.shadows import full_name, with_shadow
from sim.recording import drive_logged
from sim.window.commands import Command
from sim.window.controls import KeysAndPad
from sim.window.viewer import Viewer
from sim.world import World

Add = Callable[[LoggedTick], None]


def driver_for(
    name: str, world: World, viewer: Viewer, fault: str | None = None, shadow: str | None = None
) -> Agent:
    """The agent of that name, in a world where that fault happens; where there is a window, its
    wheel can be taken. Whoever holds it, `shadow` rides along."""
    return with_shadow(shadow, _at_the_wheel(name, world, viewer, fault), world)


def _at_the_wheel(name: str, world: World, viewer: Viewer, fault: str | None) -> Agent:
    if viewer.window is None:
        if name == HUMAN:
            raise ValueError("agent: a human needs a window to see where the car goes")
        return with_fault(fault, partial(make_agent, name), world)
    person = Human(KeysAndPad())
    if name == HUMAN:
        return with_fault(fault, lambda _: person, world)
    machine = with_fault(fault, partial(make_agent, name), world)
    return TakeOver(machine, person, taken=lambda: viewer.status.taken)


class Recorder:
    """Keeps the episodes that are driven in a dataset; without one, nothing."""

    def __init__(self, writer: DatasetWriter | None) -> None:
        self._writer = writer

    @classmethod
    def into(cls, root: Path | None) -> Recorder:
        return cls(None if root is None else DatasetWriter(root))

    @property
    def keeps(self) -> bool:
        return self._writer is not None

    @contextmanager
    def episode(
        self, world: World, agent: str, parent: Parent | None = None, shadow: str | None = None
    ) -> Iterator[Add]:
        """Where the ticks of the world's episode go. Left early, the episode is kept cut off."""
        if self._writer is None:
            yield lambda _: None
            return
        assert world.seed is not None
        head = Head(
            scenario=world.scenario.name,
            seed=world.seed,
            weather=world.weather,
            agent=agent,
            rig=world.rig,
            parent=parent,
            shadow=full_name(shadow),
        )
        with self._writer.begin(head) as journal:
            try:
                yield journal.add
            finally:
                journal.close()
                self._writer.adopt(journal.path)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@dataclass(slots=True)
class Watched:
    """What was seen of an episode."""

    last: Tick | None = None
    asked: Command | None = None  # by the viewer, if that ended it
    speeds: list[float] = field(default_factory=list)  # m/s, at every tick


def watch(
    world: World, agent: Agent, observation: Observation, viewer: Viewer, add: Add, keep: bool
) -> Watched:
    """Drive on from `observation`, show every tick and hand it to `add`, until the episode ends or
    the viewer asks for something else. `keep`: with the simulator's state."""
    watched = Watched()
    state = None
    began = time.perf_counter()
    for logged in drive_logged(world, agent, observation, keep_state=keep):
        tick = logged.tick
        add(logged)
        # The first tick waits for the world to be built: only the agent's part of it counts.
        seconds = time.perf_counter() - began if tick.index else tick.compute_time
        watched.last = tick
        watched.speeds.append(tick.truth.ego.speed)
        # The world has moved on by now: a tick is shown with the state in which it was decided,
        # except for the end of the episode.
        before, state = state, world.state
        shown = state if before is None or tick.outcome is not None else before
        progress = world.progress / world.goal
        watched.asked = viewer.show(tick, shown, world.road_map, progress, seconds)
        if watched.asked is not None:
            break
        began = time.perf_counter()
    return watched
