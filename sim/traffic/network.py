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
_changeable = attrgetter(
    "speed_limit", "width", "forbidden", "priority", "length", "VEHICLE_LENGTH"
)


def _roads(network: RoadNetwork) -> list[tuple[str, str, list[AbstractLane]]]:
    return [
        (start, end, lanes) for start, to in network.graph.items() for end, lanes in to.items()
    ]


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

    def _build(self, roads: list[tuple[str, str, list[AbstractLane]]]) -> at.Lanes:
        road, node = self._topology(roads)
        place = np.zeros((at.PLACE_ROWS, len(self.lanes)), np.int64)
        for column, (lane, (start, end, lane_id)) in enumerate(
            zip(self.lanes, self.index, strict=True)
        ):
            place[:, column] = (
                LANE_KINDS[type(lane)],
                self.road[start, end],
                lane_id,
                bool(lane.forbidden),
                lane.priority,
            )
        shape = np.stack([_shape(lane) for lane in self.lanes], axis=1)
        link, link_lane, link_offset = self._links()
        return at.Lanes(shape, place, road, node, link, link_lane, link_offset)

    def _topology(self, roads):
        """(ROAD_ROWS, R) and (NODE_ROWS, K) tables of who begins where."""
        names = dict.fromkeys(name for start, end, _ in roads for name in (start, end))
        number = {name: k for k, name in enumerate(names)}
        road = np.zeros((at.ROAD_ROWS, len(roads)), np.int64)
        node = np.zeros((at.NODE_ROWS, len(names)), np.int64)
        first = 0
        for k, (start, end, lanes) in enumerate(roads):
            road[:, k] = first, len(lanes), number[start], number[end]
            first += len(lanes)
            if node[at.ROAD_COUNT, number[start]] == 0:
                node[at.FIRST_ROAD, number[start]] = k
            node[at.ROAD_COUNT, number[start]] += 1
        return road, node

    def _links(self):
        """The connected lanes of each lane in the order of Road.neighbour_vehicles."""
        graph = self.network.graph
        link, link_lane, link_offset = [0], [], []
        for lane, (start, end, lane_id) in zip(self.lanes, self.index, strict=True):
            for after, lanes in graph.get(end, {}).items():
                k = lane_id if lane_id < len(lanes) else 0
                link_lane.append(self.column[end, after, k])
                link_offset.append(lane.length)
            for before, to in graph.items():
                if start in to:
                    k = lane_id if lane_id < len(to[start]) else 0
                    link_lane.append(self.column[before, start, k])
                    link_offset.append(-to[start][k].length)
            link.append(len(link_lane))
        return (
            np.array(link, np.int64),
            np.array(link_lane, np.int64),
            np.array(link_offset, np.float64),
        )



def _shape(lane: AbstractLane) -> np.ndarray:
    """(SHAPE_ROWS,) geometry of one lane."""
    shape = np.zeros(at.SHAPE_ROWS)
    shape[at.LANE_LENGTH], shape[at.LANE_WIDTH] = lane.length, lane.width
    shape[at.OVERHANG] = lane.VEHICLE_LENGTH
    shape[at.SPEED_LIMIT] = np.nan if lane.speed_limit is None else lane.speed_limit
    if isinstance(lane, CircularLane):
        shape[[at.ORIGIN_X, at.ORIGIN_Y]] = lane.center
        shape[at.PHASE], shape[at.RADIUS] = lane.start_phase, lane.radius
        shape[at.SENSE] = lane.direction
        return shape
    shape[[at.ORIGIN_X, at.ORIGIN_Y]] = lane.start
    shape[[at.TANGENT_X, at.TANGENT_Y]] = lane.direction
    shape[at.BEARING] = lane.heading
    if isinstance(lane, SineLane):
        shape[at.AMPLITUDE], shape[at.PULSATION] = lane.amplitude, lane.pulsation
        shape[at.PHASE] = lane.phase
    return shape
