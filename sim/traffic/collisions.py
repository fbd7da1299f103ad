"""Collisions: which rectangles overlap now, and which will within the step.

Every pair is looked at in the order of the road's list, because a later collision overwrites the
impact of an earlier one. A pair farther apart than half the diagonals plus the way of the first is
left out first, as in highway-env; here a sort by x keeps most pairs from being looked at at all.
Then the separating axis theorem over the edges of both rectangles, with the relative velocity for
the near future. Source: RoadObject.handle_collisions and utils.are_polygons_intersecting.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.traffic.layout import (
    CHECKS_COLLISIONS,
    COLLIDABLE,
    CRASHED,
    DIAGONAL,
    HEADING,
    HIT,
    IMPACT,
    IMPACT_X,
    IMPACT_Y,
    KIND,
    LENGTH,
    NEW_IMPACT,
    OBSTACLE,
    SOLID,
    SPEED,
    WIDTH,
    X,
    Y,
)

SLACK = 1e-6  # m, more than rounding can add to a distance


@njit(error_model="numpy")
def corners(body, i, out):
    """The rectangle of body i as a closed polygon, into `out` (5, 2)."""
    c, s = math.cos(body[HEADING, i]), math.sin(body[HEADING, i])
    x, y = body[LENGTH, i] / 2, body[WIDTH, i] / 2
    for k, (px, py) in enumerate(((-x, -y), (-x, y), (x, y), (x, -y), (-x, -y))):
        out[k, 0] = c * px + -s * py + body[X, i]
        out[k, 1] = s * px + c * py + body[Y, i]


@njit(error_model="numpy")
def shadow(polygon, nx, ny):
    """(least, greatest) projection of a polygon on an axis."""
    low, high = math.inf, -math.inf
    for k in range(5):
        p = polygon[k, 0] * nx + polygon[k, 1] * ny
        low, high = min(low, p), max(high, p)
    return low, high


@njit(error_model="numpy")
def gap(low_a, high_a, low_b, high_b):
    """Distance of two intervals, negative where they overlap."""
    return low_b - high_a if low_a < low_b else low_a - high_b


@njit(error_model="numpy")
def centre_ahead(a, b, nx, ny):
    """Whether a's centre lies on the positive side of b's along the axis."""
    dx = (a[0, 0] + a[1, 0] + a[2, 0] + a[3, 0]) / 4 - (b[0, 0] + b[1, 0] + b[2, 0] + b[3, 0]) / 4
    dy = (a[0, 1] + a[1, 1] + a[2, 1] + a[3, 1]) / 4 - (b[0, 1] + b[1, 1] + b[2, 1] + b[3, 1]) / 4
    return dx * nx + dy * ny > 0


@njit(error_model="numpy")
def overlap(a, b, dx, dy):
    """Polygons and a's displacement relative to b, m -> (overlap now, overlap within the step,
    the shift (x, y), m, that takes a out of b)."""
    now, soon = True, True
    least, shift_x, shift_y = math.inf, 0.0, 0.0
    for polygon in (a, b):
        for k in range(4):
            nx = -polygon[k + 1, 1] + polygon[k, 1]
            ny = polygon[k + 1, 0] - polygon[k, 0]
            length = math.sqrt(nx * nx + ny * ny)
            nx, ny = nx / length, ny / length
            low_a, high_a = shadow(a, nx, ny)
            low_b, high_b = shadow(b, nx, ny)
            if gap(low_a, high_a, low_b, high_b) > 0:
                now = False
            way = nx * dx + ny * dy
            if way < 0:
                low_a += way
            else:
                high_a += way
            depth = gap(low_a, high_a, low_b, high_b)
            if depth > 0:
                soon = False
            if not now and not soon:
                break
            if abs(depth) < least:
                least = abs(depth)
                sign = 1.0 if centre_ahead(a, b, nx, ny) else -1.0
                shift_x, shift_y = sign * nx, sign * ny
    return now, soon, least * shift_x, least * shift_y


@njit(error_model="numpy")
def push(traffic, i, x, y):
    traffic.body[IMPACT_X, i], traffic.body[IMPACT_Y, i] = x, y
    traffic.tag[IMPACT, i] = NEW_IMPACT


@njit(error_model="numpy")
def collide(traffic, i, j, polygon_i, polygon_j, dt):
    """RoadObject.handle_collisions of body i with body j."""
    body, tag = traffic.body, traffic.tag
    if not (tag[CHECKS_COLLISIONS, i] or tag[CHECKS_COLLISIONS, j]):
        return
    if not (tag[COLLIDABLE, i] and tag[COLLIDABLE, j]):
        return
    dx, dy = body[X, j] - body[X, i], body[Y, j] - body[Y, i]
    reach = (body[DIAGONAL, i] + body[DIAGONAL, j]) / 2 + body[SPEED, i] * dt
    if math.sqrt(dx * dx + dy * dy) > reach:
        return
    corners(body, i, polygon_i)
    corners(body, j, polygon_j)
    way_i, way_j = body[SPEED, i], body[SPEED, j]
    relative_x = way_i * math.cos(body[HEADING, i]) * dt - way_j * math.cos(body[HEADING, j]) * dt
    relative_y = way_i * math.sin(body[HEADING, i]) * dt - way_j * math.sin(body[HEADING, j]) * dt
    now, soon, x, y = overlap(polygon_i, polygon_j, relative_x, relative_y)
    solid = tag[SOLID, i] and tag[SOLID, j]
    if soon and solid:
        if tag[KIND, j] == OBSTACLE:
            push(traffic, i, x, y)
        else:
            push(traffic, i, x / 2, y / 2)
            push(traffic, j, -x / 2, -y / 2)
    if now and solid:
        tag[CRASHED, i] = tag[CRASHED, j] = 1
    if now and not tag[SOLID, i]:
        tag[HIT, i] = 1
    if now and not tag[SOLID, j]:
        tag[HIT, j] = 1


@njit(error_model="numpy")
def order_by_x(body):
    """Columns sorted by x: an insertion sort, as traffic is nearly in order already."""
    order = np.empty(body.shape[1], np.int64)
    for i in range(body.shape[1]):
        slot = i
        while slot > 0 and body[X, order[slot - 1]] > body[X, i]:
            order[slot] = order[slot - 1]
            slot -= 1
        order[slot] = i
    return order


@njit(error_model="numpy")
def later_ones_near(body, order, slot, reach, found):
    """The columns after order[slot] and within reach of it in x, increasing, into `found`."""
    i, count = order[slot], 0
    x = body[X, i]
    for step in (-1, 1):
        at = slot + step
        while 0 <= at < order.shape[0] and abs(body[X, order[at]] - x) <= reach:
            if order[at] > i:
                place = count
                while place > 0 and found[place - 1] > order[at]:
                    found[place] = found[place - 1]
                    place -= 1
                found[place] = order[at]
                count += 1
            at += step
    return count


@njit(error_model="numpy")
def collide_all(traffic, vehicles, dt):
    """Every pair of vehicles, then every vehicle with every object, in stock's order."""
    body = traffic.body
    order = order_by_x(body)
    slot_of = np.empty_like(order)
    for slot in range(order.shape[0]):
        slot_of[order[slot]] = slot
    longest = body[DIAGONAL, :].max()
    found = np.empty_like(order)
    polygon_i, polygon_j = np.empty((5, 2)), np.empty((5, 2))
    for i in range(vehicles):
        reach = (body[DIAGONAL, i] + longest) / 2 + body[SPEED, i] * dt + SLACK
        count = later_ones_near(body, order, slot_of[i], reach, found)
        for k in range(count):
            collide(traffic, i, found[k], polygon_i, polygon_j, dt)
