"""The pinhole camera: how a point of the ego frame falls on an image, and back to the ground.

Ego frame (ISO 8855): origin on the ground below the middle of the car, x forward, y left, z up.
Camera frame: x right, y down, z along the optical axis. Image: u right, v down, in pixels; pixel
(0, 0) covers [0, 1) x [0, 1), so its centre is at (0.5, 0.5). No lens distortion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from datasets.checks import BoolArray, FloatArray, check_array, check_finite

# Camera axes (right, down, along) of a camera that looks along +x of the ego frame.
_FORWARD_LOOKING = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
MIN_DEPTH = 0.1  # m, nothing nearer to the lens is projected


@dataclass(frozen=True)
class Camera:
    """One calibrated pinhole camera, fixed to the car."""

    name: str
    width_px: int
    height_px: int
    focal_px: float  # square pixels
    xyz_ego: FloatArray  # (3,) position of the lens, m
    yaw: float = 0.0  # rad, left positive
    pitch: float = 0.0  # rad, up positive
    roll: float = 0.0  # rad, clockwise as seen by the camera positive

    def __post_init__(self) -> None:
        check_array("Camera.xyz_ego", self.xyz_ego, (3,), np.float64)
        check_finite("Camera.xyz_ego", self.xyz_ego)
        check_finite("Camera angles", np.array([self.yaw, self.pitch, self.roll]))
        if self.width_px < 1 or self.height_px < 1 or not self.focal_px > 0:
            raise ValueError(
                f"Camera {self.name}: expected a positive image size and focal length, got "
                f"{self.width_px} x {self.height_px} px, {self.focal_px} px"
            )

    @property
    def centre_uv(self) -> FloatArray:
        """(2,) principal point: the middle of the image, px."""
        return np.array([self.width_px / 2, self.height_px / 2])

    @property
    def horizontal_fov(self) -> float:
        """rad, from the left edge of the image to the right one."""
        return float(2 * np.arctan(self.width_px / 2 / self.focal_px))

    @cached_property
    def intrinsics(self) -> FloatArray:
        """(3, 3) matrix K of the textbooks."""
        u, v = self.centre_uv
        return np.array([[self.focal_px, 0, u], [0, self.focal_px, v], [0, 0, 1.0]])

    @cached_property
    def camera_from_ego(self) -> FloatArray:
        """(3, 3) rotation of ego axes into camera axes."""
        cy, sy = np.cos(self.yaw), np.sin(self.yaw)
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        cr, sr = np.cos(self.roll), np.sin(self.roll)
        yaw = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1.0]])
        pitch = np.array([[cp, 0, -sp], [0, 1.0, 0], [sp, 0, cp]])
        roll = np.array([[1.0, 0, 0], [0, cr, -sr], [0, sr, cr]])
        return np.asarray(_FORWARD_LOOKING @ (yaw @ pitch @ roll).T)

    @cached_property
    def ground_homography(self) -> FloatArray:
        """(3, 3) H with (u, v, 1) ~ H (x, y, 1) for points of the ground plane z = 0."""
        translation = -self.camera_from_ego @ self.xyz_ego
        columns = [self.camera_from_ego[:, 0], self.camera_from_ego[:, 1], translation]
        return np.asarray(self.intrinsics @ np.stack(columns, axis=1))

    def project(self, xyz_ego: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(..., 3) points, m -> (..., 2) uv_img, px, and (...) depth along the axis, m.

        A point with depth < MIN_DEPTH has no place on the image: its uv is NaN.
        """
        xyz_camera = (xyz_ego - self.xyz_ego) @ self.camera_from_ego.T
        depth = xyz_camera[..., 2]
        in_front = np.where(depth >= MIN_DEPTH, depth, np.nan)
        uv_img = self.focal_px * xyz_camera[..., :2] / in_front[..., None] + self.centre_uv
        return np.asarray(uv_img), np.asarray(depth)

    def rays_ego(self, uv_img: FloatArray) -> FloatArray:
        """(..., 2) uv_img, px -> (..., 3) the way to what is seen there, in the axes of the ego
        frame, for one metre of depth along the camera's axis."""
        across = (uv_img - self.centre_uv) / self.focal_px
        ahead = np.ones((*uv_img.shape[:-1], 1))
        return np.asarray(np.concatenate([across, ahead], axis=-1) @ self.camera_from_ego)

    def unproject_to_ground(self, uv_img: FloatArray) -> FloatArray:
        """(..., 2) uv_img, px -> (..., 2) xy_ego of the ground point seen there, m; NaN where the
        pixel looks at or above the horizon."""
        ray_ego = self.rays_ego(uv_img)
        down = np.where(ray_ego[..., 2] < -1e-9, -ray_ego[..., 2], np.nan)
        reach = self.xyz_ego[2] / down
        return np.asarray(self.xyz_ego[:2] + reach[..., None] * ray_ego[..., :2])

    def in_image(self, uv_img: FloatArray) -> BoolArray:
        """(..., 2) uv_img -> (...) whether it lies inside the image; NaN does not."""
        u, v = uv_img[..., 0], uv_img[..., 1]
        return np.asarray((u >= 0) & (u < self.width_px) & (v >= 0) & (v < self.height_px))

    def moved(self, dxyz_ego: FloatArray, yaw: float, pitch: float, roll: float) -> Camera:
        """The same camera, shifted and turned by a small mounting error."""
        return replace(
            self,
            xyz_ego=self.xyz_ego + dxyz_ego,
            yaw=self.yaw + yaw,
            pitch=self.pitch + pitch,
            roll=self.roll + roll,
        )
