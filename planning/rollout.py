"""Simulate the proposals: the bicycle, steered by the tracking law and paced by IDM, T ticks of
0.1 s with two physics steps each, exactly as the world does it.

The pace is the least of four accelerations: towards the wanted speed, behind the agent in front
(as forecast), before the place to stop, and what the jerk limit allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray
from datasets.driving import MAX_ACCEL
from datasets.observation import EgoState
from planning.bicycle import PHYSICS_STEP, curvature_from_steering, forward, steering_from_curvature
from planning.boxes import EGO_LENGTH, EGO_WIDTH
from planning.paths import STEP, Paths, frenet, nearest_on_path
from planning.prediction import DT, Forecast
from planning.proposals import Proposals
from planning.tracking import COMFORT, EMERGENCY, curvature_command

UNLIKELY = 0.1  # of an agent's hypotheses: hardly followed, though collisions with it count
SAME_LANE = 3.0  # m to the side: who comes up behind the car there follows it
FORESIGHT = 15  # ticks: who will be in the way by then is followed already
ALONG = 0.8  # cosine of the angle to the path up to which somebody drives along it


class Pace(NamedTuple):
    """The longitudinal driver. A named tuple, because it goes into compiled code."""

    accel: float = 2.2  # m/s^2; nuPlan's comfort bound is 2.40
    braking: float = 3.0  # m/s^2, IDM's comfortable deceleration
    max_braking: float = 3.8  # m/s^2 while nothing is urgent; nuPlan bounds 4.05, over 0.7 s
    jerk: float = 2.9  # m/s^3; nuPlan's bound is 4.13, but its filter sees more where a log begins
    headway: float = 0.9  # s behind the agent in front
    standstill: float = 3.0  # m between bumpers when standing
    gain: float = 0.8  # 1/s, up to the wanted speed
    slowing: float = 2.0  # 1/s, down to it when nearly there
    haste: float = 3.2  # m/s^2: needing more than this, the car brakes with more jerk
    urgency: float = 3.8  # m/s^2: needing more than this is an emergency


@dataclass(frozen=True, slots=True)
class Rollouts:
    """C simulated proposals at T + 1 moments, the first of which is now; ego frame of now."""

    xy: FloatArray  # (C, T + 1, 2) m
    heading: FloatArray  # (C, T + 1) rad
    speed: FloatArray  # (C, T + 1) m/s
    accel: FloatArray  # (C, T + 1) m/s^2, [:, t] held until t, [:, 0] the present one
    curvature: FloatArray  # (C, T + 1) 1/m, likewise
    s: FloatArray  # (C, T + 1) m along its path
    d: FloatArray  # (C, T + 1) m left of its path


def roll_out(
    proposals: Proposals,
    paths: Paths,
    bounds: FloatArray,
    ego: EgoState,
    forecast: Forecast,
    agent_s: FloatArray,
    agent_d: FloatArray,
    steps: int,
    pace: Pace,
) -> Rollouts:
    """Simulate all proposals; `bounds` (P, K) m/s as reach.speed_bounds gives them, `agent_s`
    and `agent_d` (P, H, T + 1) the forecasts along the paths."""
    return Rollouts(
        *_roll_out(
            proposals.path, proposals.speed, proposals.stop, proposals.urgent, proposals.passing,
            proposals.hurry, proposals.first, proposals.delay,
            paths.xy, paths.heading, paths.steering, bounds, paths.start,
            max(ego.speed, 0.0), ego.accel, ego.steering_angle,
            agent_s, agent_d, forecast.heading, forecast.speed,
            forecast.length + 2 * forecast.room, forecast.width,
            _followed(paths, forecast, agent_s, agent_d), steps, pace, COMFORT, EMERGENCY,
        )
    )  # fmt: skip


def _followed(
    paths: Paths, forecast: Forecast, agent_s: FloatArray, agent_d: FloatArray
) -> BoolArray:
    """(P, H) whom the car would follow: not who follows it now, whose forecast runs through it."""
    s, d = agent_s[:, :, 0], agent_d[:, :, 0]
    behind = (s < paths.start[:, None]) & (np.abs(d) < SAME_LANE)
    return np.asarray((forecast.weight >= UNLIKELY) & ~behind)


@njit(cache=True)
def idm_accel(speed: float, gap: float, lead_speed: float, pace: Pace) -> float:
    """IDM without its free-road term, m/s^2: full acceleration far behind, braking when close;
    `gap` is between the bumpers."""
    closing = speed * (speed - lead_speed) / (2 * math.sqrt(pace.accel * pace.braking))
    wanted = pace.standstill + max(0.0, speed * pace.headway + closing)
    return pace.accel * (1 - (wanted / max(gap, 0.1)) ** 2)


@njit(cache=True)
def _pace(v, accel, wanted, trend, gap, lead_speed, beside, stop_gap, urgent, hurry, pace):  # type: ignore[no-untyped-def]
    """The acceleration for the next tick: see the module. `trend` is how the wanted speed changes
    as the car drives on, m/s^2: without it the car would be late for every bend. Behind who is
    still `beside` the car it falls back at ease: they meet only once it has moved over."""
    command = pace.gain * (wanted - v)
    if v > wanted:  # as hard as can still be let go by the jerk limit
        soft = pace.jerk / pace.slowing
        command = soft - math.sqrt(soft**2 + 2 * pace.jerk * (v - wanted))
    if trend < 0 and v > wanted - 1.0:
        command += trend
    accel_limit, jerk = hurry * pace.accel, hurry**2 * pace.jerk
    command = min(max(command, -pace.max_braking), accel_limit)
    needed = 0.0
    if gap < 1e9:
        follow = idm_accel(v, gap, lead_speed, pace)
        command = min(command, follow * hurry if follow > 0 else follow)
        closing = max(v - max(lead_speed, 0.0), 0.0)
        if closing > 0.5 and not beside:
            needed = closing**2 / (2 * max(gap - 1.0, 0.1))
    if stop_gap < 1e9:
        if stop_gap < 0.3:
            command = min(command, -pace.braking)
        else:
            by_stop = v**2 / (2 * stop_gap)  # braking evenly, once that is worth braking for
            if by_stop > 0.6 * pace.braking or stop_gap < 0.5 * v + 1.0:
                command = min(command, -by_stop)
            else:
                command = min(command, pace.gain * (math.sqrt(1.2 * pace.braking * stop_gap) - v))
    if urgent:
        if wanted <= 0:
            command = -MAX_ACCEL
        return min(max(command, -MAX_ACCEL), accel_limit)
    if needed > pace.urgency:
        return -min(needed * 1.1, MAX_ACCEL)
    command = min(max(command, -pace.max_braking), accel_limit)
    slowest = accel - jerk * max(1.0, needed / pace.haste) * DT
    return min(max(command, slowest), max(accel, -pace.max_braking) + jerk * DT)


@njit(cache=True)
def _at(values, s):  # type: ignore[no-untyped-def]
    """The value at arc length s of a row that has one per point of a path."""
    place = min(max(s / STEP, 0.0), len(values) - 1.001)
    k = int(place)
    return values[k] + (place - k) * (values[k + 1] - values[k])


@njit(cache=True)
def _steer(s, d, psi, v, kappa, heading, curvature, limits):  # type: ignore[no-untyped-def]
    """The curvature for the next tick, of a car at s and d of a path."""
    here, soon = _at(curvature, s), _at(curvature, s + v * DT)
    # At d the road bends as the curve that runs d m left of its middle.
    here, soon = here / max(1 - here * d, 0.3), soon / max(1 - soon * d, 0.3)
    return curvature_command(d, psi - _at(heading, s), kappa, here, soon, v, DT, limits)


@njit(cache=True)
def _lead(
    s, d, passing, t, agent_s, agent_d, heading, speed, length, width, followed, path_heading
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Gap between bumpers to the agent in front at tick t, its speed along the path, and whether
    only the car's own way to the path brings it before the car. In front is who is within the
    strip that the car still sweeps on its way to the path, and who drives along beside it and will
    be within a moment; of one who brakes, the speed a moment later."""
    best, lead_speed, beside = 1e18, 0.0, False
    low, high = (0.0, 0.0) if passing else (min(d, 0.0), max(d, 0.0))
    later = min(t + FORESIGHT, agent_s.shape[1] - 1)
    for h in range(agent_s.shape[0]):
        ahead = agent_s[h, t] - s
        if ahead <= 0.0 or ahead > 200.0 or agent_d[h, t] == math.inf or not followed[h]:
            continue
        margin = (EGO_WIDTH + width[h]) / 2 + 0.3
        inside = low - margin <= agent_d[h, t] <= high + margin
        k = min(int(agent_s[h, t] / STEP), len(path_heading) - 1)
        turn = math.cos(heading[h, t] - path_heading[k])
        if not inside and not (turn > ALONG and low - margin <= agent_d[h, later] <= high + margin):
            continue
        gap = ahead - (EGO_LENGTH + length[h]) / 2
        slower = min(speed[h, t], speed[h, later]) * turn
        if slower < speed[h, t] and agent_d[h, later] < math.inf:
            # Who slows down has come further by then than who drove that slowly all the time.
            further = agent_s[h, later] - agent_s[h, t] - max(slower, 0.0) * (later - t) * DT
            gap += max(further, 0.0)
        if gap < best:
            best, lead_speed = gap, slower
            beside = min(abs(agent_d[h, t] - d), abs(agent_d[h, later] - d)) > margin
    return best, lead_speed, beside


