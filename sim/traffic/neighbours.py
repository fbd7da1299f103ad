"""Who drives ahead and behind: the neighbour search of Road.neighbour_vehicles.

Stock looks at every body for every question. Here each lane gets, once per physics step and only
when somebody asks, the list of the bodies on it (within a margin of 1 m) sorted by s; a question is
then a binary search. Positions do not change while vehicles decide, so the answers are the same,
ties included: of several bodies at one s ahead stock takes the last of its list, behind the first.

With connected lanes a body counts on the first lane that it is on, of the lane itself, those that
it leads to and those that lead to it, with s shifted into the coordinate of the lane itself.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.lanes import local_coordinates, on_lane
from sim.traffic.layout import COS, HEADING, KIND, LANDMARK, SIN, X, Y

MARGIN = 1.0  # m, Road.neighbour_vehicles


@njit(error_model="numpy")
def look(traffic, sight):
    """Forget the lists and refresh the directions: bodies have moved."""
    sight.count[:] = -1
    body = traffic.body
    for i in range(body.shape[1]):
        body[COS, i] = math.cos(body[HEADING, i])
        body[SIN, i] = math.sin(body[HEADING, i])


@njit(error_model="numpy")
def along(lanes, lane, x, y, connected):
    """(whether the point counts as on the lane, s in the coordinate of the lane)."""
    s, r = local_coordinates(lanes, lane, x, y)
    if on_lane(lanes, lane, s, r, MARGIN):
        return True, s
    if connected:
        for link in range(lanes.link[lane], lanes.link[lane + 1]):
            other = lanes.link_lane[link]
            s, r = local_coordinates(lanes, other, x, y)
            if on_lane(lanes, other, s, r, MARGIN):
                return True, s + lanes.link_offset[link]
    return False, 0.0


@njit(error_model="numpy")
def fill_lane(lanes, traffic, sight, lane, connected):
    """Sort the bodies on a lane by s; equal ones stay in the order of the road's list."""
    body = traffic.body
    key, who = sight.key[lane], sight.who[lane]
    count = 0
    for i in range(body.shape[1]):
        if traffic.tag[KIND, i] == LANDMARK:
            continue
        is_on, s = along(lanes, lane, body[X, i], body[Y, i], connected)
        if not is_on:
            continue
        slot = count
        while slot > 0 and key[slot - 1] > s:
            key[slot], who[slot] = key[slot - 1], who[slot - 1]
            slot -= 1
        key[slot], who[slot] = s, i
        count += 1
    sight.count[lane] = count


@njit(error_model="numpy")
def first_not_behind(key, count, s):
    """The first slot with key >= s."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if key[middle] < s:
            low = middle + 1
        else:
            high = middle
    return low


@njit(error_model="numpy")
def neighbours(lanes, traffic, sight, lane, i, connected):
    """(the body ahead, the body behind) of body i, were it on this lane; -1: nobody."""
    if sight.count[lane] < 0:
        fill_lane(lanes, traffic, sight, lane, connected)
    key, who, count = sight.key[lane], sight.who[lane], sight.count[lane]
    s, _ = local_coordinates(lanes, lane, traffic.body[X, i], traffic.body[Y, i])
    middle = first_not_behind(key, count, s)
    ahead, behind = -1, -1
    nearest = 0.0
    for slot in range(middle, count):
        if who[slot] == i:
            continue
        if ahead >= 0 and key[slot] != nearest:
            break
        ahead, nearest = who[slot], key[slot]
    for slot in range(middle - 1, -1, -1):
        if who[slot] == i:
            continue
        if behind >= 0 and key[slot] != nearest:
            break
        behind, nearest = who[slot], key[slot]
    return ahead, behind
