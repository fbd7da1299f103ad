"""Where a vehicle goes at the end of its lane: RoadNetwork.next_lane.

A route is a list of stretches (road, lane id or any), of which those behind are dropped; without
one the vehicle takes the road whose lane starts nearest. Source: highway_env/road/road.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.lanes import distance, local_coordinates, position
from sim.traffic.layout import (
    FIRST_LANE,
    FIRST_ROAD,
    LANE_COUNT,
    LANE_ID,
    LANE_LENGTH,
    NODE_FROM,
    NODE_TO,
    OVERHANG,
    ROAD,
    ROAD_COUNT,
    ROUTE,
    TARGET_LANE,
    X,
    Y,
)

ANY = -1  # a lane id that a route leaves open


@njit(error_model="numpy")
def enter_road(lanes, lane, road, lane_id, x, y):
    """(lane id to take on the next road, its distance from the point, m); id -1: no such lane."""
    first, count = lanes.road[FIRST_LANE, road], lanes.road[LANE_COUNT, road]
    if lanes.road[LANE_COUNT, lanes.place[ROAD, lane]] == count:
        if lane_id == ANY:
            lane_id = lanes.place[LANE_ID, lane]
    else:
        least = math.inf
        for candidate in range(count):
            s, r = local_coordinates(lanes, first + candidate, x, y)
            d = distance(lanes, first + candidate, s, r)
            if d < least:
                lane_id, least = candidate, d
    if lane_id < 0 or lane_id >= count:
        return -1, 0.0
    s, r = local_coordinates(lanes, first + lane_id, x, y)
    return lane_id, distance(lanes, first + lane_id, s, r)


@njit(error_model="numpy")
def next_stretch(lanes, traffic, row, lane):
    """(road, lane id) that the route names next; road -1: it does not go on from here."""
    if row < 0:
        return -1, ANY
    span, route = traffic.route_span, traffic.route
    if span[row, 0] < span[row, 1] and route[row, span[row, 0], 0] == lanes.place[ROAD, lane]:
        span[row, 0] += 1
    if span[row, 0] < span[row, 1]:
        road, lane_id = route[row, span[row, 0]]
        if lanes.road[NODE_FROM, road] == lanes.road[NODE_TO, lanes.place[ROAD, lane]]:
            return road, lane_id
    return -1, ANY


@njit(error_model="numpy")
def next_lane(lanes, traffic, i, lane):
    """The lane to follow after this one; -1: stock would raise an error."""
    road, lane_id = next_stretch(lanes, traffic, traffic.tag[ROUTE, i], lane)
    s, _ = local_coordinates(lanes, lane, traffic.body[X, i], traffic.body[Y, i])
    x, y = position(lanes, lane, s)
    if road < 0:
        node = lanes.road[NODE_TO, lanes.place[ROAD, lane]]
        if lanes.node[ROAD_COUNT, node] == 0:
            return lane
        least = math.inf
        for k in range(lanes.node[ROAD_COUNT, node]):
            candidate = lanes.node[FIRST_ROAD, node] + k
            candidate_id, d = enter_road(lanes, lane, candidate, ANY, x, y)
            if d < least:
                road, lane_id, least = candidate, candidate_id, d
    else:
        lane_id, _ = enter_road(lanes, lane, road, lane_id, x, y)
    return -1 if lane_id < 0 else lanes.road[FIRST_LANE, road] + lane_id


@njit(error_model="numpy")
def follow_road(lanes, traffic, i):
    """Aim at the next lane near the end of the target lane. False: stock would raise an error."""
    lane = traffic.tag[TARGET_LANE, i]
    s, _ = local_coordinates(lanes, lane, traffic.body[X, i], traffic.body[Y, i])
    if s > lanes.shape[LANE_LENGTH, lane] - lanes.shape[OVERHANG, lane] / 2:
        lane = next_lane(lanes, traffic, i, lane)
        if lane < 0:
            return False
        traffic.tag[TARGET_LANE, i] = lane
    return True
