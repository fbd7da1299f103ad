"""Where points lie among the lanes of a map: which lane, how far along, how far off the road."""

from __future__ import annotations

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.frenet import Polyline
from sim.state import RoadMap

_STRAIGHT = 1e-6  # m, a point this near the chord of its neighbours says nothing


def _without_straight_points(xy: FloatArray) -> FloatArray:
    """The same curve with fewer points: a straight lane of 10 km becomes one segment."""
    chord = xy[2:] - xy[:-2]
    offset = xy[1:-1] - xy[:-2]
    across = np.abs(chord[:, 0] * offset[:, 1] - chord[:, 1] * offset[:, 0])
    bends = across > _STRAIGHT * np.hypot(*chord.T)
    return xy[np.concatenate([[True], bends, [True]])]


class LaneIndex:
    """The lanes of one map, ready to be asked about many points at once."""

    def __init__(self, road_map: RoadMap) -> None:
        self.road_map = road_map
        self._lines = [Polyline(_without_straight_points(lane.xy_world)) for lane in road_map.lanes]
        self.length = np.array([line.length for line in self._lines])
        self._half_width = np.array([lane.width / 2 for lane in road_map.lanes])
        self.speed_limit = np.array([lane.speed_limit for lane in road_map.lanes])

    def project(self, xy_world: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(N, 2) points -> (N, L) arc length s and lateral offset d in each lane, m."""
        pairs = [line.project(xy_world) for line in self._lines]
        return np.stack([s for s, _ in pairs], axis=-1), np.stack([d for _, d in pairs], axis=-1)

    def outside(self, xy_world: FloatArray) -> FloatArray:
        """(N, 2) points -> (N, L) metres from each lane's area, 0 inside."""
        s, d = self.project(xy_world)
        beyond = np.maximum(np.maximum(-s, s - self.length), 0.0)
        beside = np.maximum(np.abs(d) - self._half_width, 0.0)
        return np.asarray(np.hypot(beyond, beside))

    def heading(self, xy_world: FloatArray) -> FloatArray:
        """(N, 2) points -> (N, L) heading of each lane beside them, rad."""
        s, _ = self.project(xy_world)
        return np.stack([line.heading(s[:, i]) for i, line in enumerate(self._lines)], axis=-1)

    def in_junction(self, xy_world: FloatArray) -> BoolArray:
        """(N, 2) points -> (N,) whether lanes of different directions (by over 30 degrees) share
        the ground there."""
        inside = self.outside(xy_world) == 0
        heading = self.heading(xy_world)
        c = np.where(inside, np.cos(heading), 0.0).sum(-1)
        s = np.where(inside, np.sin(heading), 0.0).sum(-1)
        mean = np.arctan2(s, c)[:, None]
        apart = np.cos(heading - mean) < np.cos(np.deg2rad(15))  # from the mean: half of 30 degrees
        return np.asarray((inside & apart).any(-1))
