"""Score the simulated proposals with the benchmark's own terms (nuPlan, METRICS.md):

    score = NC * DAC * (5 progress + 5 TTC + 2 comfort) / 12
            - route - lane change - urgency - impact - blocking + habit

NC      1 - RISK_AVERSION * the largest share of an agent's hypotheses that the car runs into
DAC     0 when the car leaves the strip between where it is and the lane it follows
TTC     1 unless within 0.9 s at constant velocity the car would touch somebody
route   lane changes still needed, the more so the shorter the road left for them
impact  how fast it runs into somebody: of two risks, the slower collision
blocking  standing in a junction, or entering one without a way out

An agent that comes up from behind is not the car's concern once it was in front of it at an RSS
distance: it brakes by itself. Cutting in closer than that counts like a collision.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from datasets.checks import FloatArray
from planning.boxes import EGO_LENGTH, EGO_WIDTH, overlap
from planning.paths import Paths
from planning.prediction import DT, Beside, Forecast
from planning.proposals import AT_JUNCTION, Proposals
from planning.rollout import Rollouts
from planning.rss import RSS, safe_gap

CHECK_EVERY = 2  # ticks between two collision checks: 0.2 s, 2 m at a crossing
MARGIN_ALONG, MARGIN_ACROSS = 0.5, 0.25  # m of air around each car that a plan keeps
PASSING_MARGIN, MOST_PASSING_MARGIN = 0.1, 0.5  # s, m: beside a car that is overtaken faster
ENTRY_MARGIN = (
    1.5  # m along, before entering a junction: once decided, the car goes through with it
)
STILL, STANDING_BLAME = 0.3, 0.2  # m/s: a car that stands is driven around, if it can be at all
SAME_STRIP = 3.0  # m: highway-env's traffic sees who is within 3 m of the middle of its lane
STANDING = 1.5  # m/s: slower than this, a car in a junction is in the way
HEAD_ON = 0.5  # s to a head-on collision that a plan must leave at its end
STRIP_SLACK = 0.6  # m that the car may leave its strip on top of what it is out of it already


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much; the sums are nuPlan's, the rest was tuned on seeds below 1000."""

    progress: float = 5.0
    ttc: float = 5.0
    comfort: float = 2.0
    final_speed: float = 2.0  # s for which the speed at the end of the plan counts as progress
    risk_aversion: float = 4.0  # a proposal that hits a quarter of the hypotheses is worth nothing
    lane_change: float = 0.03
    bend: float = 0.1  # for changing lane in a bend at the limit of comfort
    habit: float = 0.03  # for the lane of the plan before
    blocking: float = 0.3  # for standing in a junction
    impact: float = 0.02  # per m/s: of two risks, the slower collision
    urgent: float = 0.15  # for hard braking and steering
    change_due: float = 0.15  # for each lane change that the route still needs
    change_urgent: float = 0.6  # for having no road left for them
    change_time: float = 4.0  # s that a lane change takes, and looking for its gap
    missed: float = 2.0  # for giving up the route


@dataclass(frozen=True, slots=True)
class Scores:
    """C scores and what they are made of."""

    total: FloatArray  # (C,)
    risk: FloatArray  # (C,) largest share of an agent's hypotheses that is run into
    collision_time: FloatArray  # (C,) s until the first of these, inf if none
    comfort: FloatArray  # (C,) 1 comfortable, 0 not


