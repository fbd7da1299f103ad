"""Which cells of each camera's grid show road: a function of the lanes of a Scene and a rig.

The lanes are painted on a map from above, and every cell looks up the place it sees. Vehicles do
not count: the road goes on below them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray
from datasets.scene import Lanes
from perception.vehicle_code import Grid

_CELL = 0.25  # m of the map from above
_REACH = 60.0  # m around the car
_SIZE = int(2 * _REACH / _CELL)


def drivable_cells(lanes: Lanes, cameras: Sequence[Camera]) -> NDArray[np.uint8]:
    """(C, rows, columns) 1 where a cell's middle looks at a lane within reach of the map."""
    above = np.zeros((_SIZE, _SIZE), np.uint8)
    for i in range(len(lanes)):
        points = (lanes.centerline(i) + _REACH) / _CELL
        thickness = max(1, round(float(lanes.width[i]) / _CELL))
        cv2.polylines(above, [np.rint(points).astype(np.int32)], False, 1, thickness)
    above[0, 0] = 0  # what cells that see no ground look up
    return np.stack([above[tuple(_looked_up(_key(camera)))] for camera in cameras])


def _key(camera: Camera) -> tuple[float, ...]:
    return (
        camera.width_px, camera.height_px, camera.focal_px,
        *(float(x) for x in camera.xyz_ego), camera.yaw, camera.pitch, camera.roll,
    )  # fmt: skip


@lru_cache(maxsize=32)
def _looked_up(key: tuple[float, ...]) -> NDArray[np.int64]:
    """(2, rows, columns) row and column of the map that each cell of a camera looks at; the
    corner of the map for cells that see no ground within reach."""
    camera = Camera("", int(key[0]), int(key[1]), key[2], np.array(key[3:6]), *key[6:])
    xy: FloatArray = camera.unproject_to_ground(Grid.of(camera).centres_uv())
    seen = np.isfinite(xy).all(-1) & (np.abs(np.nan_to_num(xy)) < _REACH).all(-1)
    at = np.where(seen[..., None], (np.nan_to_num(xy) + _REACH) / _CELL, 0.0).astype(np.int64)
    return np.stack([at[..., 1], at[..., 0]])
