"""Right of way: RegulatedRoad's yielding.

Twice a second every pair of vehicles is looked at over the next 3 s at constant speed, along their
routes (a vehicle without one: with the steering it has). Where two would come together the one on
the lane of lower priority, or else the one behind, gets target speed 0 until the next look.
Source: highway_env/road/regulation.py; its test of rotated rectangles turns points by +angle, and
so does this one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.traffic.following import clip
from sim.traffic.lanes import heading_at, local_coordinates, position
from sim.traffic.layout import (
    BICYCLE,
    CONTROLLED,
    CRASHED,
    DONE,
    FIRST_LANE,
    HEADING,
    IMPACT,
    IMPACT_X,
    IMPACT_Y,
    KEEPS_STEERING,
    KIND,
    LANE,
    LANE_COUNT,
    LANE_ID,
    LANE_INDEX,
    LANE_LENGTH,
    LENGTH,
    MAX_ANGULAR_SPEED,
    MAX_SPEED,
    MDP,
    MIN_SPEED,
    NO_IMPACT,
    PRIORITY,
    ROUTE,
    SPEED,
    SPEED_LIMIT,
    STEERING,
    TARGET_SPEED,
    UNKNOWN,
    WIDTH,
    YIELD_TIMER,
    YIELD_TOUCHED,
    YIELDING,
    X,
    Y,
)
from sim.traffic.motion import clipped_action, dynamic_step, kinematic_step, load_dynamic
from sim.traffic.routing import ANY

HORIZON_STEPS = 11  # looks ahead, is_conflict_possible: np.arange(0.25, 3, 0.25)
HORIZON_STEP = 0.25  # s


@njit(error_model="numpy")
def predict_on_route(lanes, traffic, i, ahead):
    """ControlledVehicle: along the route -> `ahead` (steps, 3) x, y, heading. False: stock raises."""
    body, tag = traffic.body, traffic.tag
    here, row = tag[LANE_INDEX, i], tag[ROUTE, i]
    first, end = (0, 1) if row < 0 else (traffic.route_span[row, 0], traffic.route_span[row, 1])
    s0, _ = local_coordinates(lanes, tag[LANE, i], body[X, i], body[Y, i])
    for k in range(HORIZON_STEPS):
        s = s0 + body[SPEED, i] * (HORIZON_STEP * (k + 1))
        at = first
        while True:
            lane = here
            if row >= 0 and first < end:
                road, lane_id = traffic.route[row, at]
                lane_id = lanes.place[LANE_ID, here] if lane_id == ANY else lane_id
                if lane_id >= lanes.road[LANE_COUNT, road]:
                    return False
                lane = lanes.road[FIRST_LANE, road] + lane_id
            if end - at <= 1 or not s > lanes.shape[LANE_LENGTH, lane]:
                break
            s -= lanes.shape[LANE_LENGTH, lane]
            at += 1
        ahead[k, 0], ahead[k, 1] = position(lanes, lane, s)
        ahead[k, 2] = heading_at(lanes, lane, s)
    return True


@njit(error_model="numpy")
def predict_steering(traffic, i, ahead):
    """Vehicle: with the steering it has and no acceleration -> `ahead` (steps, 3)."""
    body, tag, habit = traffic.body, traffic.tag, traffic.habit
    steering = body[STEERING, i] if tag[KEEPS_STEERING, i] else 0.0
    crashed, impact = tag[CRASHED, i], tag[IMPACT, i] != NO_IMPACT
    accel = 0.0
    state, slopes = load_dynamic(body, i)
    for k in range(HORIZON_STEPS):
        steering, accel = clipped_action(
            steering, accel, state[3], body[MAX_SPEED, i], body[MIN_SPEED, i], crashed
        )
        if tag[KIND, i] == BICYCLE:
            steering = clip(steering, -math.pi / 2, math.pi / 2)
            limit = habit[MAX_ANGULAR_SPEED, i]
            state[5] = clip(state[5], -limit, limit)
            dynamic_step(habit, i, state, slopes, steering, accel, HORIZON_STEP)
        else:
            state[0], state[1], state[2], state[3] = kinematic_step(
                state[0],
                state[1],
                state[2],
                state[3],
                steering,
                accel,
                body[LENGTH, i],
                HORIZON_STEP,
            )
            if impact:
                state[0] += body[IMPACT_X, i]
                state[1] += body[IMPACT_Y, i]
                impact, crashed = False, 1
        ahead[k] = state[:3]


@njit(error_model="numpy")
def has_corner_inside(a, length_a, width_a, b, length_b, width_b):
    """Whether a corner, the middle of an edge or the centre of rectangle a lies in b."""
    ca, sa = math.cos(a[2]), math.sin(a[2])
    cb, sb = math.cos(b[2]), math.sin(b[2])
    for u in (-length_a / 2, 0.0, length_a / 2):
        for w in (-width_a / 2, 0.0, width_a / 2):
            dx = ca * u + -sa * w + a[0] - b[0]
            dy = sa * u + ca * w + a[1] - b[1]
            rx, ry = cb * dx + -sb * dy, sb * dx + cb * dy
            if abs(rx) <= length_b / 2 and abs(ry) <= width_b / 2:
                return True
    return False


@njit(error_model="numpy")
def conflict(body, i, j, ahead_i, ahead_j):
    """RegulatedRoad.is_conflict_possible."""
    for k in range(HORIZON_STEPS):
        a, b = ahead_i[k], ahead_j[k]
        dx, dy = b[0] - a[0], b[1] - a[1]
        if math.sqrt(dx * dx + dy * dy) > body[LENGTH, i]:
            continue
        length_a, width_a = 1.5 * body[LENGTH, i], 0.9 * body[WIDTH, i]
        length_b, width_b = 1.5 * body[LENGTH, j], 0.9 * body[WIDTH, j]
        if has_corner_inside(a, length_a, width_a, b, length_b, width_b) or has_corner_inside(
            b, length_b, width_b, a, length_a, width_a
        ):
            return True
    return False


@njit(error_model="numpy")
def who_yields(lanes, traffic, i, j):
    """RegulatedRoad.respect_priorities."""
    body, tag = traffic.body, traffic.tag
    priority_i = lanes.place[PRIORITY, tag[LANE, i]]
    priority_j = lanes.place[PRIORITY, tag[LANE, j]]
    if priority_i != priority_j:
        return j if priority_i > priority_j else i
    dx, dy = body[X, j] - body[X, i], body[Y, j] - body[Y, i]
    ahead_of_i = math.cos(body[HEADING, i]) * dx + math.sin(body[HEADING, i]) * dy
    ahead_of_j = math.cos(body[HEADING, j]) * -dx + math.sin(body[HEADING, j]) * -dy
    return i if ahead_of_i > ahead_of_j else j


@njit(error_model="numpy")
def release(lanes, traffic, vehicles, hold):
    """Let those go on who have yielded for `hold` looks. False: stock would raise an error."""
    tag = traffic.tag
    for i in range(vehicles):
        if not tag[YIELDING, i]:
            continue
        if tag[YIELD_TIMER, i] >= hold:
            limit = lanes.shape[SPEED_LIMIT, tag[LANE, i]]
            if math.isnan(limit):
                return False
            traffic.body[TARGET_SPEED, i] = limit
            tag[YIELDING, i] = 0
        else:
            tag[YIELD_TIMER, i] += 1
        tag[YIELD_TOUCHED, i] = 1
    return True


@njit(error_model="numpy")
def enforce_road_rules(lanes, traffic, vehicles, hold):
    body, tag = traffic.body, traffic.tag
    if not release(lanes, traffic, vehicles, hold):
        return UNKNOWN
    ahead = np.empty((vehicles, HORIZON_STEPS, 3))
    for i in range(vehicles):
        if tag[KIND, i] < CONTROLLED:
            predict_steering(traffic, i, ahead[i])
        elif not predict_on_route(lanes, traffic, i, ahead[i]):
            return UNKNOWN
    for i in range(vehicles):
        for j in range(i + 1, vehicles):
            if not conflict(body, i, j, ahead[i], ahead[j]):
                continue
            slower = who_yields(lanes, traffic, i, j)
            if tag[KIND, slower] >= CONTROLLED and tag[KIND, slower] != MDP:
                body[TARGET_SPEED, slower] = 0.0
                tag[YIELDING, slower] = tag[YIELD_TOUCHED, slower] = 1
                tag[YIELD_TIMER, slower] = 0
    return DONE
