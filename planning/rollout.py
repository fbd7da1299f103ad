"""Simulate the proposals: the bicycle, steered by the tracking law and paced by IDM, T ticks of
0.1 s with two physics steps each, exactly as the world does it.

The pace is the least of four accelerations: towards the wanted speed, behind the agent in front
(as forecast), before the place to stop, and what the jerk limit allows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.driving import MAX_ACCEL
from datasets.observation import EgoState
from planning.bicycle import PHYSICS_STEP, curvature_from_steering, forward, steering_from_curvature
from planning.boxes import EGO_LENGTH, EGO_WIDTH
from planning.paths import STEP, Paths, frenet, nearest_on_path
from planning.prediction import DT, Beside, Forecast
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


class Rollouts(NamedTuple):
    """C simulated proposals at T + 1 moments, the first of which is now; ego frame of now. A named
    tuple, because it goes into compiled code."""

    xy: FloatArray  # (C, T + 1, 2) m
    heading: FloatArray  # (C, T + 1) rad
    speed: FloatArray  # (C, T + 1) m/s
    accel: FloatArray  # (C, T + 1) m/s^2, [:, t] held until t, [:, 0] the present one
    curvature: FloatArray  # (C, T + 1) 1/m, likewise
    s: FloatArray  # (C, T + 1) m along its path
    d: FloatArray  # (C, T + 1) m left of its path


class _Orders(NamedTuple):
    """C proposals, without the words."""

    path: IntArray  # (C,)
    speed: FloatArray  # (C,) m/s
    stop: FloatArray  # (C,) m along the path
    urgent: BoolArray  # (C,)
    passing: BoolArray  # (C,)
    hurry: FloatArray  # (C,)
    first: FloatArray  # (C,) m/s
    delay: FloatArray  # (C,) s


class _Ways(NamedTuple):
    """P paths, as far as driving along them needs."""

    xy: FloatArray  # (P, K, 2) m
    heading: FloatArray  # (P, K) rad
    curvature: FloatArray  # (P, K) 1/m to steer
    bounds: FloatArray  # (P, K) m/s
    start: FloatArray  # (P,) m along the path of the car


class _Traffic(NamedTuple):
    """H forecasts, as far as following them along P paths needs."""

    s: FloatArray  # (P, H, T + 1) m along each path
    d: FloatArray  # (P, H, T + 1) m left of it
    heading: FloatArray  # (H, T + 1) rad
    speed: FloatArray  # (H, T + 1) m/s
    length: FloatArray  # (H,) m, with the room that is kept behind and before it
    width: FloatArray  # (H,) m
    followed: BoolArray  # (P, H)


class _Car(NamedTuple):
    """The car as it is now."""

    speed: float  # m/s
    accel: float  # m/s^2
    steering: float  # rad


def roll_out(
    proposals: Proposals,
    paths: Paths,
    bounds: FloatArray,
    ego: EgoState,
    forecast: Forecast,
    beside: Beside,
    steps: int,
    pace: Pace,
) -> Rollouts:
    """Simulate all proposals; `bounds` (P, K) m/s as reach.speed_bounds gives them, `beside` the
    forecast along the paths."""
    orders = _Orders(
        proposals.path, proposals.speed, proposals.stop, proposals.urgent, proposals.passing,
        proposals.hurry, proposals.first, proposals.delay,
    )  # fmt: skip
    ways = _Ways(paths.xy, paths.heading, paths.steering, bounds, paths.start)
    length, followed = forecast.length + 2 * forecast.room, _followed(paths, forecast, beside)
    traffic = _Traffic(*beside, forecast.heading, forecast.speed, length, forecast.width, followed)
    car = _Car(max(ego.speed, 0.0), ego.accel, ego.steering_angle)
    return Rollouts(*_roll_out(orders, ways, traffic, car, steps, pace, COMFORT, EMERGENCY))


def _followed(paths: Paths, forecast: Forecast, beside: Beside) -> BoolArray:
    """(P, H) whom the car would follow: not who follows it now, whose forecast runs through it."""
    s, d = beside.s[:, :, 0], beside.d[:, :, 0]
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
def _pace(v, accel, wanted, trend, lead, stop_gap, urgent, hurry, pace):  # type: ignore[no-untyped-def]
    """The acceleration for the next tick: see the module. `trend` is how the wanted speed changes
    as the car drives on, m/s^2: without it the car would be late for every bend. Behind the `lead`
    (see `_lead`) who is still beside the car it falls back at ease: they meet only once it has
    moved over."""
    gap, lead_speed, beside = lead
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
def _lead(s, d, passing, t, p, traffic, ways):  # type: ignore[no-untyped-def]
    """Gap between bumpers to the agent in front at tick t, its speed along path p, and whether
    only the car's own way to the path brings it before the car. In front is who is within the
    strip that the car still sweeps on its way to the path, and who drives along beside it and will
    be within a moment; of one who brakes, the speed a moment later."""
    best, lead_speed, beside = 1e18, 0.0, False
    low, high = (0.0, 0.0) if passing else (min(d, 0.0), max(d, 0.0))
    agent_s, agent_d, speed = traffic.s[p], traffic.d[p], traffic.speed
    later = min(t + FORESIGHT, agent_s.shape[1] - 1)
    for h in range(agent_s.shape[0]):
        ahead = agent_s[h, t] - s
        if ahead <= 0.0 or ahead > 200.0 or agent_d[h, t] == math.inf or not traffic.followed[p, h]:
            continue
        margin = (EGO_WIDTH + traffic.width[h]) / 2 + 0.3
        inside = low - margin <= agent_d[h, t] <= high + margin
        k = min(int(agent_s[h, t] / STEP), ways.heading.shape[1] - 1)
        turn = math.cos(traffic.heading[h, t] - ways.heading[p, k])
        if not inside and not (turn > ALONG and low - margin <= agent_d[h, later] <= high + margin):
            continue
        gap = ahead - (EGO_LENGTH + traffic.length[h]) / 2
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
def _roll_out(orders, ways, traffic, car, steps, pace, comfort, emergency):  # type: ignore[no-untyped-def]
    """The columns of Rollouts."""
    n = len(orders.path)
    xy, heading = np.zeros((n, steps + 1, 2)), np.zeros((n, steps + 1))
    speed, accel = np.zeros((n, steps + 1)), np.zeros((n, steps + 1))
    curvature = np.zeros((n, steps + 1))
    along, offset = np.zeros((n, steps + 1)), np.zeros((n, steps + 1))
    for c in range(n):
        p = orders.path[c]
        way, psi_way = ways.xy[p], ways.heading[p]
        x, y, psi, v, a = 0.0, 0.0, 0.0, car.speed, car.accel
        kappa = curvature_from_steering(car.steering)
        nearest = nearest_on_path(way, x, y, int(ways.start[p] / STEP), 10)
        limits = emergency if orders.urgent[c] else comfort
        for t in range(steps + 1):
            nearest = nearest_on_path(way, x, y, nearest, 6)
            s, d = frenet(way, psi_way, x, y, nearest)
            xy[c, t, 0], xy[c, t, 1], heading[c, t], speed[c, t] = x, y, psi, v
            accel[c, t], curvature[c, t], along[c, t], offset[c, t] = a, kappa, s, d
            most = orders.first[c] if t * DT < orders.delay[c] else orders.speed[c]
            bounds = ways.bounds[p]
            target = _at(bounds, s)
            k = min(max(int(s / STEP), 0), len(bounds) - 2)
            trend = (bounds[k + 1] - bounds[k]) / STEP * v if target < most else 0.0
            lead = _lead(s, d, orders.passing[c], t, p, traffic, ways)
            a = _pace(
                v, a, min(target, most), trend, lead, orders.stop[c] - s, orders.urgent[c],
                orders.hurry[c], pace,
            )  # fmt: skip
            a = max(a, -v / DT)
            kappa = _steer(s, d, psi, v, kappa, psi_way, ways.curvature[p], limits)
            delta = steering_from_curvature(kappa)
            for _ in range(2):
                x, y, psi, v = forward(x, y, psi, v, a, delta, PHYSICS_STEP)
            v = max(v, 0.0)
    return xy, heading, speed, accel, curvature, along, offset
