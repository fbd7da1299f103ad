"""Where the road to the goal runs, how far along it the ego is, and what a phone would say of it.

The line of a route runs along the middle of its roads, over all their lanes. The phone knows it at
a point every 20 m, each off to the side by an error that wanders slowly along the road: enough to
tell left from right and to find the exit, not enough to keep a lane.
"""

from __future__ import annotations

import itertools

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.frenet import Polyline
from datasets.geometry import SE2
from datasets.observation import ROUTE_POINTS, Route
from sim.scenarios import Scenario
from sim.state import RoadMap

_POINT_SPACING = 20.0  # m between the points of a phone's route
_ERROR_STD = 1.75  # m across the road
_ERROR_REACH = 150.0  # m along the road over which the error forgets itself
_LINE_SPACING = 4.0  # m between the points of the true line
_FASTEST = 40.0  # m/s: a circuit's line holds all the laps a car can drive
_NAVIGATION_STREAM = 1  # separates this use of the episode's seed from others


class Navigation:
    """The route of one episode."""

    def __init__(self, scenario: Scenario, road_map: RoadMap, seed: int) -> None:
        roads = list(itertools.pairwise(scenario.route))
        self.on_route = _lanes_on_route(road_map, roads)
        middles = [_middle(road_map, self.on_route, road) for road in roads]
        self._first_road = Polyline(middles[0]).length
        is_circuit = scenario.route[0] == scenario.route[-1]
        lap = sum(Polyline(middle).length for middle in middles)
        laps = int(np.ceil(scenario.time_limit * _FASTEST / lap)) if is_circuit else 1
        self.line = Polyline(_thinned(np.concatenate(middles * laps)))
        self._xy_phone = self._phone_points(seed)
        self._goal_place = scenario.goal
        self._road_map = road_map

    def _phone_points(self, seed: int) -> FloatArray:
        rng = np.random.default_rng([seed, _NAVIGATION_STREAM])
        s = np.arange(0.0, self.line.length + _POINT_SPACING, _POINT_SPACING)
        keep = np.exp(-_POINT_SPACING / _ERROR_REACH)
        error = np.empty(len(s))
        error[0] = rng.normal(0, _ERROR_STD)
        for i in range(1, len(s)):
            error[i] = keep * error[i - 1] + rng.normal(0, _ERROR_STD * np.sqrt(1 - keep**2))
        return self.line.position(np.minimum(s, self.line.length), error)

    def start(self, xy_world: FloatArray) -> float:
        """Metres along the line of a car on the route's first road."""
        return self._project(xy_world, 0.0, self._first_road)

    def advance(self, s: float, xy_world: FloatArray) -> float:
        """Metres along the line of a car that was at `s` a tick ago."""
        return self._project(xy_world, s - 10.0, s + 20.0)

    def _project(self, xy_world: FloatArray, low: float, high: float) -> float:
        first = max(0, int(np.searchsorted(self.line.s, low)) - 1)
        last = min(len(self.line.s) - 1, int(np.searchsorted(self.line.s, high)) + 1)
        first = min(first, last - 1)
        part = Polyline(self.line.xy[first : last + 1])
        return float(self.line.s[first] + part.project(xy_world)[0])

    def goal(self) -> float | None:
        """Metres along the line of the goal, where it is a place."""
        place = self._goal_place
        if place is None:
            return None
        road = (place.node_from, place.node_to)
        lane = next(i for i in _lanes_of(self._road_map, road) if self.on_route[i])
        xy = Polyline(self._road_map.lanes[lane].xy_world).position(place.metres)
        return float(self.line.project(xy)[0])

    def route(self, world_from_ego: SE2, s: float) -> Route:
        """What the phone says at `s`: the point behind the car and those up to 500 m ahead."""
        first = int(np.clip(s // _POINT_SPACING, 0, len(self._xy_phone) - 2))
        xy_world = self._xy_phone[first : first + ROUTE_POINTS]
        return Route(world_from_ego.inverse().apply(xy_world))


def _lanes_of(road_map: RoadMap, road: tuple[str, str]) -> list[int]:
    return [i for i, lane in enumerate(road_map.lanes) if (lane.node_from, lane.node_to) == road]


def _lanes_on_route(road_map: RoadMap, roads: list[tuple[str, str]]) -> BoolArray:
    """(L,) lanes of the route's roads that can be reached from its first one."""
    allowed = np.zeros(len(road_map.lanes), np.bool_)
    for road in roads:
        allowed[_lanes_of(road_map, road)] = True
    reached = np.zeros_like(allowed)
    reached[_lanes_of(road_map, roads[0])] = True
    steps = road_map.leads_to | road_map.left_of | road_map.left_of.T
    while True:
        more = reached | (allowed & steps[reached].any(axis=0))
        if np.array_equal(more, reached):
            return reached
        reached = more


def _middle(road_map: RoadMap, on_route: BoolArray, road: tuple[str, str]) -> FloatArray:
    """(K, 2) the line midway between the lanes of a road."""
    lines = [Polyline(road_map.lanes[i].xy_world) for i in _lanes_of(road_map, road) if on_route[i]]
    points = max(2, round(max(line.length for line in lines) / _LINE_SPACING))
    return np.mean([line.position(np.linspace(0, line.length, points)) for line in lines], axis=0)


def _thinned(xy: FloatArray) -> FloatArray:
    """The points without those that stand closer than half the spacing to the one before: the seams
    between roads with different lanes."""
    kept = [xy[0]]
    for point in xy[1:]:
        if np.linalg.norm(point - kept[-1]) >= _LINE_SPACING / 2:
            kept.append(point)
    return np.array(kept)
