"""Turn signals: which of the traffic signals a turn at the next fork of its road.

highway-env's traffic knows its route and shows nothing of it. Here who will leave the way that goes
on signals to that side, from `SIGNALLED` m before the fork until it has turned.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import IntArray
from datasets.forks import SIGNALLED, sides_of
from datasets.frenet import Polyline
from datasets.scene import Indicator
from sim.state import RoadMap


class TurnSignals:
    """The forks of one road map."""

    def __init__(self, road_map: RoadMap) -> None:
        self._lanes = [Polyline(lane.xy_world) for lane in road_map.lanes]
        self._map = road_map
        n = len(self._lanes)
        self._side: IntArray = np.zeros((n, n), np.int64)  # [i, j]: of lane j, coming from i
        for i in range(n):
            ways = np.flatnonzero(road_map.leads_to[i])
            self._side[i, ways] = sides_of(self._lanes[i].xy, [self._lanes[j].xy for j in ways])
        self._turns = self._side.sum(axis=0).clip(-1, 1)  # (n,) on it one is turning
        self._forks = self._side.any(axis=1)

    def of(self, lane: int, towards: tuple[str, str] | None, xy_world: np.ndarray) -> Indicator:
        """The signal of who means to drive along a lane, is at (2,) `xy_world`, and then goes on
        along the road between two nodes (None: it has no further way)."""
        if self._turns[lane] != 0:
            return Indicator(self._turns[lane])
        if towards is None or not self._forks[lane]:
            return Indicator.OFF
        line = self._lanes[lane]
        if line.length - float(line.project(xy_world)[0]) > SIGNALLED:
            return Indicator.OFF
        for j in np.flatnonzero(self._side[lane]):
            road = self._map.lanes[j]
            if (road.node_from, road.node_to) == towards:
                return Indicator(self._side[lane, j])
        return Indicator.OFF
