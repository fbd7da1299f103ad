"""Do those who should agree agree: the heads of the ensemble, and the learned plan with the rules.

Two lanes may both be right, so that a plan may lie a lane beside that of the rules; but one that is
much faster than the rules where they brake has missed something, or they have seen a ghost. Either
way somebody else should look. Where the route asks for another lane, though, that one is right; and
nobody stands for long where the rules get on, or where they would look for a way around.
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
WALKING, NOWHERE = 1.0, 3.0  # m/s at the end of a course, and m of it: less is a stand


@dataclass(frozen=True)
class AgreementLimits:
    """How far apart they may be."""

    path_spread: float = 1.8  # m across the heads; one of four a lane (4 m) beside makes 1.7
    speed_spread: float = 3.0  # m/s across the heads
    faster: float = 4.0  # m/s than the rules, LOOK seconds ahead
    faster_share: float = 0.15  # of the speed, on top of it
    beside: float = 5.0  # m from the path of the rules: one lane, and what lanes are off
    off_line: float = 1.5  # m from the line of the rules at the end, where they insist on it
    behind: float = 2.0  # m that the rules get further, while it stands


def heads_agree(learned: LearnedPlan, limits: AgreementLimits) -> list[Margin]:
    """The margins of the heads of a learned plan."""
    return [
        at_most("heads agree on the path", learned.path_spread, limits.path_spread),
        at_most("heads agree on the speed", learned.speed_spread, limits.speed_spread),
    ]


def agree(
    course: Course, rules: Course, insist_on: str | None, stuck: bool, limits: AgreementLimits
) -> list[Margin]:
    """The margins of a learned course beside that of the rules: what these insist on their line
    for, if anything, and whether they are stuck behind a breakdown."""
    k, m = course.at(LOOK), rules.at(LOOK)
    faster = float(course.speed[k] - rules.speed[m])
    limit = limits.faster + limits.faster_share * float(course.speed[0])
    beside = float(np.hypot(*(rules.xy - course.xy[k]).T).min())
    margins = [
        at_most("no faster than the rules", max(faster, 0.0), limit),
        at_most("beside the rules' path", beside, limits.beside + max(faster, 0.0) * LOOK),
    ]
    if insist_on is not None:
        margins.append(at_most(insist_on, _apart(course, rules), limits.off_line))
    if _stands(course):
        further = np.inf if stuck else _way(rules) - _way(course)
        margins.append(at_most("gets on", further, limits.behind))
    return margins


def _stands(course: Course) -> bool:
    return bool(course.speed[-1] < WALKING) and _way(course) < NOWHERE


def _way(course: Course) -> float:
    """m driven."""
    return float(np.hypot(*np.diff(course.xy, axis=0).T).sum())


def _apart(course: Course, rules: Course) -> float:
    """m from the end of either course to the line of the other one, whichever is less."""
    return min(_to_line(course.xy[-1], rules.xy), _to_line(rules.xy[-1], course.xy))


def _to_line(point: FloatArray, line: FloatArray) -> float:
    squares = (square_to_segment(*point, begin, end) for begin, end in pairwise(line))
    return float(np.sqrt(min(squares, default=np.inf)))  # a single place is no line
