"""An episode of a dataset as a world to look into: any tick with its pictures, plan and truth, in
the weather that it was driven in or in another; and what happened when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from datasets.episode import Tick
from datasets.scene import Scene
from datasets.store.logged import LoggedTick, Parent
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from sim.recording import world_of
from sim.scores.proximity import NEAR_GAP, NEAR_TTC, gap_to_others, time_to_collision
from sim.state import RoadMap, WorldState
from sim.world import World

HAND_OVER, NEAR_MISS = "hand-over", "near miss"


@dataclass(frozen=True, slots=True)
class Moment:
    """A tick and the world it was decided in."""

    tick: Tick
    state: WorldState
    progress: float  # share of the way to the goal


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
        """Where the wheel changed hands, and where it became near: (offset, what), in order."""
        found: list[tuple[int, str]] = []
        driver, was_near = None, False
        for offset, logged in enumerate(self._without_pictures()):
            tick = logged.tick
            if driver is not None and tick.decision.driver != driver:
                found.append((offset, HAND_OVER))
            is_near = near(tick.truth)
            if is_near and not was_near:
                found.append((offset, NEAR_MISS))
            driver, was_near = tick.decision.driver, is_near
        return found

    def _without_pictures(self) -> Iterator[LoggedTick]:
        return self._reader.episode(self.row.index, ())


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