@njit(cache=True)
def _roll_out(
    path, wanted, stop, urgent, passing, hurry, first, delay,
    xy, heading, curvature, bounds, start, speed0, accel0, steering0,
    agent_s, agent_d, agent_heading, agent_speed, agent_length, agent_width, followed,
    steps, pace, comfort, emergency,
):  # type: ignore[no-untyped-def]  # fmt: skip
    n = len(path)
    out_xy, out_heading = np.zeros((n, steps + 1, 2)), np.zeros((n, steps + 1))
    out_speed, out_accel = np.zeros((n, steps + 1)), np.zeros((n, steps + 1))
    out_curvature = np.zeros((n, steps + 1))
    out_s, out_d = np.zeros((n, steps + 1)), np.zeros((n, steps + 1))
    for c in range(n):
        p = path[c]
        x, y, psi, v, a = 0.0, 0.0, 0.0, speed0, accel0
        kappa = curvature_from_steering(steering0)
        nearest = nearest_on_path(xy[p], x, y, int(start[p] / STEP), 10)
        limits = emergency if urgent[c] else comfort
        for t in range(steps + 1):
            nearest = nearest_on_path(xy[p], x, y, nearest, 6)
            s, d = frenet(xy[p], heading[p], x, y, nearest)
            out_xy[c, t, 0], out_xy[c, t, 1], out_heading[c, t], out_speed[c, t] = x, y, psi, v
            out_accel[c, t], out_curvature[c, t], out_s[c, t], out_d[c, t] = a, kappa, s, d
            most = first[c] if t * DT < delay[c] else wanted[c]
            target = _at(bounds[p], s)
            k = min(max(int(s / STEP), 0), xy.shape[1] - 2)
            trend = (bounds[p, k + 1] - bounds[p, k]) / STEP * v if target < most else 0.0
            gap, lead_speed, beside = _lead(
                s, d, passing[c], t, agent_s[p], agent_d[p], agent_heading, agent_speed,
                agent_length, agent_width, followed[p], heading[p],
            )  # fmt: skip
            a = _pace(
                v, a, min(target, most), trend, gap, lead_speed, beside, stop[c] - s,
                urgent[c], hurry[c], pace,
            )  # fmt: skip
            a = max(a, -v / DT)
            kappa = _steer(s, d, psi, v, kappa, heading[p], curvature[p], limits)
            delta = steering_from_curvature(kappa)
            for _ in range(2):
                x, y, psi, v = forward(x, y, psi, v, a, delta, PHYSICS_STEP)
            v = max(v, 0.0)
    return out_xy, out_heading, out_speed, out_accel, out_curvature, out_s, out_d
