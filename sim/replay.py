"""An episode of a dataset as a world to look into: any tick with its pictures, plan and truth, in
the weather that it was driven in or in another; and what happened when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.driving import changes_hands
from datasets.episode import Tick
from datasets.scene import Scene
from datasets.store.columns import column_array
from datasets.store.logged import LoggedTick, Parent
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from sim.recording import world_of
from sim.scores.proximity import NEAR_GAP, NEAR_TTC, gap_to_others, time_to_collision
from sim.state import RoadMap, WorldState
from sim.world import World

HAND_OVER, NEAR_MISS, DISAGREEMENT = "hand-over", "near miss", "disagreement"
# m: a lane. Two that are further apart are on their way to different lanes, or one brakes for what
# the other has not seen: 2 m/s^2 over the 2 s makes as much. Half of it is no news: the pilot,
# a little slower than the expert, is 2 m away from it in a third of all ticks.
APART = 4.0
TOGETHER = 3.0  # m: closer than this they agree again, so that one quarrel counts once


@dataclass(frozen=True, slots=True)
class Moment:
    """A tick and the world it was decided in."""

    tick: Tick
    state: WorldState
    progress: float  # share of the way to the goal


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in an episode of N ticks."""

    events: tuple[tuple[int, str], ...]  # (tick, what), in order
    by_hand: BoolArray  # (N,) a person had taken the wheel
    apart: FloatArray | None  # (N,) m from driver to shadow, 0 where it failed; None: nobody's

    def __len__(self) -> int:
        return len(self.by_hand)


class Replay:
    """One episode, at random."""

    def __init__(self, reader: DatasetReader, episode: int, weather: str | None = None) -> None:
        """`weather`: render the cameras again, in that one."""
        self.row: EpisodeRow = reader.rows[episode]
        self._reader = reader
        self._again = weather is not None
        head = self.row.head
        self._head = replace(head, weather=weather or head.weather)
        self._world = world_of(self._head, cameras=self._again)

    def __len__(self) -> int:
        return self.row.ticks

    @property
    def road_map(self) -> RoadMap:
        return self._world.road_map

    def moment(self, offset: int) -> Moment:
        """The tick that is `offset` ticks into the episode."""
        logged = self._logged(offset, pictures=not self._again)
        observation = self._world.restore(logged.simulator)
        tick = logged.tick
        if self._again:
            seen = replace(tick.observation, frames=observation.frames)
            tick = replace(tick, observation=seen)
        return Moment(tick, self._world.state, self._world.progress / self._world.goal)

    def resume(self, offset: int) -> tuple[World, Parent]:
        """A world of its own, live again at that tick, and where it comes from. `world.observe()`
        is what the car senses there."""
        world = world_of(self._head)
        world.restore(self._logged(offset, pictures=False).simulator)
        return world, Parent(self.row.uid, offset)

    def _logged(self, offset: int, pictures: bool) -> LoggedTick:
        logged = self._reader.logged(self.row.first + offset, None if pictures else ())
        if not logged.simulator:
            raise ValueError(f"episode {self.row.index}: expected the simulator's state, got none")
        return logged

    @cached_property
    def events(self) -> list[tuple[int, str]]:
        """Where the wheel changed hands, where it became near, and where driver and shadow fell
        out: (offset, what), in order."""
        found: list[tuple[int, str]] = []
        driver, was_near = None, False
        for offset, logged in enumerate(self._without_pictures()):
            tick = logged.tick
            if driver is not None and changes_hands(driver, tick.decision.driver):
                found.append((offset, HAND_OVER))
            is_near = near(tick.truth)
            if is_near and not was_near:
                found.append((offset, NEAR_MISS))
            driver, was_near = tick.decision.driver, is_near
        fallings_out = disagreements(self._numbers("apart")).tolist()
        return sorted([*found, *((offset, DISAGREEMENT) for offset in fallings_out)])

    @cached_property
    def story(self) -> Story:
        """The whole episode at a glance."""
        apart = self._numbers("apart") if self.row.head.shadow else None
        return Story(tuple(self.events), self._numbers("intervention"), apart)

    def _numbers(self, name: str) -> NDArray[Any]:
        """A column of this episode; those of the others are not read."""
        return column_array(self._reader.table(self.row, [name]), name)

    def _without_pictures(self) -> Iterator[LoggedTick]:
        return self._reader.episode(self.row.index, ())


def disagreements(apart: FloatArray) -> IntArray:
    """The ticks at which two who agreed fell out, of an episode's (N,) `apart`."""
    found, fallen_out = [], False
    for tick, far in enumerate(apart.tolist()):
        if far > APART and not fallen_out:
            found.append(tick)
        fallen_out = far > (TOGETHER if fallen_out else APART)
    return np.array(found, np.int64)


def near(scene: Scene) -> bool:
    """Whether the scene is a near miss: a collision within 1.5 s if nobody reacts, or no gap."""
    state = _state_of(scene)
    close = gap_to_others(state).min(initial=np.inf) < NEAR_GAP
    return bool(close or time_to_collision(state, only_ahead=True) < NEAR_TTC)


def _state_of(scene: Scene) -> WorldState:
    """The bodies of a scene in the ego frame, the ego (5 x 2 m) at its origin."""
    agents = scene.agents.compact()
    n = len(agents) + 1
    nothing, never = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    return WorldState(
        t=scene.t,
        id=np.append([-1], agents.id),
        kind=np.append([0], agents.kind),
        xy_world=np.concatenate([np.zeros((1, 2)), agents.xy_ego]),
        heading=np.append([0.0], agents.heading),
        speed=np.append([scene.ego.speed], agents.speed),
        accel=np.zeros(n),
        steering_angle=np.zeros(n),
        length=np.append([5.0], agents.length),
        width=np.append([2.0], agents.width),
        lane=nothing,
        target_lane=nothing,
        indicator=nothing,
        braking=never,
        crashed=never,
    )
