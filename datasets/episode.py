"""What happened: Outcome and Tick. What flows is what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from datasets.driving import Decision
from datasets.observation import Observation
from datasets.scene import Scene

PHYSICS_HZ = 20
DECISION_HZ = 10
TICK = 1 / DECISION_HZ  # s, from one decision to the next


class End(StrEnum):
    """How an episode can end."""

    GOAL = "goal"
    COLLISION = "collision"
    OFF_ROAD = "off-road"
    STUCK = "stuck"
    TIME_OUT = "time-out"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an episode."""

    end: End
    at_fault: bool = False  # nuPlan's rule; only a collision can be

    def __post_init__(self) -> None:
        if self.at_fault and self.end is not End.COLLISION:
            raise ValueError(f"Outcome: expected at_fault with a collision only, got {self.end}")

    @property
    def success(self) -> bool:
        return self.end is End.GOAL


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of the closed loop: what was sensed, what was true, what was done, what came of it.

    `truth` is the scene before the action, `outcome` is what the world said after it.
    """

    index: int
    observation: Observation
    truth: Scene
    decision: Decision
    outcome: Outcome | None  # None while the episode goes on
    compute_time: float  # s from the observation to the action
