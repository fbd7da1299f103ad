"""The surface of the road, as quads in the world frame, z = 0, and a look at the map from above.

The surface is the union of all lane areas, at junctions, too, with a strip of gravel around it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.checks import FloatArray
from sim.cameras.curves import strip
from sim.state import Lane, RoadMap

SURFACE_LENGTH = 100.0  # m, the longest quad of road surface
SHOULDER = 0.9  # m of gravel beside the road


class TopView:
    """A picture of the map from above, to ask what lies at a point."""

    MAX_CELLS = 6_000_000

    def __init__(self, lanes: tuple[Lane, ...], margin: float, cell: float) -> None:
        xy = np.concatenate([lane.xy_world for lane in lanes])
        self.lanes = lanes
        self.origin = xy.min(0) - margin
        extent = xy.max(0) + margin - self.origin
        self.cell = max(cell, float(np.sqrt(extent.prod() / self.MAX_CELLS)))
        width, height = (int(n) for n in np.ceil(extent / self.cell) + 1)
        self.shape = (height, width)

    def pixels(self, xy_world: FloatArray) -> NDArray[np.int32]:
        return np.rint((xy_world - self.origin) / self.cell).astype(np.int32)

    def covered(self, grow: float) -> NDArray[np.uint8]:
        """1 where any lane, made wider by `grow` on each side, covers the ground."""
        picture = np.zeros(self.shape, np.uint8)
        for lane in self.lanes:
            quads = strip(lane.xy_world, lane.width / 2 + grow, SURFACE_LENGTH)
            for quad in self.pixels(quads):
                cv2.fillConvexPoly(picture, quad, 1)
        return picture

    def at(self, picture: NDArray, xy_world: FloatArray) -> NDArray:
        """(..., 2) points -> the values of the picture there, its border outside."""
        x, y = np.moveaxis(self.pixels(xy_world), -1, 0)
        height, width = self.shape
        return np.asarray(picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])


class Surface:
    """The quads of one map; surface i and shoulder i belong together."""

    def __init__(self, road_map: RoadMap) -> None:
        def quads(grow: float) -> FloatArray:
            return np.concatenate(
                [
                    strip(lane.xy_world, lane.width / 2 + grow, SURFACE_LENGTH)
                    for lane in road_map.lanes
                ]
            )

        self.road = quads(0.0)  # (B, 4, 2)
        self.shoulder = quads(SHOULDER)  # (B, 4, 2)
        self.centre = self.road.mean(1)  # (B, 2)
