"""Longitudinal behaviour: the Intelligent Driver Model and LinearVehicle's rule, m/s^2.

    IDM     a = A [1 - (v / v0)^delta - (d* / d)^2],  d* = d0 + v T + v dv / (2 sqrt(A B))
    linear  a = p0 (v0 - v) + p1 min(v_lead - v, 0) + p2 min(d - d0 - v T, 0)

A vehicle also judges others by its own parameters: `judge` (a body), `ego` (a row) whose
acceleration is asked for, `front` (a row) who drives ahead of it; -1: nobody.
Source: highway_env/vehicle/behavior.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.lanes import local_coordinates
from sim.traffic.layout import LINEAR
from sim.traffic.numpy_math import power


@njit(error_model="numpy")
def clip(value, low, high):
    return min(max(value, low), high)


@njit(error_model="numpy")
def not_zero(value):
    if abs(value) > 1e-2:
        return value
    return 1e-2 if value >= 0 else -1e-2


@njit(error_model="numpy")
def lane_distance(lanes, body, other):
    """From one body to another along the lane of the first, m."""
    lane = lanes[body.lane]
    there, _ = local_coordinates(lane, other.x, other.y)
    here, _ = local_coordinates(lane, body.x, body.y)
    return there - here


@njit(error_model="numpy")
def desired_gap(judge, ego, front):
    """IDM's d*, m, with the speeds projected on the ego's direction."""
    dvx = ego.speed * ego.cos - front.speed * front.cos
    dvy = ego.speed * ego.sin - front.speed * front.sin
    dv = dvx * ego.cos + dvy * ego.sin
    ab = -judge.comfort_acc_max * judge.comfort_acc_min
    wanted = judge.distance_wanted + ego.speed * judge.time_wanted
    return wanted + ego.speed * dv / (2 * math.sqrt(ab))


@njit(error_model="numpy")
def idm(lanes, bodies, judge, ego, front):
    if ego < 0 or bodies[ego].kind > LINEAR:
        return 0.0
    me = bodies[ego]
    target = 0.0 if math.isnan(me.target_speed) else me.target_speed
    limit = lanes[me.lane].speed_limit
    if not math.isnan(limit):
        target = clip(target, 0.0, limit)
    ratio = max(me.speed, 0.0) / abs(not_zero(target))
    accel = judge.comfort_acc_max * (1 - power(ratio, judge.delta))
    if front >= 0:
        d = lane_distance(lanes, me, bodies[front])
        gap = desired_gap(judge, me, bodies[front]) / not_zero(d)
        accel -= judge.comfort_acc_max * (gap * gap)
    return accel


@njit(error_model="numpy")
def linear_features(lanes, bodies, judge, ego, front):
    """(v0 - v, m/s; approach of the lead, m/s; what the gap lacks, m)."""
    if ego < 0:
        return 0.0, 0.0, 0.0
    me = bodies[ego]
    target = me.speed if math.isnan(me.target_speed) else me.target_speed
    approach, lack = 0.0, 0.0
    if front >= 0:
        safe = judge.distance_wanted + max(me.speed, 0.0) * judge.time_wanted
        approach = min(bodies[front].speed - me.speed, 0.0)
        lack = min(lane_distance(lanes, me, bodies[front]) - safe, 0.0)
    return target - me.speed, approach, lack


@njit(error_model="numpy")
def acceleration(lanes, bodies, judge, ego, front):
    if judge.kind != LINEAR:
        return idm(lanes, bodies, judge, ego, front)
    f0, f1, f2 = linear_features(lanes, bodies, judge, ego, front)
    return judge.acceleration_0 * f0 + judge.acceleration_1 * f1 + judge.acceleration_2 * f2
