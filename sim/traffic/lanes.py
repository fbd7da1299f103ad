"""Lane geometry: straight, sine and circular lanes.

Local coordinates of a point: s along the lane from its start, m, and r across it, m, in the sense
of highway-env (positive towards +y of a lane along +x). Source: highway_env/road/lane.py, with the
same operations in the same order. `lane` is one record of the lane table.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.layout import CIRCULAR, SINE
from sim.traffic.numpy_math import arctan, arctan2, cos, sin


@njit(error_model="numpy")
def wrap_to_pi(angle):
    return ((angle + math.pi) % (2 * math.pi)) - math.pi


@njit(error_model="numpy")
def local_coordinates(lane, x, y):
    """A point, m -> (s, r), m."""
    dx, dy = x - lane.origin_x, y - lane.origin_y
    if lane.kind == CIRCULAR:
        phi = lane.phase + wrap_to_pi(arctan2(dy, dx) - lane.phase)
        distance = math.sqrt(dx * dx + dy * dy)
        return lane.sense * (phi - lane.phase) * lane.radius, lane.sense * (lane.radius - distance)
    s = dx * lane.tangent_x + dy * lane.tangent_y
    r = dx * -lane.tangent_y + dy * lane.tangent_x
    if lane.kind == SINE:
        r -= lane.amplitude * sin(lane.pulsation * s + lane.phase)
    return s, r


@njit(error_model="numpy")
def position(lane, s):
    """The point of the centre line at s -> (x, y), m."""
    if lane.kind == CIRCULAR:
        phi = lane.sense * s / lane.radius + lane.phase
        x = lane.origin_x + lane.radius * cos(phi)
        return x, lane.origin_y + lane.radius * sin(phi)
    r = 0.0
    if lane.kind == SINE:
        r = lane.amplitude * sin(lane.pulsation * s + lane.phase)
    x = lane.origin_x + s * lane.tangent_x + r * -lane.tangent_y
    return x, lane.origin_y + s * lane.tangent_y + r * lane.tangent_x


@njit(error_model="numpy")
def heading_at(lane, s):
    """The direction of the lane at s, rad."""
    if lane.kind == CIRCULAR:
        phi = lane.sense * s / lane.radius + lane.phase
        return phi + math.pi / 2 * lane.sense
    if lane.kind == SINE:
        slope = lane.amplitude * lane.pulsation * cos(lane.pulsation * s + lane.phase)
        return lane.bearing + arctan(slope)
    return lane.bearing


@njit(error_model="numpy")
def on_lane(lane, s, r, margin):
    """Whether local coordinates lie on the lane, widened by a margin, m."""
    beside = abs(r) <= lane.width / 2 + margin
    return beside and -lane.overhang <= s < lane.length + lane.overhang


@njit(error_model="numpy")
def is_reachable_from(lane, x, y):
    """Whether a vehicle at this point may change to the lane."""
    if lane.forbidden:
        return False
    s, r = local_coordinates(lane, x, y)
    return abs(r) <= 2 * lane.width and 0 <= s < lane.length + lane.overhang


@njit(error_model="numpy")
def distance(lane, s, r):
    """L1 distance from local coordinates to the lane, m."""
    return abs(r) + max(s - lane.length, 0.0) + max(0.0 - s, 0.0)


@njit(error_model="numpy")
def closest_lane(lanes, x, y, heading, guess):
    """The lane with the least distance plus heading difference; the first one of equals.

    The distance of `guess`, any lane, bounds the search: the heading only adds to the distance, so
    a lane that is farther without it cannot win and is left out, with the same result.
    """
    s, r = local_coordinates(lanes[guess], x, y)
    turn = abs(wrap_to_pi(heading - heading_at(lanes[guess], s)))
    bound = distance(lanes[guess], s, r) + turn
    best, least = guess, math.inf
    for k in range(len(lanes)):
        lane = lanes[k]
        s, r = local_coordinates(lane, x, y)
        cost = distance(lane, s, r)
        if cost > bound or cost >= least:
            continue
        cost += abs(wrap_to_pi(heading - heading_at(lane, s)))
        if cost < least:
            best, least = k, cost
    return best
