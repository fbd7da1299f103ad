"""The truth about a frame, made from the same polygons as the frame itself.

The faces are drawn again without anti-aliasing, each with its own number, at SCALE times the size;
the middle sample of each pixel tells which face is seen there, its plane how far away it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray, IntArray
from datasets.geometry import SE2
from sim.cameras.ground import ground_of_pixels
from sim.cameras.objects import NEVER, Faces, body_heights
from sim.cameras.projection import NEAR, SHIFT, RigArrays, fixed_point, to_image
from sim.cameras.roads import normals
from sim.state import EGO, RoadMap, WorldState

SCALE = 3  # odd, so that one sample is the middle of a pixel
LANE_SIGHT = 100.0  # m
GROUND_ID, SKY_ID, SCENERY_ID = -1, -2, -3  # in the instance map; bodies have their own ids


@dataclass(frozen=True, slots=True)
class CameraLabels:
    """The truth about one frame. Boxes are of the B bodies with any pixel on it."""

    camera: Camera  # as it is mounted, which the frame's own calibration may miss a little
    id: IntArray  # (B,) of the body
    boxes_2d: FloatArray  # (B, 4) u low, v low, u high, v high of what is on the image, uv_img, px
    visible: FloatArray  # (B,) share of the whole body that is seen: not hidden, not cut off
    occlusion: FloatArray  # (B,) share of what is on the image that something else hides
    boxes_3d: FloatArray  # (B, 7) x, y, z of the middle, length, width, height, heading, ego frame
    lanes_uv_img: tuple[FloatArray, ...]  # each (P, 2) one boundary of a lane, px
    lanes_xy_ego: tuple[FloatArray, ...]  # each (P, 2) the same points, m
    instance: IntArray  # (H, W) id of the body seen, or GROUND_ID, SKY_ID, SCENERY_ID
    depth: NDArray[np.float32]  # (H, W) along the axis, m; inf in the sky


class Labeller:
    """Makes the labels of a rig."""

    def __init__(self, road_map: RoadMap, rig: Sequence[Camera]) -> None:
        self.cameras = tuple(rig)
        self.rig = RigArrays(rig)
        _, depth = ground_of_pixels(rig)
        self.ground_depth = np.where(np.isfinite(depth), depth, np.inf).astype(np.float32)
        self.boundaries = [
            lane.xy_world + side * normals(lane.xy_world) * lane.width / 2
            for lane in road_map.lanes
            for side in (1, -1)
        ]

    def label(self, state: WorldState, faces: Faces) -> tuple[CameraLabels, ...]:
        ego_from_world = state.world_from_ego.inverse()
        lanes = self._lanes(ego_from_world)
        uv, _ = to_image(faces.xyz_camera, faces.camera, self.rig.focal_px, self.rig.centre_uv)
        boxes = _boxes_3d(state, ego_from_world)
        return tuple(self._one(c, state, faces, uv, boxes, lanes) for c in range(len(self.cameras)))

    def _one(
        self, c: int, state: WorldState, faces: Faces, uv: FloatArray, boxes: FloatArray,
        lanes: list[FloatArray],
    ) -> CameraLabels:  # fmt: skip
        camera = self.cameras[c]
        mine = np.flatnonzero((faces.camera == c) & ~faces.shadow)
        points = fixed_point(uv[mine], SCALE)
        number = _middles(self._draw(points, np.arange(1, len(mine) + 1)))
        body = np.concatenate([[0], faces.body[mine]])
        ids = np.where(body == NEVER, SCENERY_ID, state.id[body])
        ids[0] = GROUND_ID
        instance = ids[number]
        depth = self.ground_depth[c].copy()
        instance[(number == 0) & np.isinf(depth)] = SKY_ID
        on_face = number > 0
        depth[on_face] = self._plane_depth(c, faces.xyz_camera[mine], number)
        rows = np.unique(body[1:][body[1:] != NEVER])
        seen = [
            self._body(c, points[body[1:] == row], instance == state.id[row], boxes[row])
            for row in rows.tolist()
        ]
        kept = [i for i, one in enumerate(seen) if one is not None]
        table = np.array([seen[i] for i in kept]).reshape(-1, 6)
        rows = rows[kept]
        uv_lanes = [self._project_lane(camera, lane) for lane in lanes]
        shown = [i for i, lane in enumerate(uv_lanes) if camera.in_image(lane).any()]
        inside = [camera.in_image(uv_lanes[i]) for i in shown]
        return CameraLabels(
            camera, state.id[rows], table[:, :4], table[:, 4], table[:, 5], boxes[rows],
            tuple(uv_lanes[i][k] for i, k in zip(shown, inside, strict=True)),
            tuple(lanes[i][k] for i, k in zip(shown, inside, strict=True)),
            instance, depth,
        )  # fmt: skip

    def _draw(self, points: NDArray[np.int32], numbers: IntArray) -> NDArray[np.int32]:
        """(SCALE H, SCALE W) the number of the last polygon that covers each sample."""
        picture = np.zeros((self.rig.height_px * SCALE, self.rig.width_px * SCALE), np.int32)
        for corners, value in zip(points, numbers.tolist(), strict=True):
            cv2.fillConvexPoly(picture, corners, value, cv2.LINE_8, SHIFT)
        return picture

    def _plane_depth(self, c: int, xyz: FloatArray, number: IntArray) -> NDArray[np.float32]:
        """Depth of the seen pixels: where their rays meet the planes of their faces."""
        v, u = np.nonzero(number)
        face = number[v, u] - 1
        a, b, d = xyz[:, 0], xyz[:, 1], xyz[:, 2]
        normal = np.cross(b - a, d - a)
        centre = self.rig.centre_uv[c]
        focal = self.rig.focal_px[c]
        ray = np.stack([u + 0.5 - centre[0], v + 0.5 - centre[1], np.full(len(u), focal)], axis=1)
        ray /= focal
        along = (ray * normal[face]).sum(1)
        reach = (a * normal).sum(1)[face] / np.where(np.abs(along) < 1e-9, -1e-9, along)
        # a sample on the rim of a face seen edge-on may miss it: keep to the corners' depths
        return np.clip(
            reach, np.maximum(xyz[face, :, 2].min(1), NEAR), xyz[face, :, 2].max(1)
        ).astype(np.float32)

    def _body(
        self, c: int, points: NDArray[np.int32], seen: NDArray[np.bool_], box: FloatArray
    ) -> tuple[float, ...] | None:
        """Box on the image, visible share and occlusion of one body; None if it is not seen."""
        alone = self._draw(points, np.ones(len(points), np.int64))
        count = _middles(alone).sum()
        if count == 0 or not seen.any():
            return None
        u, v = np.flatnonzero(alone.any(0)), np.flatnonzero(alone.any(1))
        box_2d = np.array([u[0], v[0], u[-1] + 1, v[-1] + 1]) / SCALE
        share = min(1.0, seen.sum() / count)
        return (*box_2d, share * self._share_on_image(box, c), 1 - share)

    def _share_on_image(self, box: FloatArray, c: int) -> float:
        """How much of a body is on the image at all, by points within its box."""
        x, y, z, length, width, height, heading = box
        grid = np.stack(np.meshgrid(*[np.linspace(-0.45, 0.45, n) for n in (9, 5, 4)]), -1).reshape(
            -1, 3
        )
        grid = grid * (length, width, height)
        xy = SE2(float(x), float(y), float(heading)).apply(grid[:, :2])
        uv, _ = self.cameras[c].project(np.concatenate([xy, grid[:, 2:] + z], axis=1))
        return float(self.cameras[c].in_image(uv).mean())

    def _lanes(self, ego_from_world: SE2) -> list[FloatArray]:
        """The stretches of lane boundary within LANE_SIGHT, ego frame."""
        near = []
        for line in self.boundaries:
            xy = ego_from_world.apply(line)
            close = np.flatnonzero((xy**2).sum(1) < LANE_SIGHT**2)
            pieces = np.split(close, np.flatnonzero(np.diff(close) > 1) + 1)
            near += [xy[piece] for piece in pieces if len(piece) > 1]
        return near

    @staticmethod
    def _project_lane(camera: Camera, lane: FloatArray) -> FloatArray:
        return camera.project(np.concatenate([lane, np.zeros((len(lane), 1))], axis=1))[0]


def _middles(picture: NDArray[np.int32]) -> NDArray[np.int32]:
    """(SCALE H, SCALE W) samples -> (H, W) those in the middles of the pixels."""
    return picture[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE]


def _boxes_3d(state: WorldState, ego_from_world: SE2) -> FloatArray:
    """(M, 7)"""
    height = body_heights(state)
    xy = ego_from_world.apply(state.xy_world)
    heading = state.heading - state.heading[EGO]
    return np.column_stack([xy, height / 2, state.length, state.width, height, heading])
