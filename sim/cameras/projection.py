"""From flat polygons in space to polygons on the images of a rig, all cameras at once.

Camera frame as in datasets.camera: x right, y down, z along the axis. cv2 counts pixel centres as
integers, a uv_img counts them as halves, so half a pixel is taken off on the way to cv2; sub-pixel
positions go to cv2 as fixed-point integers of SHIFT fractional bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import BoolArray, FloatArray, IntArray

NEAR = 0.15  # m along the axis: nothing nearer is drawn
SHIFT = 4  # fractional bits of a cv2 coordinate
_FAR_PX = 20_000.0  # px: cv2's integers overflow far beyond this, the picture ends far before


class RigArrays:
    """The calibration of all cameras as arrays over C cameras of one image size."""

    def __init__(self, rig: Sequence[Camera]) -> None:
        sizes = {(camera.width_px, camera.height_px) for camera in rig}
        if len(sizes) != 1:
            raise ValueError(f"rig: expected cameras of one image size, got {sorted(sizes)}")
        ((self.width_px, self.height_px),) = sizes
        self.camera_from_ego = np.stack([camera.camera_from_ego for camera in rig])  # (C, 3, 3)
        self.xyz_ego = np.stack([camera.xyz_ego for camera in rig])  # (C, 3)
        self.focal_px = np.array([camera.focal_px for camera in rig])  # (C,)
        self.centre_uv = np.stack([camera.centre_uv for camera in rig])  # (C, 2)
        # Inward normals, in the camera frame, of the four planes that bound what a camera sees.
        planes = [
            [[c.focal_px, 0, u], [-c.focal_px, 0, u], [0, c.focal_px, v], [0, -c.focal_px, v]]
            for c, (u, v) in zip(rig, self.centre_uv, strict=True)
        ]
        self.planes = np.array(planes) / np.linalg.norm(planes, axis=-1, keepdims=True)  # (C, 4, 3)

    def __len__(self) -> int:
        return len(self.focal_px)

    def to_all_cameras(self, xyz_ego: FloatArray) -> FloatArray:
        """(N, 3) points -> (C, N, 3) in the frame of every camera."""
        moved = xyz_ego[None] - self.xyz_ego[:, None]
        return np.asarray(moved @ self.camera_from_ego.transpose(0, 2, 1))

    def sees_sphere(self, xyz_camera: FloatArray, radius: FloatArray) -> BoolArray:
        """(C, N, 3) centres, (N,) radii -> (C, N) whether any of the sphere may be in view."""
        inside = xyz_camera @ self.planes.transpose(0, 2, 1)  # (C, N, 4)
        return np.asarray((inside.min(-1) > -radius) & (xyz_camera[..., 2] > NEAR - radius))

    def sees_polygon(self, xyz_camera: FloatArray) -> BoolArray:
        """(C, B, K, 3) corners -> (C, B) whether any of the polygon may be in view: not all of its
        corners are behind the lens, or outside the same edge of the image."""
        c, b, k, _ = xyz_camera.shape
        flat = xyz_camera.reshape(c, b * k, 3)
        inside = (flat @ self.planes.transpose(0, 2, 1)).reshape(c, b, k, 4) > 0
        return np.asarray(inside.any(2).all(-1) & (xyz_camera[..., 2] > NEAR).any(-1))

    def to_image(self, xyz_camera: FloatArray, camera: IntArray) -> FloatArray:
        """(B, ..., 3) points in the frames of the (B,) cameras -> (B, ..., 2) uv_img, px."""
        shape = (-1,) + (1,) * (xyz_camera.ndim - 2)
        scale = self.focal_px[camera].reshape(shape) / xyz_camera[..., 2]
        return np.asarray(
            xyz_camera[..., :2] * scale[..., None] + self.centre_uv[camera].reshape(*shape, 2)
        )


def clip_near(xyz_camera: FloatArray) -> FloatArray:
    """(B, K, 3) convex polygons -> (B, 2K, 3): what of them lies beyond NEAR.

    Each edge gives its first corner if that is in front, and the point where it crosses the plane
    if it does; an empty place repeats the corner before it, which changes nothing for cv2. Every
    polygon must have a corner in front.
    """
    b, k, _ = xyz_camera.shape
    following = np.roll(xyz_camera, -1, axis=1)
    z, z_following = xyz_camera[..., 2], following[..., 2]
    inside = z >= NEAR
    crosses = inside != (z_following >= NEAR)
    share = np.where(crosses, (NEAR - z) / np.where(crosses, z_following - z, 1.0), 0.0)
    cut = xyz_camera + share[..., None] * (following - xyz_camera)
    corners = np.stack([xyz_camera, cut], axis=2).reshape(b, 2 * k, 3)
    valid = np.stack([inside, crosses], axis=2).reshape(b, 2 * k)
    place = np.maximum.accumulate(np.where(valid, np.arange(2 * k), -1), axis=1)
    place = np.where(place < 0, place[:, -1:], place)
    return np.asarray(np.take_along_axis(corners, place[..., None], axis=1))


def fixed_point(uv_img: FloatArray, scale: int = 1) -> NDArray[np.int32]:
    """uv_img -> the integers that cv2 draws at, on an image `scale` times as large."""
    uv_cv2 = np.clip(uv_img, -_FAR_PX, _FAR_PX) * scale - 0.5
    return np.rint(uv_cv2 * (1 << SHIFT)).astype(np.int32)
