"""The two plans of a tick and all that is held against either: from what was wished to margins.

Everything here is plain code on the Scene and the rule planner's forecasts. It shares no weights
with the learned driver.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from control.agreement import AgreementLimits, agree, beside_rules, heads_agree
from control.margin import Margin, at_least
from control.plan_checks import FALLBACK, LEARNED, Course, PlanLimits, feasible, on_the_road
from control.traffic_checks import (
    CERTAIN,
    TIME_TO_COLLISION,
    Care,
    avoids_collisions,
    collision_time,
    keeps_distance,
)
from datasets.driving import Trajectory
from datasets.scene import Scene
from planning.learned import LearnedPlan
from planning.planner import RulePlanner
from planning.prediction import Forecast

log = logging.getLogger(__name__)
LONGEST = 60  # letters of an error that a passenger is told
Made = TypeVar("Made")


@dataclass(frozen=True)
class PlanConfig:
    """What is asked of a plan, by who made it."""

    learned: PlanLimits = LEARNED
    fallback: PlanLimits = FALLBACK
    agreement: AgreementLimits = field(default_factory=AgreementLimits)
    learned_collision: float = 1.5  # s until it may touch somebody
    # The fallback is refused only where it fails for certain: what would take over only brakes.
    fallback_collision: float = 0.6  # s
    fallback_care: Care = CERTAIN


@dataclass(frozen=True, slots=True)
class RulesPlan:
    """What the rules want, and whom they expect where."""

    trajectory: Trajectory
    reason: str
    forecast: Forecast
    for_the_route: bool = False  # it changes lanes, because the route asks for it


def attempt(name: str, make: Callable[[], Made]) -> tuple[Made | None, Margin]:
    """What `make` makes. A part that fails, by NaN in its numbers or by an error in its code, is a
    fault to be handled like any other, and never the end of the drive."""
    try:
        return make(), Margin(name, 1.0)
    except Exception as error:  # whatever it is
        log.debug("%s failed", name, exc_info=error)
        return None, Margin(f"{name} failed: {_in_short(error)}", -1.0)


def rules_plan(planner: RulePlanner, scene: Scene) -> RulesPlan:
    """The plan of the rules for a scene."""
    trajectory, reason = planner.plan(scene)
    assert planner.last is not None, "a plan has been chosen from something"
    last = planner.last
    return RulesPlan(trajectory, reason, last.forecast, last.for_the_route)


def against_rules(
    plan: RulesPlan | None,
    scene: Scene,
    config: PlanConfig,
    stop: Callable[[Scene], Trajectory | None],
) -> list[Margin]:
    """The margins of the rules' plan, and of the `stop` that would take its place: a collision is
    held against the rules only if the stop comes to it later, or not at all."""
    if plan is None:
        return []
    course = Course.of(plan.trajectory)
    margins = [
        *feasible(course, scene.ego, config.fallback),
        on_the_road(course, scene.lanes, config.fallback),
    ]
    own = collision_time(course, plan.forecast, config.fallback_care)
    collision = at_least(TIME_TO_COLLISION, own, config.fallback_collision)
    if not collision.passed:
        braked = stop(scene)
        if braked is not None:
            stopped = collision_time(Course.of(braked), plan.forecast, config.fallback_care)
            if stopped <= own:
                collision = Margin("nothing avoids the collision", 0.0)
    return [*margins, collision]


def against_learned(
    plan: LearnedPlan, rules: RulesPlan | None, scene: Scene, config: PlanConfig
) -> list[Margin]:
    """The margins of the learned plan. Without rules nobody knows who is where: one, too."""
    course = Course.of(plan.trajectory)
    margins = [
        *feasible(course, scene.ego, config.learned),
        on_the_road(course, scene.lanes, config.learned),
    ]
    if rules is None:
        heads = heads_agree(plan, math.inf, config.agreement)
        return [*margins, *heads, Margin("forecast of the others", -1.0)]
    ruled = Course.of(rules.trajectory)
    beside = beside_rules(course, ruled)
    return [
        *margins,
        *heads_agree(plan, beside, config.agreement),
        *agree(course, ruled, beside, rules.for_the_route, config.agreement),
        avoids_collisions(course, rules.forecast, config.learned_collision),
        *keeps_distance(course, rules.forecast),
    ]


def _in_short(error: Exception) -> str:
    """The first words of an error: what was expected, without what came."""
    text = str(error).split(", got")[0].split("\n")[0] or type(error).__name__
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
