"""What the planner remembers of the lanes: where it drove is still road when it is out of sight.

When a scene shows no lane under the car, the lanes of the last scene that did are moved along with
the car by dead reckoning (speed and yaw rate). After `MEMORY` seconds, or when there never was a
lane, a short slow lane straight ahead takes their place, so that the car rolls to a stop.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from datasets.geometry import SE2
from datasets.observation import EgoState
from datasets.scene import Lanes, Scene
from planning.lane_graph import LaneGraph
from planning.paths import Paths
from planning.reach import find_paths

MEMORY = 3.0  # s that lanes are believed in unseen
BLIND_LENGTH = 60.0  # m of imagined lane
BLIND_SPEED = 0.5  # m/s along it: to a stop


class LaneMemory:
    """The last lanes seen, in the ego frame of now."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._lanes: Lanes | None = None
        self._seen = 0.0  # s, the time of the scene that showed them
        self._moved = 0.0  # s, the time they were moved to

    def paths(self, scene: Scene) -> tuple[Paths, LaneGraph, bool]:
        """The paths to choose from, the graph of their lanes, and whether they are remembered."""
        graph = LaneGraph.of(scene.lanes)
        paths = find_paths(graph, scene.ego, scene.route)
        if paths is not None:
            self._lanes, self._seen, self._moved = scene.lanes, scene.t, scene.t
            return paths, graph, False
        if self._lanes is not None and scene.t - self._seen <= MEMORY:
            self._lanes = moved(self._lanes, scene.ego, scene.t - self._moved)
            self._moved = scene.t
            graph = LaneGraph.of(self._lanes)
            paths = find_paths(graph, scene.ego, scene.route)
            if paths is not None:
                return paths, graph, True
        graph = LaneGraph.of(straight_lane(scene.ego))
        paths = find_paths(graph, scene.ego, scene.route)
        assert paths is not None, "the car is on the lane that was drawn under it"
        return paths, graph, True


def moved(lanes: Lanes, ego: EgoState, dt: float) -> Lanes:
    """The same lanes seen from where the car is `dt` seconds later."""
    turn = ego.yaw_rate * dt
    way = ego.speed * dt
    before_from_now = SE2(way * math.cos(turn / 2), way * math.sin(turn / 2), turn)
    return replace(lanes, xy_ego=before_from_now.inverse().apply(lanes.xy_ego))


def straight_lane(ego: EgoState) -> Lanes:
    """A lane along the arc that the car is driving on, on which it comes to a stop."""
    s = np.arange(-10.0, BLIND_LENGTH, 2.0)
    curvature = float(np.clip(ego.yaw_rate / max(ego.speed, 1.0), -0.2, 0.2))
    bent = np.clip(curvature * s, -1.0, 1.0)  # rad; the arc of now says little about later
    heading = bent / 2
    xy = np.stack([s * np.cos(heading), s * np.sin(heading)], axis=1)
    one, no = np.zeros(1, np.int64), np.zeros((1, 1), np.bool_)
    return Lanes(
        id=one - 1,
        xy_ego=xy[None],
        valid=np.ones((1, len(s)), np.bool_),
        lateral_std=np.ones((1, len(s))),
        width=np.array([4.0]),
        speed_limit=np.array([BLIND_SPEED]),
        left_marking=one,
        right_marking=one,
        on_route=np.ones(1, np.bool_),
        priority=one,
        leads_to=no,
        left_of=no,
    )
