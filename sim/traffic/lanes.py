"""Lane geometry: straight, sine and circular lanes.

Local coordinates of a point: s along the lane from its start, m, and r across it, m, in the sense
of highway-env (positive towards +y of a lane along +x). Source: highway_env/road/lane.py, with the
same operations in the same order.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.layout import (
    AMPLITUDE,
    BEARING,
    CIRCULAR,
    FORBIDDEN,
    LANE_KIND,
    LANE_LENGTH,
    LANE_WIDTH,
    ORIGIN_X,
    ORIGIN_Y,
    OVERHANG,
    PHASE,
    PULSATION,
    RADIUS,
    SENSE,
    SINE,
    TANGENT_X,
    TANGENT_Y,
)


@njit(error_model="numpy")
def wrap_to_pi(angle):
    return ((angle + math.pi) % (2 * math.pi)) - math.pi


@njit(error_model="numpy")
def local_coordinates(lanes, lane, x, y):
    """A point, m -> (s, r), m."""
    shape = lanes.shape
    dx = x - shape[ORIGIN_X, lane]
    dy = y - shape[ORIGIN_Y, lane]
    kind = lanes.place[LANE_KIND, lane]
    if kind == CIRCULAR:
        start = shape[PHASE, lane]
        phi = start + wrap_to_pi(math.atan2(dy, dx) - start)
        distance = math.sqrt(dx * dx + dy * dy)
        sense, radius = shape[SENSE, lane], shape[RADIUS, lane]
        return sense * (phi - start) * radius, sense * (radius - distance)
    tx, ty = shape[TANGENT_X, lane], shape[TANGENT_Y, lane]
    s = dx * tx + dy * ty
    r = dx * -ty + dy * tx
    if kind == SINE:
        r -= shape[AMPLITUDE, lane] * math.sin(shape[PULSATION, lane] * s + shape[PHASE, lane])
    return s, r


@njit(error_model="numpy")
def position(lanes, lane, s):
    """The point of the centre line at s -> (x, y), m."""
    shape = lanes.shape
    kind = lanes.place[LANE_KIND, lane]
    if kind == CIRCULAR:
        phi = shape[SENSE, lane] * s / shape[RADIUS, lane] + shape[PHASE, lane]
        radius = shape[RADIUS, lane]
        x = shape[ORIGIN_X, lane] + radius * math.cos(phi)
        return x, shape[ORIGIN_Y, lane] + radius * math.sin(phi)
    r = 0.0
    if kind == SINE:
        r = shape[AMPLITUDE, lane] * math.sin(shape[PULSATION, lane] * s + shape[PHASE, lane])
    tx, ty = shape[TANGENT_X, lane], shape[TANGENT_Y, lane]
    return shape[ORIGIN_X, lane] + s * tx + r * -ty, shape[ORIGIN_Y, lane] + s * ty + r * tx


@njit(error_model="numpy")
def heading_at(lanes, lane, s):
    """The direction of the lane at s, rad."""
    shape = lanes.shape
    kind = lanes.place[LANE_KIND, lane]
    if kind == CIRCULAR:
        sense = shape[SENSE, lane]
        phi = sense * s / shape[RADIUS, lane] + shape[PHASE, lane]
        return phi + math.pi / 2 * sense
    if kind == SINE:
        pulsation = shape[PULSATION, lane]
        slope = shape[AMPLITUDE, lane] * pulsation * math.cos(pulsation * s + shape[PHASE, lane])
        return shape[BEARING, lane] + math.atan(slope)
    return shape[BEARING, lane]


@njit(error_model="numpy")
def on_lane(lanes, lane, s, r, margin):
    """Whether local coordinates lie on the lane, widened by a margin, m."""
    shape = lanes.shape
    overhang = shape[OVERHANG, lane]
    beside = abs(r) <= shape[LANE_WIDTH, lane] / 2 + margin
    return beside and -overhang <= s < shape[LANE_LENGTH, lane] + overhang


@njit(error_model="numpy")
def is_reachable_from(lanes, lane, x, y):
    """Whether a vehicle at this point may change to the lane."""
    if lanes.place[FORBIDDEN, lane]:
        return False
    s, r = local_coordinates(lanes, lane, x, y)
    shape = lanes.shape
    beside = abs(r) <= 2 * shape[LANE_WIDTH, lane]
    return beside and 0 <= s < shape[LANE_LENGTH, lane] + shape[OVERHANG, lane]


@njit(error_model="numpy")
def distance(lanes, lane, s, r):
    """L1 distance from local coordinates to the lane, m."""
    return abs(r) + max(s - lanes.shape[LANE_LENGTH, lane], 0.0) + max(0.0 - s, 0.0)


@njit(error_model="numpy")
def closest_lane(lanes, x, y, heading, guess):
    """The lane with the least distance plus heading difference; the first one of equals.

    The distance of `guess`, any lane, bounds the search: the heading only adds to the distance, so
    a lane that is farther without it cannot win and is left out, with the same result.
    """
    s, r = local_coordinates(lanes, guess, x, y)
    bound = distance(lanes, guess, s, r) + abs(wrap_to_pi(heading - heading_at(lanes, guess, s)))
    best, least = guess, math.inf
    for lane in range(lanes.shape.shape[1]):
        s, r = local_coordinates(lanes, lane, x, y)
        cost = distance(lanes, lane, s, r)
        if cost > bound or cost >= least:
            continue
        cost += abs(wrap_to_pi(heading - heading_at(lanes, lane, s)))
        if cost < least:
            best, least = lane, cost
    return best
