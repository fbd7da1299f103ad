"""Do those who should agree agree: the heads of the ensemble, and the learned plan with the rules.

Two lanes may both be right, so that a plan may lie a lane beside that of the rules; but one that is
much faster than the rules where they brake has missed something, or they have seen a ghost. Either
way somebody else should look. Where the route asks for another lane, though, that one is right.
And where the rules would drive just there, it does not matter that some head would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from control.margin import Margin, at_most
from control.plan_checks import Course
from datasets.checks import FloatArray
from planning.learned import LearnedPlan
from planning.paths import square_to_segment

LOOK = 2.0  # s ahead, where plans are compared
# The checks that are made here.
HEADS_ON_PATH, HEADS_ON_SPEED = "heads agree on the path", "heads agree on the speed"
NO_FASTER, BESIDE = "no faster than the rules", "beside the rules' path"
LANE_OF_THE_ROUTE = "the lane of the route"


@dataclass(frozen=True)
class AgreementLimits:
    """How far apart they may be."""

    path_spread: float = 1.8  # m across the heads; one of four a lane (4 m) beside makes 1.7
    heard: float = 2.0  # m of that which count for each m that the plan lies beside the rules'
    speed_spread: float = 3.0  # m/s across the heads
    faster: float = 4.0  # m/s than the rules, LOOK seconds ahead
    faster_share: float = 0.15  # of the speed, on top of it
    beside: float = 5.0  # m from the path of the rules: one lane, and what lanes are off
    off_route: float = 1.5  # m from it at the end, where it changes lanes for the route


def heads_agree(learned: LearnedPlan, beside: float, limits: AgreementLimits) -> list[Margin]:
    """The margins of the heads of a learned plan, which lies `beside` m from that of the rules."""
    path_spread = min(learned.path_spread, limits.heard * beside)
    return [
        at_most(HEADS_ON_PATH, path_spread, limits.path_spread),
        at_most(HEADS_ON_SPEED, learned.speed_spread, limits.speed_spread),
    ]


def agree(
    course: Course, rules: Course, beside: float, for_the_route: bool, limits: AgreementLimits
) -> list[Margin]:
    """The margins of a learned course, which lies `beside` m from that of the rules, who change
    lanes because the route asks for it, or do not."""
    k, m = course.at(LOOK), rules.at(LOOK)
    faster = float(course.speed[k] - rules.speed[m])
    limit = limits.faster + limits.faster_share * float(course.speed[0])
    margins = [
        at_most(NO_FASTER, max(faster, 0.0), limit),
        at_most(BESIDE, beside, limits.beside + max(faster, 0.0) * LOOK),
    ]
    if for_the_route:
        margins.append(at_most(LANE_OF_THE_ROUTE, _apart(course, rules), limits.off_route))
    return margins


def beside_rules(course: Course, rules: Course) -> float:
    """m from where a course is LOOK seconds ahead to the line of that of the rules."""
    return _to_line(course.xy[course.at(LOOK)], rules.xy)


def _apart(course: Course, rules: Course) -> float:
    """m from the end of either course to the line of the other one, whichever is less."""
    return min(_to_line(course.xy[-1], rules.xy), _to_line(rules.xy[-1], course.xy))


def _to_line(point: FloatArray, line: FloatArray) -> float:
    pieces = pairwise(line) if len(line) > 1 else [(line[0], line[0])]
    return float(np.sqrt(min(square_to_segment(*point, begin, end) for begin, end in pieces)))
