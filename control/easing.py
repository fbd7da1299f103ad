"""Slower on the same way: the least that has to change about a plan that is only too fast.

Where all that speaks against a learned plan is a matter of speed, nobody else needs to take the
wheel: the same path is tried with lower and lower target speeds, and the first plan with enough
margin everywhere is driven. (The closest plan that is safe instead of another driver: SafetyNet,
Vitelli et al. 2022.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from control.agreement import LOOK, NO_FASTER
from control.margin import Margin, worst
from control.plans import attempt
from control.traffic_checks import GAP, TIME_TO_COLLISION
from datasets.driving import Trajectory
from planning.learned import LearnedPlan

MATTERS_OF_SPEED = frozenset({GAP, TIME_TO_COLLISION, NO_FASTER})
STEPS = (1.0, 2.0, 3.5, 5.5, 8.0, 11.0, np.inf)  # m/s; at last a full stop

Judge = Callable[[LearnedPlan], list[Margin]]


@dataclass(frozen=True, slots=True)
class Eased:
    """A learned plan made slower, and what can be held against it now."""

    plan: LearnedPlan
    margins: list[Margin]
    by: float  # m/s that it is slower in LOOK seconds
    why: Margin  # the worst one of the plan that was wished

    def __str__(self) -> str:
        return f"{self.by:.1f} m/s slower than it wished; {self.why}"


def ease(
    plan: LearnedPlan, margins: Sequence[Margin], judge: Judge, trigger: float, enough: float
) -> Eased | None:
    """`plan`, against which stand `margins`, made slower until the worst matter of speed is
    `enough`, or as good as it can be made; no margin may be below zero. None where no matter of
    speed is below `trigger`, where more than its speed is wrong, or where no lower speed is better
    than the one wished."""
    why, others = _worst_of_speed(margins), _worst_of_others(margins)
    if plan.slowed is None or why.value >= trigger or not others.passed:
        return None
    best, most = None, why.value
    for step in STEPS:
        now, _ = attempt("slower", partial(_slower, plan, step, judge, why))
        if now is None:
            break
        left = _worst_of_speed(now.margins).value
        if worst(now.margins).passed and left > most:
            best, most = now, left
        if most >= enough:
            break
    return best


def _worst_of_speed(margins: Sequence[Margin]) -> Margin:
    return worst(margin for margin in margins if margin.check in MATTERS_OF_SPEED)


def _worst_of_others(margins: Sequence[Margin]) -> Margin:
    return worst(margin for margin in margins if margin.check not in MATTERS_OF_SPEED)


def _slower(plan: LearnedPlan, step: float, judge: Judge, why: Margin) -> Eased:
    assert plan.slowed is not None, "asked by ease"
    slower = replace(plan, trajectory=plan.slowed(step))
    by = _speed_ahead(plan.trajectory) - _speed_ahead(slower.trajectory)
    return Eased(slower, judge(slower), by, why)


def _speed_ahead(trajectory: Trajectory) -> float:
    return float(np.interp(LOOK, trajectory.t, trajectory.speed))
