"""Longitudinal behaviour: the Intelligent Driver Model and LinearVehicle's rule, m/s^2.

    IDM     a = A [1 - (v / v0)^delta - (d* / d)^2],  d* = d0 + v T + v dv / (2 sqrt(A B))
    linear  a = p0 (v0 - v) + p1 min(v_lead - v, 0) + p2 min(d - d0 - v T, 0)

A vehicle also judges others by its own parameters: `i` is the judge, `ego` whose acceleration is
asked for, `front` who drives ahead of it; -1: nobody. Source: highway_env/vehicle/behavior.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.lanes import local_coordinates
from sim.traffic.layout import (
    ACCELERATION_0,
    ACCELERATION_1,
    ACCELERATION_2,
    COMFORT_ACC_MAX,
    COMFORT_ACC_MIN,
    COS,
    DELTA,
    DISTANCE_WANTED,
    KIND,
    LANE,
    LINEAR,
    SIN,
    SPEED,
    SPEED_LIMIT,
    TARGET_SPEED,
    TIME_WANTED,
    X,
    Y,
)


@njit(error_model="numpy")
def clip(value, low, high):
    return min(max(value, low), high)


@njit(error_model="numpy")
def not_zero(value):
    if abs(value) > 1e-2:
        return value
    return 1e-2 if value >= 0 else -1e-2


@njit(error_model="numpy")
def lane_distance(lanes, traffic, i, other):
    """From body i to another one along i's lane, m."""
    body, lane = traffic.body, traffic.tag[LANE, i]
    there, _ = local_coordinates(lanes, lane, body[X, other], body[Y, other])
    here, _ = local_coordinates(lanes, lane, body[X, i], body[Y, i])
    return there - here


@njit(error_model="numpy")
def desired_gap(traffic, i, ego, front):
    """IDM's d*, m, with the speeds projected on the ego's direction."""
    body, habit = traffic.body, traffic.habit
    speed, speed_front = body[SPEED, ego], body[SPEED, front]
    dvx = speed * body[COS, ego] - speed_front * body[COS, front]
    dvy = speed * body[SIN, ego] - speed_front * body[SIN, front]
    dv = dvx * body[COS, ego] + dvy * body[SIN, ego]
    ab = -habit[COMFORT_ACC_MAX, i] * habit[COMFORT_ACC_MIN, i]
    wanted = habit[DISTANCE_WANTED, i] + speed * habit[TIME_WANTED, i]
    return wanted + speed * dv / (2 * math.sqrt(ab))


@njit(error_model="numpy")
def idm(lanes, traffic, i, ego, front):
    if ego < 0 or traffic.tag[KIND, ego] > LINEAR:
        return 0.0
    body, habit = traffic.body, traffic.habit
    target = body[TARGET_SPEED, ego]
    if math.isnan(target):
        target = 0.0
    limit = lanes.shape[SPEED_LIMIT, traffic.tag[LANE, ego]]
    if not math.isnan(limit):
        target = clip(target, 0.0, limit)
    strongest = habit[COMFORT_ACC_MAX, i]
    ratio = max(body[SPEED, ego], 0.0) / abs(not_zero(target))
    accel = strongest * (1 - ratio ** habit[DELTA, i])
    if front >= 0:
        d = lane_distance(lanes, traffic, ego, front)
        gap = desired_gap(traffic, i, ego, front) / not_zero(d)
        accel -= strongest * (gap * gap)
    return accel


@njit(error_model="numpy")
def linear_features(lanes, traffic, i, ego, front):
    """(v0 - v, m/s; approach of the lead, m/s; what the gap lacks, m)."""
    if ego < 0:
        return 0.0, 0.0, 0.0
    body, habit = traffic.body, traffic.habit
    speed, target = body[SPEED, ego], body[TARGET_SPEED, ego]
    if math.isnan(target):
        target = speed
    approach, lack = 0.0, 0.0
    if front >= 0:
        safe = habit[DISTANCE_WANTED, i] + max(speed, 0.0) * habit[TIME_WANTED, i]
        approach = min(body[SPEED, front] - speed, 0.0)
        lack = min(lane_distance(lanes, traffic, ego, front) - safe, 0.0)
    return target - speed, approach, lack


@njit(error_model="numpy")
def linear(lanes, traffic, i, ego, front):
    habit = traffic.habit
    f0, f1, f2 = linear_features(lanes, traffic, i, ego, front)
    return (
        habit[ACCELERATION_0, i] * f0 + habit[ACCELERATION_1, i] * f1 + habit[ACCELERATION_2, i] * f2
    )


@njit(error_model="numpy")
def acceleration(lanes, traffic, i, ego, front):
    if traffic.tag[KIND, i] == LINEAR:
        return linear(lanes, traffic, i, ego, front)
    return idm(lanes, traffic, i, ego, front)
