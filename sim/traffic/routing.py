"""Where a vehicle goes at the end of its lane: RoadNetwork.next_lane.

A route is a list of stretches (road, lane id or ANY), of which those behind are dropped; without
one the vehicle takes the road whose lane starts nearest. Source: highway_env/road/road.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.lanes import distance, local_coordinates, position
from sim.traffic.layout import ANY


@njit(error_model="numpy")
def enter_road(lanes, lane, road, lane_id, x, y):
    """(lane id to take on the next road, its distance from the point, m); id -1: no such lane."""
    if lane.lane_count == road.lane_count:
        if lane_id == ANY:
            lane_id = lane.lane_id
    else:
        least = math.inf
        for candidate in range(road.lane_count):
            s, r = local_coordinates(lanes[road.first_lane + candidate], x, y)
            d = distance(lanes[road.first_lane + candidate], s, r)
            if d < least:
                lane_id, least = candidate, d
    if lane_id < 0 or lane_id >= road.lane_count:
        return -1, 0.0
    s, r = local_coordinates(lanes[road.first_lane + lane_id], x, y)
    return lane_id, distance(lanes[road.first_lane + lane_id], s, r)


@njit(error_model="numpy")
def next_stretch(roads, routes, spans, row, lane):
    """(road, lane id) that the route names next; road -1: it does not go on from here."""
    if row < 0:
        return -1, ANY
    if spans[row, 0] < spans[row, 1] and routes[row, spans[row, 0], 0] == lane.road:
        spans[row, 0] += 1
    if spans[row, 0] < spans[row, 1]:
        road, lane_id = routes[row, spans[row, 0], 0], routes[row, spans[row, 0], 1]
        if roads[road].node_from == lane.node_to:
            return road, lane_id
    return -1, ANY


@njit(error_model="numpy")
def next_lane(lanes, roads, nodes, routes, spans, me, k):
    """The lane to follow after lane k; -1: stock would raise an error."""
    lane = lanes[k]
    road, lane_id = next_stretch(roads, routes, spans, me.route, lane)
    s, _ = local_coordinates(lane, me.x, me.y)
    x, y = position(lane, s)
    if road < 0:
        node = nodes[lane.node_to]
        if node.road_count == 0:
            return k
        least = math.inf
        for candidate in range(node.first_road, node.first_road + node.road_count):
            candidate_id, d = enter_road(lanes, lane, roads[candidate], ANY, x, y)
            if d < least:
                road, lane_id, least = candidate, candidate_id, d
    else:
        lane_id, _ = enter_road(lanes, lane, roads[road], lane_id, x, y)
    return -1 if lane_id < 0 else roads[road].first_lane + lane_id


@njit(error_model="numpy")
def follow_road(lanes, roads, nodes, routes, spans, me):
    """Aim at the next lane near the end of the target lane. False: stock would raise an error."""
    lane = lanes[me.target_lane]
    s, _ = local_coordinates(lane, me.x, me.y)
    if s > lane.length - lane.overhang / 2:
        after = next_lane(lanes, roads, nodes, routes, spans, me, me.target_lane)
        if after < 0:
            return False
        me.target_lane = after
    return True