def score(
    proposals: Proposals,
    rollouts: Rollouts,
    paths: Paths,
    forecast: Forecast,
    beside: Beside,
    zone: tuple[FloatArray, FloatArray],
    habit: FloatArray,
    entering: bool,
    weights: Weights,
) -> Scores:
    """`beside` the forecast along the paths; `zone` (P,) and (P,) where the next junction of each
    path begins and ends; `habit` (P,) 1 for the path of the plan before; `entering`: it drove into
    a junction."""
    p = proposals.path
    to_junction = zone[0][p] - rollouts.s[:, 0] - EGO_LENGTH / 2
    asks = (to_junction > 0) & (to_junction < AT_JUNCTION) & (not entering)
    air = np.where(asks, ENTRY_MARGIN, MARGIN_ALONG)
    risk, when, harm, ttc = _collide(p, air, rollouts, forecast, beside, RSS)
    horizon = (rollouts.speed.shape[1] - 1) * DT
    limit = float(paths.speed_limit[:, 60:].max())
    driven = rollouts.s[:, -1] - rollouts.s[:, 0] + weights.final_speed * rollouts.speed[:, -1]
    progress = np.clip(driven / (limit * (horizon + weights.final_speed)), 0.0, 1.0)
    comfort = _comfort(rollouts)
    sums = weights.progress * progress + weights.ttc * ttc + weights.comfort * comfort
    safe = np.clip(1 - weights.risk_aversion * risk, 0.0, 1.0) * _inside(rollouts, paths, p)
    total = safe * sums / (weights.progress + weights.ttc + weights.comfort)
    total -= _route_cost(paths, float(rollouts.speed[0, 0]), weights)[p]
    total += weights.habit * habit[p] - _lane_change_cost(rollouts, weights) * (paths.side[p] != 0)
    total -= weights.urgent * proposals.urgent + weights.impact * harm
    total -= weights.blocking * _blocks(rollouts, zone[0][p], zone[1][p])
    return Scores(np.where(safe > 0, total, total - 10.0), risk, when, comfort)


def _inside(rollouts: Rollouts, paths: Paths, p: np.ndarray) -> FloatArray:
    """(C,) 1 while the car stays between where it is and its path, and half a lane beyond."""
    half = paths.width[p][:, None] / 2 - EGO_WIDTH / 2
    reach = np.maximum(half, np.abs(rollouts.d[:, :1])) + STRIP_SLACK
    return np.asarray((np.abs(rollouts.d) < reach).all(axis=1), dtype=np.float64)


def _comfort(rollouts: Rollouts) -> FloatArray:
    """(C,) 1 within nuPlan's comfort bounds over the first 2 s, 0 at twice the bounds."""
    accel, speed = rollouts.accel[:, 1:21], rollouts.speed[:, :20]
    lateral = speed**2 * np.abs(rollouts.curvature[:, 1:21])
    jerk = np.abs(np.diff(accel, axis=1)) / DT
    ratio = np.stack(
        [
            accel.max(axis=1) / 2.4,
            -accel.min(axis=1) / 4.05,
            lateral.max(axis=1) / 4.89,
            jerk.max(axis=1) / 4.13,
        ]
    ).max(axis=0)
    return np.asarray(np.clip(2.0 - ratio, 0.0, 1.0))


def _lane_change_cost(rollouts: Rollouts, weights: Weights) -> FloatArray:
    """(C,) the price of changing lane, which is higher in a bend."""
    bend = np.abs(rollouts.curvature[:, 0]) * rollouts.speed[:, 0] ** 2 / 4.89
    return weights.lane_change + weights.bend * bend


def _blocks(rollouts: Rollouts, begin: FloatArray, end: FloatArray) -> FloatArray:
    """(C,) 0 to 1 for a plan that stands with a part of the car in a junction for up to a second,
    or that drives into one and is not well on the way out at its end."""
    front, rear = rollouts.s + EGO_LENGTH / 2, rollouts.s - EGO_LENGTH / 2
    inside = (front > begin[:, None]) & (rear < end[:, None])
    standing = (inside & (rollouts.speed < STANDING)).sum(axis=1) * DT
    enters = front[:, 0] < begin
    unfinished = inside[:, -1] & (rollouts.speed[:, -1] < np.where(enters, 5.0, 2.0))
    return np.asarray(np.maximum(np.minimum(standing, 1.0), unfinished), dtype=np.float64)


def _route_cost(paths: Paths, speed: float, weights: Weights) -> FloatArray:
    """(P,) the price of the lane changes that each path leaves to be done."""
    needed = paths.changes * (speed * weights.change_time + 10.0) + 20.0
    urgent = np.clip(1.5 - paths.room / needed, 0.0, 1.0)
    cost = (weights.change_due * paths.changes + weights.change_urgent) * urgent
    return np.asarray(np.where(paths.changes > 0, cost, 0.0) + weights.missed * paths.missed)


