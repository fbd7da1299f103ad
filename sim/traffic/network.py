"""A RoadNetwork as tables.

Read when first needed and again when lanes come or go or change their limit, width, right of way
or access. The course of a lane is read once: a lane that is bent after that goes unnoticed.
"""

from __future__ import annotations

from operator import attrgetter

import numpy as np

from sim.highway import AbstractLane, CircularLane, RoadNetwork, SineLane
from sim.traffic import layout as at
from sim.traffic.known import LANE_KINDS

LaneIndex = tuple[str, str, int]
Tables = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # lanes, links, roads, nodes
_changeable = attrgetter(
    "speed_limit", "width", "forbidden", "priority", "length", "VEHICLE_LENGTH"
)


def _roads(network: RoadNetwork) -> list[tuple[str, str, list[AbstractLane]]]:
    return [(start, end, lanes) for start, to in network.graph.items() for end, lanes in to.items()]


class NetworkTables:
    """The tables of one network, and the way back from their columns to lanes and indices."""

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        roads = _roads(network)
        self.lanes = [lane for _, _, lanes in roads for lane in lanes]
        self.index: list[LaneIndex] = [
            (start, end, k) for start, end, lanes in roads for k in range(len(lanes))
        ]
        self.column = {index: column for column, index in enumerate(self.index)}
        self.road = {(start, end): k for k, (start, end, _) in enumerate(roads)}
        self.column_of_lane: dict[int, int] = {}
        for column, lane in enumerate(self.lanes):
            self.column_of_lane.setdefault(id(lane), column)
        self.known = (
            all(type(lane) in LANE_KINDS for lane in self.lanes)
            and all(start and end and lanes for start, end, lanes in roads)
            and all(network.graph.values())
        )
        if self.known:
            self._changeable = [_changeable(lane) for lane in self.lanes]
            self.tables = self._build(roads)

    def is_current(self, network: RoadNetwork) -> bool:
        """Whether the tables still say what the network says."""
        if network is not self.network or network.lanes_list() != self.lanes:
            return False
        return not self.known or [_changeable(lane) for lane in self.lanes] == self._changeable

    def _build(self, roads: list[tuple[str, str, list[AbstractLane]]]) -> Tables:
        road, node, number = _topology(roads)
        lane_table = np.zeros(len(self.lanes), at.LANE)
        link_rows: list[tuple[float, int]] = []
        for k, (lane, index) in enumerate(zip(self.lanes, self.index, strict=True)):
            start, end, lane_id = index
            row = lane_table[k]
            _put_shape(row, lane)
            row["road"] = self.road[start, end]
            row["lane_id"] = lane_id
            row["first_lane"] = road[row["road"]]["first_lane"]
            row["lane_count"] = road[row["road"]]["lane_count"]
            row["node_from"], row["node_to"] = number[start], number[end]
            row["link"] = len(link_rows)
            link_rows += self._links(lane, index)
            row["link_end"] = len(link_rows)
        return lane_table, np.array(link_rows, at.LINK), road, node

    def _links(self, lane: AbstractLane, index: LaneIndex) -> list[tuple[float, int]]:
        """(offset, column) of the lanes connected to one, in the order of neighbour_vehicles."""
        graph, (start, end, lane_id) = self.network.graph, index
        links = []
        for after, lanes in graph.get(end, {}).items():
            k = lane_id if lane_id < len(lanes) else 0
            links.append((lane.length, self.column[end, after, k]))
        for before, to in graph.items():
            if start in to:
                k = lane_id if lane_id < len(to[start]) else 0
                links.append((-to[start][k].length, self.column[before, start, k]))
        return links


def _topology(roads: list[tuple[str, str, list[AbstractLane]]]):
    """Tables of the roads and of what leaves each node, and the nodes' numbers."""
    names = dict.fromkeys(name for start, end, _ in roads for name in (start, end))
    number = {name: k for k, name in enumerate(names)}
    road, node = np.zeros(len(roads), at.ROAD), np.zeros(len(names), at.NODE)
    first = 0
    for k, (start, _, lanes) in enumerate(roads):
        road[k] = first, len(lanes), number[start]
        first += len(lanes)
        leaving = node[number[start]]
        if leaving["road_count"] == 0:
            leaving["first_road"] = k
        leaving["road_count"] += 1
    return road, node, number


def _put_shape(row: np.void, lane: AbstractLane) -> None:
    """The geometry of one lane into its record."""
    row["kind"], row["forbidden"] = LANE_KINDS[type(lane)], bool(lane.forbidden)
    row["priority"] = lane.priority
    row["length"], row["width"], row["overhang"] = lane.length, lane.width, lane.VEHICLE_LENGTH
    row["speed_limit"] = np.nan if lane.speed_limit is None else lane.speed_limit
    if isinstance(lane, CircularLane):
        row["origin_x"], row["origin_y"] = lane.center
        row["phase"], row["radius"], row["sense"] = lane.start_phase, lane.radius, lane.direction
        return
    row["origin_x"], row["origin_y"] = lane.start
    row["tangent_x"], row["tangent_y"] = lane.direction
    row["bearing"] = lane.heading
    if isinstance(lane, SineLane):
        row["amplitude"], row["pulsation"] = lane.amplitude, lane.pulsation
        row["phase"] = lane.phase
