"""What a learned driver is, and what it says: a trajectory, the same way driven slower, and how far
its heads agree on it.

The heads of an ensemble have seen the same data from different beginnings. Where they agree there
was data; where they do not, none of them should be believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from datasets.checks import check_range
from datasets.driving import Trajectory
from datasets.observation import Observation

_MOST = 1e6  # m, m/s: more is no spread but a fault; NaN and infinity are refused with it


@dataclass(frozen=True, slots=True)
class LearnedPlan:
    """What a learned driver wants, and how sure it is."""

    trajectory: Trajectory  # ego frame, as the rule planner returns it
    path_spread: float  # m, standard deviation across the heads of where the path is 2 s ahead
    speed_spread: float  # m/s, standard deviation across the heads of the speeds they want
    # The same way, so many m/s slower than the speed that is wanted and can be had soon, at most
    # standing; infinitely: braking with all that the car has. None: it knows no other speed.
    slowed: Callable[[float], Trajectory] | None = None

    def __post_init__(self) -> None:
        check_range("LearnedPlan.path_spread", self.path_spread, 0.0, _MOST)
        check_range("LearnedPlan.speed_spread", self.speed_spread, 0.0, _MOST)


class LearnedDriver(Protocol):
    """Whoever turns an observation and what the trunk made of its pictures into a plan."""

    def reset(self) -> None: ...

    def plan(self, observation: Observation, coarse: NDArray[np.float32]) -> LearnedPlan:
        """`coarse` (C, channels, rows / 16, columns / 16): perception's features of this tick."""
        ...