@njit(cache=True)
def _collide(path, air, plans, others, beside, rss):  # type: ignore[no-untyped-def]
    """Per rollout, with `air` m before and behind it: the largest share of an agent's hypotheses
    it runs into, when, how fast, m/s (the mean over the hypotheses of an agent), and TTC."""
    n = len(path)
    risk, when, harm, ttc = np.zeros(n), np.full(n, np.inf), np.zeros(n), np.ones(n)
    for c in range(n):
        share, mean_impact, owner = 0.0, 0.0, -1
        for h in range(len(others.agent)):
            if others.agent[h] != owner:
                share, mean_impact, owner = 0.0, 0.0, others.agent[h]
            hit, impact, close = _meet(c, h, path[c], air[c], plans, others, beside, rss)
            if hit < np.inf:
                stands = plans.speed[c, round(hit / DT)] < STILL
                share += others.weight[h] * (STANDING_BLAME if stands else 1.0)
                risk[c] = max(risk[c], share)
                when[c] = min(when[c], hit)
                mean_impact += others.weight[h] * impact
                harm[c] = max(harm[c], mean_impact)
            if close:
                ttc[c] = min(ttc[c], 1.0 - others.weight[h])
    return risk, when, harm, ttc


@njit(cache=True)
def _meet(c, h, p, air, plans, others, beside, rss):  # type: ignore[no-untyped-def]
    """Rollout c on path p and hypothesis h: when they meet, s (inf: they do not), how fast, m/s,
    and whether they come within the bound of time to collision."""
    speed, heading, s, d = plans.speed[c], plans.heading[c], plans.s[c], plans.d[c]
    their_speed, their_heading = others.speed[h], others.heading[h]
    their_s, their_d = beside.s[p, h], beside.d[p, h]
    last, close = len(speed) - 1, False
    length, width = others.length[h], others.width[h]
    lengths = (EGO_LENGTH + length) / 2
    for t in range(0, last + 1, CHECK_EVERY):
        along = math.cos(their_heading[t] - heading[t])
        gap = s[t] - their_s[t] - lengths
        together = along > 0.5 and abs(their_d[t] - d[t]) < SAME_STRIP
        if together and -EGO_LENGTH / 2 < gap < 100.0:
            if t == 0 or gap > safe_gap(their_speed[t] * along, speed[t], rss):
                return np.inf, 0.0, close  # it sees the car and has the room to brake
            return t * DT, their_speed[t] - speed[t], close  # cut in too close
        dx, dy = others.xy[h, t, 0] - plans.xy[c, t, 0], others.xy[h, t, 1] - plans.xy[c, t, 1]
        far = lengths + 1.5 + 0.9 * (speed[t] + their_speed[t])
        if dx * dx + dy * dy > far * far:
            continue
        aside = MARGIN_ACROSS
        if along > 0.5:
            faster = max(speed[t] - their_speed[t], 0.0)
            aside += min(PASSING_MARGIN * faster, MOST_PASSING_MARGIN)
        if overlap(
            dx, dy, heading[t], EGO_LENGTH + 2 * air, EGO_WIDTH + 2 * aside,
            their_heading[t], length, width,
        ):  # fmt: skip
            vx = their_speed[t] * math.cos(their_heading[t]) - speed[t] * math.cos(heading[t])
            vy = their_speed[t] * math.sin(their_heading[t]) - speed[t] * math.sin(heading[t])
            return t * DT, math.hypot(vx, vy), close
        if not close and t * DT <= 3.0 and speed[t] >= 0.5:
            close = _soon(
                dx, dy, heading[t], speed[t], their_heading[t], their_speed[t], length, width
            )
    ahead = their_s[last] - s[last] - lengths
    towards = math.cos(their_heading[last] - heading[last]) < -0.5
    in_the_way = towards and ahead > 0 and abs(their_d[last] - d[last]) < EGO_WIDTH
    if in_the_way and ahead < HEAD_ON * (speed[last] + their_speed[last]):
        return last * DT, speed[last] + their_speed[last], close
    return np.inf, 0.0, close


@njit(cache=True)
def _soon(dx, dy, psi_a, va, psi_b, vb, length, width):  # type: ignore[no-untyped-def]
    """Whether the boxes touch within 0.9 s, nuPlan's bound, if both keep their velocity."""
    vx = vb * math.cos(psi_b) - va * math.cos(psi_a)
    vy = vb * math.sin(psi_b) - va * math.sin(psi_a)
    for k in range(1, 4):
        t = 0.3 * k
        if overlap(
            dx + vx * t, dy + vy * t, psi_a, EGO_LENGTH, EGO_WIDTH, psi_b, length, width
        ):  # fmt: skip
            return True
    return False
