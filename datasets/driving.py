"""What a driver wants and does: Trajectory, Action, Decision; what a Shadow would have done in its
place; and what a driver is: Agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from datasets.checks import FloatArray, check_array, check_finite, check_range
from datasets.observation import Observation
from datasets.scene import Scene

MAX_ACCEL = 6.0  # m/s^2, forwards and backwards: what the traffic may use
HUMAN = "human"  # the driver of a decision that a person made
POLICY = "policy"  # that of one that the learned driver made
EASED = "eased"  # that of one that it made, held back to a lower speed than it wished
MAX_STEERING_ANGLE = float(np.pi / 4)  # rad at the front wheel, to either side


def changes_hands(before: str, after: str) -> bool:
    """Whether the wheel goes from one driver to another: a policy that is held back keeps it."""
    return before != after and {before, after} != {POLICY, EASED}


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Where the car wants to be: T points in time, in the ego frame of the tick it was planned."""

    t: FloatArray  # (T,) s from the planning tick, increasing
    xy_ego: FloatArray  # (T, 2) m
    heading: FloatArray  # (T,) rad
    speed: FloatArray  # (T,) m/s

    def __post_init__(self) -> None:
        n = len(self.t)
        for name in ("t", "heading", "speed"):
            check_array(f"Trajectory.{name}", getattr(self, name), (n,), np.float64)
            check_finite(f"Trajectory.{name}", getattr(self, name))
        check_array("Trajectory.xy_ego", self.xy_ego, (n, 2), np.float64)
        check_finite("Trajectory.xy_ego", self.xy_ego)
        if n < 2 or np.any(np.diff(self.t) <= 0):
            raise ValueError(f"Trajectory.t: expected at least 2 increasing times, got {self.t!r}")


@dataclass(frozen=True, slots=True)
class Action:
    """What the actuators are told for one tick."""

    accel: float  # m/s^2, within +-MAX_ACCEL
    steering_angle: float  # rad, left positive, within +-MAX_STEERING_ANGLE

    def __post_init__(self) -> None:
        check_range("Action.accel", self.accel, -MAX_ACCEL, MAX_ACCEL)
        check_range(
            "Action.steering_angle", self.steering_angle, -MAX_STEERING_ANGLE, MAX_STEERING_ANGLE
        )

    @classmethod
    def clipped(cls, accel: float, steering_angle: float) -> Action:
        """The nearest action within the limits; NaN is refused."""
        return cls(
            float(np.clip(accel, -MAX_ACCEL, MAX_ACCEL)),
            float(np.clip(steering_angle, -MAX_STEERING_ANGLE, MAX_STEERING_ANGLE)),
        )


@dataclass(frozen=True, slots=True)
class Shadow:
    """What somebody who rides along, and never drives, would have done at this tick."""

    model: str  # who rides along
    action: Action
    trajectory: Trajectory | None  # what it would have meant to do, where it plans
    apart: float  # m between where the two plans, the driver's and this, put the car 2 s ahead
    compute_time: float = 0.0  # s that it took, which are no time of the driver's

    def __post_init__(self) -> None:
        check_range("Shadow.apart", self.apart, 0.0, np.inf)
        check_range("Shadow.compute_time", self.compute_time, 0.0, np.inf)


@dataclass(frozen=True, slots=True)
class Decision:
    """One tick of driving: the action, and what led to it."""

    action: Action
    driver: str  # who held the wheel: "expert", "rules", "policy", "human", ...
    reason: str  # why, in a few words a passenger understands
    trajectory: Trajectory | None = None  # what it means to do, where it plans
    scene: Scene | None = None  # what it believed, where it believes
    shadow: Shadow | None = None  # what who rides along would have done, where somebody does


class Agent(Protocol):
    """Whoever drives. `reset` begins an episode; `act` is called once a tick, 10 times a second."""

    def reset(self) -> None: ...

    def act(self, observation: Observation) -> Decision: ...


class SceneSource(Protocol):
    """Whoever turns an observation into a Scene: cameras, truth, a log."""

    def reset(self) -> None: ...

    def perceive(self, observation: Observation) -> Scene: ...


class Planner(Protocol):
    """Whoever turns a Scene into a Trajectory, and says why in a few words (`reason`)."""

    def reset(self) -> None: ...

    def plan(self, scene: Scene) -> tuple[Trajectory, str]: ...
