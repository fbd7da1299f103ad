"""Who drives ahead and behind: the neighbour search of Road.neighbour_vehicles.

Stock looks at every body for every question. Here each lane gets, once per physics step and only
when somebody asks, the list of the bodies on it (within a margin of 1 m) sorted by s; a question is
then a binary search. Positions do not change while vehicles decide, so the answers are the same,
ties included: of several bodies at one s ahead stock takes the last of its list, behind the first.

With connected lanes a body counts on the first lane that it is on, of the lane itself, those that
it leads to and those that lead to it, with s shifted into the coordinate of the lane itself.
"""

from __future__ import annotations

from numba import njit

from sim.traffic.lanes import local_coordinates, on_lane
from sim.traffic.layout import LANDMARK
from sim.traffic.numpy_math import cos, sin

MARGIN = 1.0  # m, Road.neighbour_vehicles


@njit(error_model="numpy")
def look(lanes, bodies):
    """Forget who is where and refresh the directions: bodies have moved."""
    for k in range(len(lanes)):
        lanes[k].crowd = -1
    for i in range(len(bodies)):
        body = bodies[i]
        body.cos, body.sin = cos(body.heading), sin(body.heading)


@njit(error_model="numpy")
def along(lanes, links, k, x, y, connected):
    """(whether the point counts as on lane k, s in the coordinate of that lane)."""
    lane = lanes[k]
    s, r = local_coordinates(lane, x, y)
    if on_lane(lane, s, r, MARGIN):
        return True, s
    if connected:
        for link in range(lane.link, lane.link_end):
            other = lanes[links[link].lane]
            s, r = local_coordinates(other, x, y)
            if on_lane(other, s, r, MARGIN):
                return True, s + links[link].offset
    return False, 0.0


@njit(error_model="numpy")
def fill_lane(lanes, links, bodies, sight, k, connected):
    """Sort the bodies on lane k by s; equal ones stay in the order of the road's list."""
    crowd = 0
    for i in range(len(bodies)):
        body = bodies[i]
        if body.kind == LANDMARK:
            continue
        is_on, s = along(lanes, links, k, body.x, body.y, connected)
        if not is_on:
            continue
        slot = crowd
        while slot > 0 and sight[k, slot - 1].s > s:
            sight[k, slot].s, sight[k, slot].who = sight[k, slot - 1].s, sight[k, slot - 1].who
            slot -= 1
        sight[k, slot].s, sight[k, slot].who = s, i
        crowd += 1
    lanes[k].crowd = crowd


@njit(error_model="numpy")
def first_not_behind(sight, k, crowd, s):
    """The first slot of lane k at s or beyond."""
    low, high = 0, crowd
    while low < high:
        middle = (low + high) // 2
        if sight[k, middle].s < s:
            low = middle + 1
        else:
            high = middle
    return low


@njit(error_model="numpy")
def nearest(sight, k, start, end, step, i):
    """The first body other than i in these slots, or the last of those at the same s; -1: none."""
    found, s = -1, 0.0
    for slot in range(start, end, step):
        seen = sight[k, slot]
        if seen.who == i:
            continue
        if found >= 0 and seen.s != s:
            break
        found, s = seen.who, seen.s
    return found


@njit(error_model="numpy")
def neighbours(lanes, links, bodies, sight, k, i, connected):
    """(the body ahead, the body behind) of body i, were it on lane k; -1: nobody."""
    if lanes[k].crowd < 0:
        fill_lane(lanes, links, bodies, sight, k, connected)
    s, _ = local_coordinates(lanes[k], bodies[i].x, bodies[i].y)
    middle = first_not_behind(sight, k, lanes[k].crowd, s)
    ahead = nearest(sight, k, middle, lanes[k].crowd, 1, i)
    return ahead, nearest(sight, k, middle - 1, -1, -1, i)
