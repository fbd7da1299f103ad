"""What one episode leaves behind, as far as the scores need it.

T ticks leave T actions and T + 1 world states: state k is the world before action k, and the last
state is the world at the end. World frame, SI units, 10 ticks a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray, check_array, check_finite
from datasets.driving import Action, Trajectory
from datasets.episode import TICK, End, Outcome
from datasets.geometry import box_corners
from sim.state import EGO, RoadMap, WorldState


@dataclass(frozen=True)
class EpisodeLog:
    """One episode, from the reset to its outcome."""

    scenario: str
    seed: int
    road_map: RoadMap
    on_route: BoolArray  # (L,) lanes of the map that belong to the route
    states: tuple[WorldState, ...]  # T + 1
    actions: tuple[Action, ...]  # T
    drivers: tuple[str, ...]  # T, who held the wheel
    reasons: tuple[str, ...]  # T, and why
    plans: tuple[Trajectory | None, ...]  # T, what the driver meant to do
    compute_times: FloatArray  # (T,) s from the observation to the action
    progress: FloatArray  # (T + 1,) m along the route
    goal: float  # m of progress at which the route is done
    outcome: Outcome

    def __post_init__(self) -> None:
        ticks = len(self.actions)
        if ticks < 1 or len(self.states) != ticks + 1:
            raise ValueError(
                f"EpisodeLog: expected at least one action and one state more than actions, got "
                f"{ticks} actions and {len(self.states)} states"
            )
        counts = tuple(len(each) for each in (self.drivers, self.reasons, self.plans))
        if counts != (ticks,) * 3:
            raise ValueError(
                f"EpisodeLog: expected {ticks} drivers, reasons and plans, got {counts}"
            )
        check_array("EpisodeLog.on_route", self.on_route, (len(self.road_map.lanes),), np.bool_)
        check_array("EpisodeLog.compute_times", self.compute_times, (ticks,), np.float64)
        check_array("EpisodeLog.progress", self.progress, (ticks + 1,), np.float64)
        check_finite("EpisodeLog.progress", self.progress)

    @property
    def duration(self) -> float:
        """s from the reset to the end."""
        return len(self.actions) * TICK

    @cached_property
    def ego_xy(self) -> FloatArray:
        """(T + 1, 2) world frame, m."""
        return np.stack([state.xy_world[EGO] for state in self.states])

    @cached_property
    def ego_heading(self) -> FloatArray:
        """(T + 1,) rad, unwrapped."""
        return np.unwrap([state.heading[EGO] for state in self.states])

    @cached_property
    def ego_speed(self) -> FloatArray:
        """(T + 1,) m/s."""
        return np.array([state.speed[EGO] for state in self.states])

    @cached_property
    def ego_lane(self) -> IntArray:
        """(T + 1,) index into the lanes of the road map."""
        return np.array([state.lane[EGO] for state in self.states])

    @cached_property
    def ego_corners(self) -> FloatArray:
        """(T + 1, 4, 2) corners of the car, world frame, m."""
        length = np.array([state.length[EGO] for state in self.states])
        width = np.array([state.width[EGO] for state in self.states])
        return box_corners(self.ego_xy, self.ego_heading, length, width)

    @property
    def before_impact(self) -> slice:
        """The states that the driver made: all but the last one of a collision."""
        return slice(-1 if self.outcome.end is End.COLLISION else None)

    @property
    def distance(self) -> float:
        """m driven, along the path and not along the route."""
        return float(np.hypot(*np.diff(self.ego_xy, axis=0).T).sum())

    @property
    def progress_made(self) -> float:
        """m of the route put behind; what is driven on other roads, past a missed exit, is none."""
        on_route = np.flatnonzero(self.on_route[self.ego_lane])
        last = on_route[-1] if len(on_route) else 0
        return float(self.progress[last] - self.progress[0])

    @property
    def route_completion(self) -> float:
        """Share of the route that was driven, 0 to 1; a reached goal is all of it."""
        if self.outcome.end is End.GOAL:
            return 1.0
        length = max(self.goal - float(self.progress[0]), 1e-6)
        return float(np.clip(self.progress_made / length, 0.0, 1.0))
