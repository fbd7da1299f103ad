"""From flat polygons in space to polygons on the images of a rig, all cameras at once.

Camera frame as in datasets.camera: x right, y down, z along the axis. cv2 counts pixel centres as
integers, a uv_img counts them as halves, so half a pixel is taken off on the way to cv2; sub-pixel
positions go to cv2 as fixed-point integers of SHIFT fractional bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def things_in_view(
    foot_ego: FloatArray,  # (N, 2) where things stand
    radius: FloatArray,  # (N,) of a ball around the middle of each
    height: FloatArray,  # (N,)
    smallest_px: FloatArray,  # (N,) on the image; below it a thing is left out
    focal_px: FloatArray,  # (C,)
    camera_from_ego: FloatArray,  # (C, 3, 3)
    lens_ego: FloatArray,  # (C, 3)
    planes: FloatArray,  # (C, 4, 3)
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Pairs of a camera and a thing it may see: (Q,) both, (Q, 3) the foot of the thing in the
    frame of the camera, (Q,) the distance of its middle."""
    most = len(focal_px) * len(foot_ego)
    camera, thing = np.empty(most, np.int64), np.empty(most, np.int64)
    foot, distance = np.empty((most, 3)), np.empty(most)
    middle = np.empty(3)
    n = 0
    for c in range(len(focal_px)):
        m = camera_from_ego[c]
        for i in range(len(foot_ego)):
            x, y, z = (
                foot_ego[i, 0] - lens_ego[c, 0],
                foot_ego[i, 1] - lens_ego[c, 1],
                -lens_ego[c, 2],
            )
            for k in range(3):
                foot[n, k] = m[k, 0] * x + m[k, 1] * y + m[k, 2] * z
                middle[k] = foot[n, k] + m[k, 2] * height[i] / 2
            away = np.sqrt(middle[0] ** 2 + middle[1] ** 2 + middle[2] ** 2)
            inside = (
                middle[2] > NEAR - radius[i] and focal_px[c] * height[i] > smallest_px[i] * away
            )
            for p in range(4):
                a, b, d = planes[c, p]
                inside = inside and a * middle[0] + b * middle[1] + d * middle[2] > -radius[i]
            if inside:
                camera[n], thing[n], distance[n] = c, i, away
                n += 1
    return camera[:n], thing[:n], foot[:n], distance[:n]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _maybe_in_view(xyz: FloatArray, planes: FloatArray) -> bool:
    """Whether a polygon (K, 3) may be on the image: it is not all behind the lens, nor all outside
    one of the four planes (4, 3) that bound the view."""
    for p in range(5):
        inside = False
        for k in range(len(xyz)):
            x, y, z = xyz[k]
            if p == 4:
                inside |= z > NEAR
            else:
                inside |= planes[p, 0] * x + planes[p, 1] * y + planes[p, 2] * z > 0
        if not inside:
            return False
    return True


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def place_polygons(
    corners: FloatArray,  # (P, K, 3) of all shapes, each in its own frame
    row: IntArray,  # (B,) which of them
    of: IntArray,  # (B,) which instance they are part of
    camera_from_shape: FloatArray,  # (Q, 3, 3) of the instances, scale and all
    foot_camera: FloatArray,  # (Q, 3) where their frames lie
    planes: FloatArray,  # (Q, 4, 3) that bound the view of the camera
) -> tuple[FloatArray, IntArray]:
    """The polygons in the frames of their cameras (V, K, 3), and which of the B they are: those
    that may be in view and whose outside faces the lens."""
    n_corners = corners.shape[1]
    xyz = np.empty((len(row), n_corners, 3))
    kept = np.empty(len(row), np.int64)
    n = 0
    for b in range(len(row)):
        q = of[b]
        m, foot, polygon = camera_from_shape[q], foot_camera[q], xyz[n]
        for k in range(n_corners):
            x, y, z = corners[row[b], k]
            for i in range(3):
                polygon[k, i] = m[i, 0] * x + m[i, 1] * y + m[i, 2] * z + foot[i]
        a, u, v = polygon[0], polygon[1] - polygon[0], polygon[2] - polygon[0]
        towards = (
            a[0] * (u[1] * v[2] - u[2] * v[1])
            + a[1] * (u[2] * v[0] - u[0] * v[2])
            + a[2] * (u[0] * v[1] - u[1] * v[0])
        )
        if towards < 0 and _maybe_in_view(polygon, planes[q]):
            kept[n] = b
            n += 1
    return xyz[:n], kept[:n]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def ground_polygons(
    xy_ego: FloatArray,  # (B, K, 2)
    camera_from_ego: FloatArray,  # (C, 3, 3)
    lens_ego: FloatArray,  # (C, 3)
    planes: FloatArray,  # (C, 4, 3)
) -> tuple[FloatArray, IntArray, IntArray]:
    """Polygons of the ground that may be in view: (V, K, 3) in the frame of the camera that sees
    them, (V,) that camera, (V,) which of the B they are."""
    n_corners = xy_ego.shape[1]
    most = len(camera_from_ego) * len(xy_ego)
    xyz = np.empty((most, n_corners, 3))
    camera, which = np.empty(most, np.int64), np.empty(most, np.int64)
    n = 0
    for c in range(len(camera_from_ego)):
        m = camera_from_ego[c]
        for b in range(len(xy_ego)):
            for k in range(n_corners):
                x, y, z = (
                    xy_ego[b, k, 0] - lens_ego[c, 0],
                    xy_ego[b, k, 1] - lens_ego[c, 1],
                    -lens_ego[c, 2],
                )
                for i in range(3):
                    xyz[n, k, i] = m[i, 0] * x + m[i, 1] * y + m[i, 2] * z
            if _maybe_in_view(xyz[n], planes[c]):
                camera[n], which[n] = c, b
                n += 1
    return xyz[:n], camera[:n], which[:n]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def to_image(
    xyz_camera: FloatArray, camera: IntArray, focal_px: FloatArray, centre_uv: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """(B, K, 3) convex polygons with a corner in front of the lens -> (B, K + 1, 2) uv_img of what
    of them lies beyond NEAR, and (B,) whether that is all of it. Places that are not needed repeat
    the last corner, which changes nothing for cv2."""
    count, n_corners, _ = xyz_camera.shape
    uv = np.empty((count, n_corners + 1, 2))
    whole = np.ones(count, np.bool_)
    for b in range(count):
        focal, (cu, cv) = focal_px[camera[b]], centre_uv[camera[b]]
        n = 0
        for k in range(n_corners):
            x, y, z = xyz_camera[b, k]
            x2, y2, z2 = xyz_camera[b, (k + 1) % n_corners]
            if z >= NEAR:
                uv[b, n, 0], uv[b, n, 1] = focal * x / z + cu, focal * y / z + cv
                n += 1
            else:
                whole[b] = False
            if (z >= NEAR) != (z2 >= NEAR):
                share = (NEAR - z) / (z2 - z)
                uv[b, n, 0] = focal * (x + share * (x2 - x)) / NEAR + cu
                uv[b, n, 1] = focal * (y + share * (y2 - y)) / NEAR + cv
                n += 1
        for k in range(n, n_corners + 1):
            uv[b, k] = uv[b, n - 1]
    return uv, whole


def fixed_point(uv_img: FloatArray, scale: int = 1) -> NDArray[np.int32]:
    """uv_img -> the integers that cv2 draws at, on an image `scale` times as large."""
    uv_cv2 = np.clip(uv_img, -_FAR_PX, _FAR_PX) * scale - 0.5
    return np.rint(uv_cv2 * (1 << SHIFT)).astype(np.int32)
