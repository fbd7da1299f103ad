"""What is around the car, in the ego frame: all that a rule-based planner sees.

A scene has three possible sources behind one type: cameras, truth and a log. Nothing in it tells
which, except that perceived scenes carry their uncertainty (`*_std`, 0 for truth).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray, check_array, check_finite
from datasets.observation import EgoState, Route


class AgentKind(IntEnum):
    VEHICLE = 0
    OBSTACLE = 1  # stands on the road for ever


class Indicator(IntEnum):
    RIGHT = -1
    OFF = 0
    LEFT = 1


class Marking(IntEnum):
    """What is painted along one side of a lane."""

    NONE = 0
    DASHED = 1
    SOLID = 2


def _dtype(name: str, integers: set[str], booleans: set[str]) -> type:
    return np.int64 if name in integers else np.bool_ if name in booleans else np.float64


@dataclass(frozen=True, slots=True)
class Agents:
    """Other road users, as a struct of arrays over N slots; a slot counts only where `valid`."""

    id: IntArray  # (N,) the same for the same agent throughout an episode
    kind: IntArray  # (N,) AgentKind
    xy_ego: FloatArray  # (N, 2) centre of the box, m
    heading: FloatArray  # (N,) rad, relative to the ego
    speed: FloatArray  # (N,) m/s over ground along its own heading
    length: FloatArray  # (N,) m
    width: FloatArray  # (N,) m
    braking: BoolArray  # (N,) brake lights on
    indicator: IntArray  # (N,) Indicator
    visible: FloatArray  # (N,) share of it that the cameras see, 0 to 1
    xy_std: FloatArray  # (N,) standard deviation of the position, m
    valid: BoolArray  # (N,)

    def __post_init__(self) -> None:
        n = len(self.valid)
        integers = {"id", "kind", "indicator"}
        booleans = {"braking", "valid"}
        for field in fields(self):
            shape = (n, 2) if field.name == "xy_ego" else (n,)
            dtype = _dtype(field.name, integers, booleans)
            check_array(f"Agents.{field.name}", getattr(self, field.name), shape, dtype)
            if dtype is np.float64:
                check_finite(f"Agents.{field.name}", getattr(self, field.name)[self.valid])

    def __len__(self) -> int:
        return len(self.valid)

    def where(self, keep: BoolArray) -> Agents:
        """The same slots, valid only where they were and `keep` (N,) says so."""
        return replace(self, valid=self.valid & keep)

    def compact(self) -> Agents:
        """Only the valid slots."""
        return Agents(*(getattr(self, field.name)[self.valid] for field in fields(self)))

    @classmethod
    def none(cls) -> Agents:
        """An empty road."""
        integer, real, boolean = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
        return cls(
            id=integer,
            kind=integer,
            xy_ego=np.zeros((0, 2)),
            heading=real,
            speed=real,
            length=real,
            width=real,
            braking=boolean,
            indicator=integer,
            visible=real,
            xy_std=real,
            valid=boolean,
        )


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes near the car: centerlines of up to P points, padded; a point counts only where
    `valid`, and the valid points of a lane come first, in driving order of that lane."""

    id: IntArray  # (L,)
    xy_ego: FloatArray  # (L, P, 2) centerline, m
    valid: BoolArray  # (L, P)
    lateral_std: FloatArray  # (L, P) standard deviation across the lane, m
    width: FloatArray  # (L,) m
    speed_limit: FloatArray  # (L,) m/s
    left_marking: IntArray  # (L,) Marking
    right_marking: IntArray  # (L,) Marking
    on_route: BoolArray  # (L,) the route leads along this lane
    priority: IntArray  # (L,) right of way where lanes meet: the higher goes first
    leads_to: BoolArray  # (L, L) [i, j]: lane j begins where lane i ends
    left_of: BoolArray  # (L, L) [i, j]: lane j lies directly left of lane i, same direction

    def __post_init__(self) -> None:
        n, points = self.valid.shape if self.valid.ndim == 2 else (len(self.id), 0)
        shapes: dict[str, tuple[int, ...]] = {
            "xy_ego": (n, points, 2),
            "valid": (n, points),
            "lateral_std": (n, points),
            "leads_to": (n, n),
            "left_of": (n, n),
        }
        integers = {"id", "left_marking", "right_marking", "priority"}
        booleans = {"valid", "on_route", "leads_to", "left_of"}
        for field in fields(self):
            dtype = _dtype(field.name, integers, booleans)
            shape = shapes.get(field.name, (n,))
            check_array(f"Lanes.{field.name}", getattr(self, field.name), shape, dtype)
        check_finite("Lanes.xy_ego", self.xy_ego[self.valid])
        check_finite("Lanes.speed_limit", self.speed_limit)
        if np.any(self.valid[:, 1:] & ~self.valid[:, :-1]):
            raise ValueError("Lanes.valid: expected the valid points of each lane first, got a gap")

    def __len__(self) -> int:
        return len(self.id)

    def centerline(self, index: int) -> FloatArray:
        """(K, 2) the valid points of one lane, m, ego frame."""
        return np.asarray(self.xy_ego[index, self.valid[index]])

    @classmethod
    def none(cls) -> Lanes:
        """No lane in sight."""
        integer, real, boolean = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
        return cls(
            id=integer,
            xy_ego=np.zeros((0, 0, 2)),
            valid=np.zeros((0, 0), np.bool_),
            lateral_std=np.zeros((0, 0)),
            width=real,
            speed_limit=real,
            left_marking=integer,
            right_marking=integer,
            on_route=boolean,
            priority=integer,
            leads_to=np.zeros((0, 0), np.bool_),
            left_of=np.zeros((0, 0), np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment, seen from the car."""

    t: float  # s since the episode began
    ego: EgoState
    agents: Agents
    lanes: Lanes
    route: Route

    def __post_init__(self) -> None:
        check_finite("Scene.t", self.t)
