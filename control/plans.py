"""The two plans of a tick and all that is held against either: from what was wished to margins.

Everything here is plain code on the Scene and the rule planner's forecasts. It shares no weights
with the learned driver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from control.agreement import AgreementLimits, agree
from control.margin import Margin
from control.plan_checks import FALLBACK, LEARNED, Course, PlanLimits, feasible, on_the_road
from control.traffic_checks import avoids_collisions, keeps_distance
from datasets.driving import Trajectory
from datasets.scene import Scene
from planning.learned import LearnedPlan
from planning.planner import RulePlanner
from planning.prediction import Forecast

Made = TypeVar("Made")


@dataclass(frozen=True)
class PlanConfig:
    """What is asked of a plan, by who made it."""

    learned: PlanLimits = LEARNED
    fallback: PlanLimits = FALLBACK
    agreement: AgreementLimits = field(default_factory=AgreementLimits)
    learned_collision: float = 2.0  # s until it may touch somebody
    # The fallback is refused only where it fails for certain: what would take over only brakes.
    fallback_collision: float = 0.6  # s


@dataclass(frozen=True, slots=True)
class RulesPlan:
    """What the rules want, and whom they expect where."""

    trajectory: Trajectory
    reason: str
    forecast: Forecast


def attempt(name: str, make: Callable[[], Made]) -> tuple[Made | None, Margin]:
    """What `make` makes. A part that fails, by NaN in its numbers or by an error in its code, is a
    fault to be handled like any other, and never the end of the drive."""
    try:
        return make(), Margin(name, 1.0)
    except Exception as error:  # whatever it is
        return None, Margin(f"{name}: {_in_short(error)}", -1.0)


def rules_plan(planner: RulePlanner, scene: Scene) -> RulesPlan:
    """The plan of the rules for a scene."""
    trajectory, reason = planner.plan(scene)
    assert planner.last is not None, "a plan has been chosen from something"
    return RulesPlan(trajectory, reason, planner.last.forecast)


def against_rules(plan: RulesPlan | None, scene: Scene, config: PlanConfig) -> list[Margin]:
    """The margins of the rules' plan."""
    if plan is None:
        return []
    course = Course.of(plan.trajectory)
    return [
        *feasible(course, scene.ego, config.fallback),
        on_the_road(course, scene.lanes, config.fallback),
        avoids_collisions(course, plan.forecast, config.fallback_collision),
    ]


def against_learned(
    plan: LearnedPlan | None, rules: RulesPlan | None, scene: Scene, config: PlanConfig
) -> list[Margin]:
    """The margins of the learned plan. Without rules nobody knows who is where: that is one, too."""
    if plan is None:
        return []
    course = Course.of(plan.trajectory)
    margins = [
        *feasible(course, scene.ego, config.learned),
        on_the_road(course, scene.lanes, config.learned),
        *agree(plan, course, rules and Course.of(rules.trajectory), config.agreement),
    ]
    if rules is None:
        return [*margins, Margin("forecast of the others", -1.0)]
    return [
        *margins,
        avoids_collisions(course, rules.forecast, config.learned_collision),
        *keeps_distance(course, rules.forecast),
    ]


def _in_short(error: Exception) -> str:
    """The first words of an error."""
    text = str(error).split("\n")[0] or type(error).__name__
    return text if len(text) <= 60 else text[:57] + "..."
