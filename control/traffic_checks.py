"""Does a plan keep clear of everybody it may meet? Against the forecasts of the rule planner, which
know nothing of any learned weight.

time to collision   when the car, driving the plan, first comes too near to somebody (`Care`) in
                    more than `SHARE` of the ways that one may go, or who goes straight across
gap                 the RSS distance (planning.rss) behind whoever is ahead in the strip of the
                    plan. Somebody may cut in at any time, so that not the gap of now decides, but
                    that of in two seconds: a plan must have it by then, or have it again.
cut-in              the same distance left to whoever is behind in a strip that the plan enters

Whoever comes from behind in the car's own strip brakes by himself: no plan is refused for him.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from control.margin import Margin, at_least
from control.plan_checks import STEP, Course
from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.geometry import box_corners, box_gap
from planning.boxes import EGO_LENGTH, EGO_WIDTH
from planning.paths import project_points, resample
from planning.prediction import DT, NEAR, Forecast
from planning.rss import RSS, safe_gap

assert DT == STEP, "courses and forecasts are told at the same moments"

# The checks that are made here.
TIME_TO_COLLISION, GAP, CUT_IN = "time to collision", "gap", "cut-in"


class Care(NamedTuple):
    """What counts as a collision."""

    along: float  # m of air around the car, to who drives along or the other way; negative: overlap
    crossing: float  # m, to who is across: where he turns, and how a wreck lies, is told less well
    straight_on: float  # s for which who drives across may go straight on, whatever is foreseen


MAY_BE = Care(along=0.2, crossing=0.6, straight_on=1.0)
CERTAIN = Care(along=-0.2, crossing=-0.2, straight_on=0.0)  # deeper than tracks are off

SHARE = 0.3  # of an agent's hypotheses, by weight
EVERY = 2  # steps between two moments at which boxes are compared
PUSH = 0.2  # m that a plan may still take from too small a gap of now
AROUND = 60  # m of path behind and beyond: more than RSS asks for at any speed driven here
STRIP = 0.2  # m of air beside the car in which somebody is in its strip
LOOKS = (0.0, 0.5, 1.0, 1.5, 2.0)  # s: who is ahead and who behind; the last one is the gap's
LEAST_GAP = 4.0  # m: the unit of the margin where RSS asks for next to nothing
ALONG = 0.5  # cosine of the angle up to which somebody drives along


def avoids_collisions(course: Course, forecast: Forecast, limit: float) -> Margin:
    """`limit` s must be left until the plan may collide with somebody."""
    return at_least(TIME_TO_COLLISION, collision_time(course, forecast), limit)


def keeps_distance(course: Course, forecast: Forecast) -> list[Margin]:
    """The distances that the plan keeps to those ahead and behind, in units of what RSS asks for
    beyond what it asks for."""
    if not forecast.size:
        return [Margin(GAP, 1.0), Margin(CUT_IN, 1.0)]
    s, d = _beside_path(course, forecast)
    driven = np.append(0.0, np.cumsum(np.hypot(*np.diff(course.xy, axis=0).T)))
    gap, cut_in = np.ones(forecast.size), np.ones(forecast.size)
    swept_now, was_ahead = _in_strip(d[:, 0], forecast), np.zeros(forecast.size, np.bool_)
    for moment in LOOKS:
        k = course.at(moment)
        along = np.cos(forecast.heading[:, k] - course.heading[k])
        inside = _in_strip(d[:, k], forecast) & (along > ALONG)
        gap[~inside] = 1.0
        for h in np.flatnonzero(inside):
            own, other = float(course.speed[k]), float(forecast.speed[h, k] * along[h])
            between = s[h, k] - driven[k]
            free = abs(between) - (EGO_LENGTH + forecast.length[h]) / 2
            if between > 0:
                was_ahead[h], gap[h] = True, _left(free, own, other)
            elif was_ahead[h]:
                gap[h] = -1.0  # the plan goes through who was ahead
            elif free > 0 and not swept_now[h]:  # who is abreast is the collision's business
                cut_in[h] = min(cut_in[h], _left(free, other, own))
    return [
        Margin(GAP, _by_agent(gap, forecast)),
        Margin(CUT_IN, _by_agent(cut_in, forecast)),
    ]


def _by_agent(left: FloatArray, forecast: Forecast) -> float:
    """(H,) -> the least, over the agents, of what is left in half of the ways that one may go."""
    order = np.argsort(left)
    least = 1.0
    for agent in np.unique(forecast.agent):
        mine = order[forecast.agent[order] == agent]
        half = np.searchsorted(np.cumsum(forecast.weight[mine]), 0.5 - 1e-9)
        least = min(least, float(left[mine[min(half, len(mine) - 1)]]))
    return least


def _beside_path(course: Course, forecast: Forecast) -> tuple[FloatArray, FloatArray]:
    """(H, T) the forecasts along the plan's own path: s m ahead of the car now, d m left of it."""
    end = course.heading[-1]
    on = course.xy[-1] + np.outer([5.0, 10.0], [np.cos(end), np.sin(end)])
    way = int(np.hypot(*np.diff(course.xy, axis=0).T).sum())
    xy, heading = resample(np.concatenate([course.xy, on]), -AROUND, 2 * AROUND + way)
    points = np.ascontiguousarray(forecast.xy[:, : len(course.speed)])
    s, d = project_points(xy[None], heading[None], points, NEAR)
    return s[0] - AROUND, d[0]


