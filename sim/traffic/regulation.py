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

from sim.traffic.lanes import heading_at, local_coordinates, position
from sim.traffic.layout import ANY, BICYCLE, CONTROLLED, DONE, MDP, NO_IMPACT, UNKNOWN
from sim.traffic.motion import clipped_action, dynamic_state, dynamic_step, kinematic_step
from sim.traffic.numpy_math import cos, sin

HORIZON_STEPS = 11  # looks ahead, is_conflict_possible: np.arange(0.25, 3, 0.25)
HORIZON_STEP = 0.25  # s


@njit(error_model="numpy")
def route_lane_at(lanes, roads, me, road, lane_id):
    """Row of the lane of one stretch of a route; -1: there is none."""
    if lane_id == ANY:
        lane_id = lanes[me.lane_index].lane_id
    return -1 if lane_id >= roads[road].lane_count else roads[road].first_lane + lane_id


@njit(error_model="numpy")
def predict_on_route(lanes, roads, routes, spans, me, ahead):
    """ControlledVehicle: along its route -> `ahead` (steps, 3) x, y, heading. False: no lane."""
    first, end = (0, 0) if me.route < 0 else (spans[me.route, 0], spans[me.route, 1])
    s0, _ = local_coordinates(lanes[me.lane], me.x, me.y)
    for k in range(HORIZON_STEPS):
        s, at, lane = s0 + me.speed * (HORIZON_STEP * (k + 1)), first, me.lane_index
        while at < end:
            road, lane_id = routes[me.route, at, 0], routes[me.route, at, 1]
            lane = route_lane_at(lanes, roads, me, road, lane_id)
            if lane < 0:
                return False
            if at == end - 1 or not s > lanes[lane].length:
                break
            s -= lanes[lane].length
            at += 1
        ahead[k, 0], ahead[k, 1] = position(lanes[lane], s)
        ahead[k, 2] = heading_at(lanes[lane], s)
    return True


@njit(error_model="numpy")
def predict_steering(me, ahead):
    """Vehicle: with the steering it has and no acceleration -> `ahead` (steps, 3)."""
    steering, accel = me.steering if me.keeps_steering else 0.0, 0.0
    crashed, pushed = me.crashed, me.impact != NO_IMPACT
    state = dynamic_state(me)
    for k in range(HORIZON_STEPS):
        steering, accel = clipped_action(me, steering, accel, state[3], crashed)
        if me.kind == BICYCLE:
            dynamic_step(me, state, steering, accel, HORIZON_STEP)
        else:
            x, y, heading, speed = state[0], state[1], state[2], state[3]
            state[0], state[1], state[2], state[3] = kinematic_step(
                x, y, heading, speed, steering, accel, me.length, HORIZON_STEP
            )
            if pushed:
                state[0] += me.impact_x
                state[1] += me.impact_y
                pushed, crashed = False, 1
        ahead[k, 0], ahead[k, 1], ahead[k, 2] = state[0], state[1], state[2]


@njit(error_model="numpy")
def has_corner_inside(a, length_a, width_a, b, length_b, width_b):
    """Whether a corner, the middle of an edge or the centre of rectangle a lies in b."""
    ca, sa = cos(a[2]), sin(a[2])
    cb, sb = cos(b[2]), sin(b[2])
    for u in (-length_a / 2, 0.0, length_a / 2):
        for w in (-width_a / 2, 0.0, width_a / 2):
            dx = ca * u + -sa * w + a[0] - b[0]
            dy = sa * u + ca * w + a[1] - b[1]
            rx, ry = cb * dx + -sb * dy, sb * dx + cb * dy
            if abs(rx) <= length_b / 2 and abs(ry) <= width_b / 2:
                return True
    return False


@njit(error_model="numpy")
def conflict(a, b, ahead_a, ahead_b):
    """RegulatedRoad.is_conflict_possible."""
    for k in range(HORIZON_STEPS):
        at_a, at_b = ahead_a[k], ahead_b[k]
        dx, dy = at_b[0] - at_a[0], at_b[1] - at_a[1]
        if math.sqrt(dx * dx + dy * dy) > a.length:
            continue
        length_a, width_a = 1.5 * a.length, 0.9 * a.width
        length_b, width_b = 1.5 * b.length, 0.9 * b.width
        if has_corner_inside(at_a, length_a, width_a, at_b, length_b, width_b):
            return True
        if has_corner_inside(at_b, length_b, width_b, at_a, length_a, width_a):
            return True
    return False


@njit(error_model="numpy")
def first_yields(lanes, a, b):
    """RegulatedRoad.respect_priorities: whether a yields, not b."""
    priority_a, priority_b = lanes[a.lane].priority, lanes[b.lane].priority
    if priority_a != priority_b:
        return priority_a < priority_b
    dx, dy = b.x - a.x, b.y - a.y
    ahead_of_a = cos(a.heading) * dx + sin(a.heading) * dy
    ahead_of_b = cos(b.heading) * -dx + sin(b.heading) * -dy
    return ahead_of_a > ahead_of_b


@njit(error_model="numpy")
def release(lanes, bodies, vehicles, hold):
    """Let those go on who have yielded for `hold` looks. False: stock would raise an error."""
    for i in range(vehicles):
        me = bodies[i]
        if not me.yielding:
            continue
        me.yield_touched = 1
        if me.yield_timer < hold:
            me.yield_timer += 1
            continue
        limit = lanes[me.lane].speed_limit
        if math.isnan(limit):
            return False
        me.target_speed, me.yielding = limit, 0
    return True


@njit(error_model="numpy")
def enforce_road_rules(lanes, roads, bodies, routes, spans, vehicles, hold):
    if not release(lanes, bodies, vehicles, hold):
        return UNKNOWN
    ahead = np.empty((vehicles, HORIZON_STEPS, 3))
    for i in range(vehicles):
        if bodies[i].kind < CONTROLLED:
            predict_steering(bodies[i], ahead[i])
        elif not predict_on_route(lanes, roads, routes, spans, bodies[i], ahead[i]):
            return UNKNOWN
    for i in range(vehicles):
        for j in range(i + 1, vehicles):
            if not conflict(bodies[i], bodies[j], ahead[i], ahead[j]):
                continue
            slower = bodies[i] if first_yields(lanes, bodies[i], bodies[j]) else bodies[j]
            if slower.kind >= CONTROLLED and slower.kind != MDP:
                slower.target_speed, slower.yield_timer = 0.0, 0
                slower.yielding = slower.yield_touched = 1
    return DONE
