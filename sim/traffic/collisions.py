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

from sim.traffic.layout import NEW_IMPACT, OBSTACLE
from sim.traffic.numpy_math import cos, sin

SLACK = 1e-6  # m, more than rounding can add to a distance


@njit(error_model="numpy")
def corners(body, out):
    """The rectangle of a body as a closed polygon, into `out` (5, 2)."""
    c, s = cos(body.heading), sin(body.heading)
    x, y = body.length / 2, body.width / 2
    for k, (px, py) in enumerate(((-x, -y), (-x, y), (x, y), (x, -y), (-x, -y))):
        out[k, 0] = c * px + -s * py + body.x
        out[k, 1] = s * px + c * py + body.y


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
def push(body, x, y):
    body.impact_x, body.impact_y, body.impact = x, y, NEW_IMPACT


@njit(error_model="numpy")
def collide(a, b, polygon_a, polygon_b, dt):
    """RoadObject.handle_collisions of body a with body b; the polygons are scratch."""
    if not (a.check_collisions or b.check_collisions) or not (a.collidable and b.collidable):
        return
    dx, dy = b.x - a.x, b.y - a.y
    if math.sqrt(dx * dx + dy * dy) > (a.diagonal + b.diagonal) / 2 + a.speed * dt:
        return
    corners(a, polygon_a)
    corners(b, polygon_b)
    way_x = a.speed * cos(a.heading) * dt - b.speed * cos(b.heading) * dt
    way_y = a.speed * sin(a.heading) * dt - b.speed * sin(b.heading) * dt
    now, soon, x, y = overlap(polygon_a, polygon_b, way_x, way_y)
    solid = a.solid and b.solid
    if soon and solid:
        if b.kind == OBSTACLE:
            push(a, x, y)
        else:
            push(a, x / 2, y / 2)
            push(b, -x / 2, -y / 2)
    if now and solid:
        a.crashed = b.crashed = 1
    if now and not a.solid:
        a.hit = 1
    if now and not b.solid:
        b.hit = 1


@njit(error_model="numpy")
def order_by_x(bodies):
    """Rows sorted by x: an insertion sort, as traffic is nearly in order already."""
    order = np.empty(len(bodies), np.int64)
    for i in range(len(bodies)):
        slot = i
        while slot > 0 and bodies[order[slot - 1]].x > bodies[i].x:
            order[slot] = order[slot - 1]
            slot -= 1
        order[slot] = i
    return order


@njit(error_model="numpy")
def later_ones_near(bodies, order, slot, reach, found):
    """The rows after order[slot] and within reach of it in x, increasing, into `found`."""
    i, count = order[slot], 0
    x = bodies[i].x
    for step in (-1, 1):
        at = slot + step
        while 0 <= at < len(order) and abs(bodies[order[at]].x - x) <= reach:
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
def collide_all(bodies, vehicles, dt):
    """Every pair of vehicles, then every vehicle with every object, in stock's order."""
    order = order_by_x(bodies)
    slot_of, found = np.empty_like(order), np.empty_like(order)
    longest = 0.0
    for slot in range(len(order)):
        slot_of[order[slot]] = slot
        longest = max(longest, bodies[slot].diagonal)
    polygon_a, polygon_b = np.empty((5, 2)), np.empty((5, 2))
    for i in range(vehicles):
        me = bodies[i]
        reach = (me.diagonal + longest) / 2 + me.speed * dt + SLACK
        for k in range(later_ones_near(bodies, order, slot_of[i], reach, found)):
            collide(me, bodies[found[k]], polygon_a, polygon_b, dt)