def _in_strip(d: FloatArray, forecast: Forecast) -> BoolArray:
    """(H,) offsets -> who is in the strip that the car sweeps."""
    return np.asarray(np.abs(d) < (EGO_WIDTH + forecast.width) / 2 + STRIP)


def collision_time(course: Course, forecast: Forecast, care: Care = MAY_BE) -> float:
    """s until the car, driving the plan, collides with somebody who goes as foreseen, or who drives
    across and for a moment goes straight on; inf if it does not."""
    foreseen = _first_touch(course, forecast, care)
    if care.straight_on <= 0:
        return foreseen
    straight_on = _first_touch(course, _across_straight_on(forecast), care)
    return min(foreseen, straight_on if straight_on <= care.straight_on else np.inf)


def _across_straight_on(forecast: Forecast) -> Forecast:
    """One hypothesis for each of those who drive across now: speed and heading stay."""
    agent, first = np.unique(forecast.agent, return_index=True)
    across = np.abs(np.cos(forecast.heading[first, 0])) <= ALONG
    rows, agent = first[across], agent[across]
    stays = np.ones((1, forecast.speed.shape[1]))
    heading, speed = forecast.heading[rows, :1] * stays, forecast.speed[rows, :1] * stays
    way = np.arange(stays.shape[1]) * DT * speed
    xy = forecast.xy[rows, :1] + np.stack([way * np.cos(heading), way * np.sin(heading)], axis=-1)
    return Forecast(
        xy, heading, speed, agent, np.ones(len(rows)),
        forecast.length[rows], forecast.width[rows], forecast.room[rows],
    )  # fmt: skip


def _first_touch(course: Course, forecast: Forecast, care: Care) -> float:
    """s until the car comes too near to an agent in more than SHARE of its hypotheses; inf if it
    does not. To whom it is too near already it may stay, as his place may be wrong and no plan
    could help it; but not when the plan takes more than PUSH of the gap that there is now."""
    if not forecast.size:
        return np.inf
    s, d = _beside_path(course, forecast)
    from_behind = _in_strip(d[:, 0], forecast) & (s[:, 0] < 0)
    steps = np.arange(0, len(course.speed), EVERY)
    off = forecast.xy[:, steps] - course.xy[steps]
    reach = (EGO_LENGTH + forecast.length) / 2 + 2.0
    near = np.hypot(off[..., 0], off[..., 1]) < reach[:, None]  # (H, n)
    near &= ~from_behind[:, None]
    rows, moments = np.nonzero(near)
    if not len(rows):
        return np.inf
    k = steps[moments]
    gap = _gaps(course, forecast, rows, k)
    along = np.abs(np.cos(forecast.heading[rows, k] - course.heading[k])) > ALONG
    too_near = gap < np.where(along, care.along, care.crossing)
    now = np.full(forecast.size, np.inf)  # m, the gap of now to whom the car is too near already
    begins = too_near & (k == 0)
    now[rows[begins]] = gap[begins]
    hit = too_near & (gap < now[rows] - PUSH)
    for moment in np.unique(moments[hit]):
        touched = np.unique(rows[hit & (moments <= moment)])
        share = np.bincount(forecast.agent[touched], weights=forecast.weight[touched])
        if share.max() > SHARE:
            return float(steps[moment] * STEP)
    return np.inf


def _gaps(course: Course, forecast: Forecast, rows: IntArray, k: IntArray) -> FloatArray:
    """(M,) m between the car and the hypotheses `rows` at the steps `k`."""
    ones = np.ones(len(k))
    ego = box_corners(course.xy[k], course.heading[k], EGO_LENGTH * ones, EGO_WIDTH * ones)
    length, width = forecast.length[rows], forecast.width[rows]
    return box_gap(ego, box_corners(forecast.xy[rows, k], forecast.heading[rows, k], length, width))


def _left(gap: float, rear: float, front: float) -> float:
    needed = safe_gap(rear, front, RSS)
    return float(np.clip((gap - needed) / max(needed, LEAST_GAP), -1.0, 1.0))
