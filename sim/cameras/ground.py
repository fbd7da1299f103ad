"""Draws the ground: verge, road, paint, its texture, the light on it and the air in front of it.

All five images are drawn at once, as one stack; what depends on nothing but the calibration and the
weather (how far away the ground in each pixel is, how much light falls there) is made once.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.geometry import SE2
from sim.cameras.air import GAIN, Air
from sim.cameras.projection import SHIFT, RigArrays, fixed_point, ground_polygons, to_image
from sim.cameras.roads import PERIOD, Paint, Roads
from sim.cameras.weather import RGB

SIGHT = 400.0  # m, the road is drawn up to here
FINE = 80.0  # m, dashes are drawn one by one up to here
WHITE, YELLOW = np.array([228.0, 228, 224]), np.array([222.0, 176, 52])
GRAVEL = (126.0, 120.0, 108.0)
AA_LINE_PX = 1.36  # px that an anti-aliased line of cv2 of thickness 1 covers, at any angle
AA_GROWTH_PX = 1.4  # px by which an anti-aliased polygon of cv2 is wider than it should be
TEXEL = 0.06  # m
TILE_PX = 512
MEAN_GRAIN = 24.0  # grey levels by which the texture darkens on average
FAINT_GRAIN = 20  # of 255: texture weaker than that is left out


class Ground:
    """What the rig sees of the ground, drawn on a stack of images (C, H, W, 3)."""

    def __init__(self, roads: Roads, rig: Sequence[Camera], air: Air, seed: int) -> None:
        self.roads, self.air = roads, air
        self.rig = RigArrays(rig)
        self.asphalt = np.array(air.weather.asphalt)
        self.texture = _texture(np.random.default_rng([seed, 1]))
        self.ground_from_img = [np.linalg.inv(camera.ground_homography) for camera in rig]
        xy, depth = ground_of_pixels(rig)
        footprint = depth**2 / (
            self.rig.focal_px[:, None, None] * self.rig.xyz_ego[:, None, None, 2]
        )
        grain = 255 / (1 + (footprint / 0.5) ** 2)
        self.grain = np.where(np.isfinite(depth), grain, 0).astype(np.uint8)
        # The first row of each image with grain worth drawing.
        self.grain_from = (self.grain.max(2) >= FAINT_GRAIN).argmax(1).tolist()
        self.gain, self.haze = air.ground_light(xy, rig)
        self.verge = [_below_horizon(camera) for camera in rig]

    def draw(self, images: NDArray[np.uint8], ego_from_world: SE2) -> None:
        for image, polygon in zip(images, self.verge, strict=True):
            cv2.fillConvexPoly(image, polygon, self.air.weather.ground, cv2.LINE_8, SHIFT)
        near = self._nearby(self.roads.surface_centre, ego_from_world, SIGHT + 60)
        self._surface(images, self.roads.shoulder[near], ego_from_world, GRAVEL)
        self._surface(images, self.roads.surface[near], ego_from_world, self.air.weather.asphalt)
        self._paint(images, ego_from_world)
        self._grain(images, ego_from_world)
        cv2.multiply(images, self.gain, dst=images, scale=1 / GAIN)
        cv2.add(images, self.haze, dst=images)

    @staticmethod
    def _nearby(xy_world: FloatArray, ego_from_world: SE2, reach: float) -> IntArray:
        ego = ego_from_world.inverse()
        dx, dy = xy_world[:, 0] - ego.x, xy_world[:, 1] - ego.y
        return np.flatnonzero(dx * dx + dy * dy < reach * reach)

    def _on_images(
        self, quads_world: FloatArray, ego_from_world: SE2
    ) -> tuple[FloatArray, BoolArray, IntArray, IntArray]:
        """(B, 4, 2) quads -> those that cameras see: (V, 5, 2) uv_img, (V,) whether all of it is in
        front of the lens, (V,) the camera, (V,) which of the B."""
        rig = self.rig
        xyz, camera, quad = ground_polygons(
            ego_from_world.apply(quads_world), rig.camera_from_ego, rig.xyz_ego, rig.planes
        )
        uv, whole = to_image(xyz, camera, rig.focal_px, rig.centre_uv)
        return uv, whole, camera, quad

    def _surface(
        self, images: NDArray[np.uint8], quads: FloatArray, ego_from_world: SE2, paint: RGB
    ) -> None:
        uv, _, camera, _ = self._on_images(quads, ego_from_world)
        for c, points in zip(camera.tolist(), fixed_point(uv), strict=True):
            cv2.fillConvexPoly(images[c], points, paint, cv2.LINE_8, SHIFT)

    def _paint(self, images: NDArray[np.uint8], ego_from_world: SE2) -> None:
        """Lines wider than a pixel or two as polygons; thinner ones as anti-aliased lines with as
        much less contrast as they are thinner than those: they neither break nor flicker."""
        paint = self.roads.paint
        use = self._detail(paint, ego_from_world)
        uv, whole, camera, quad = self._on_images(paint.xy_world[use], ego_from_world)
        use = use[quad]
        width_px, length_px = _line_size(uv[:, :4], whole)
        period_px = length_px / paint.length[use] * PERIOD
        resolved = np.clip(period_px / 2 - 0.75, 0, 1)  # dashes fade below some 3 px a period
        share = paint.share[use] * resolved + paint.mean_share[use] * (1 - resolved)
        thin = whole & (width_px < 2.0)
        cover = share * np.where(thin, np.minimum(width_px / AA_LINE_PX, 1.0), 1.0)
        colour = np.where(paint.yellow[use, None], YELLOW, WHITE)
        colour = self.asphalt + cover[:, None] * (colour - self.asphalt)
        narrow = np.clip((width_px - AA_GROWTH_PX) / np.maximum(width_px, 1e-9), 0.05, 1)
        _narrow(uv, narrow, whole & ~thin)
        ends = (uv[:, 0:3:2] + uv[:, 1:4:2]) / 2
        points, ends = fixed_point(uv), fixed_point(ends)
        seen = np.flatnonzero(cover > 0.03)
        colours, cameras, thins = colour.tolist(), camera.tolist(), thin.tolist()
        for i in seen.tolist():
            if thins[i]:
                cv2.line(
                    images[cameras[i]], ends[i, 0], ends[i, 1], colours[i], 1, cv2.LINE_AA, SHIFT
                )
            else:
                cv2.fillConvexPoly(images[cameras[i]], points[i], colours[i], cv2.LINE_AA, SHIFT)

    def _detail(self, paint: Paint, ego_from_world: SE2) -> IntArray:
        ego = ego_from_world.inverse()
        distance = np.hypot(paint.centre[:, 0] - ego.x, paint.centre[:, 1] - ego.y)
        cell = distance[paint.cell]
        return np.flatnonzero(np.where(paint.coarse, (cell >= FINE) & (cell < SIGHT), cell < FINE))

    def _grain(self, images: NDArray[np.uint8], ego_from_world: SE2) -> None:
        """Darken the ground by a texture that lies still in the world; it fades where it would be
        finer than a pixel."""
        ego = ego_from_world.inverse()
        c, s = np.cos(ego.heading) / TEXEL, np.sin(ego.heading) / TEXEL
        # The ego is kept in the middle one of the 3 x 3 tiles: cv2 is slow off the texture.
        u, v = np.mod((ego.x / TEXEL, ego.y / TEXEL), TILE_PX) + TILE_PX
        texel_from_ego = np.array([[c, -s, u], [s, c, v], [0, 0, 1]])
        height, width = images.shape[1:3]
        for i, first in enumerate(self.grain_from):
            texel_from_img = texel_from_ego @ self.ground_from_img[i] @ _row_shift(first)
            grain = cv2.warpPerspective(
                self.texture, texel_from_img, (width, height - first),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_CONSTANT, borderValue=MEAN_GRAIN,
            )  # fmt: skip
            cv2.multiply(grain, self.grain[i, first:], dst=grain, scale=1 / 255)
            below = images[i, first:]
            cv2.subtract(below, cv2.cvtColor(grain, cv2.COLOR_GRAY2BGR), dst=below)


def _row_shift(first: int) -> FloatArray:
    """cv2's pixel of an image without its first rows -> uv_img, homogeneous."""
    return np.array([[1, 0, 0.5], [0, 1, first + 0.5], [0, 0, 1.0]])


def ground_of_pixels(rig: Sequence[Camera]) -> tuple[FloatArray, FloatArray]:
    """(C, H, W, 2) xy_ego of the ground in the middle of each pixel and (C, H, W) its depth along
    the axis, m; NaN in the sky."""
    xy, depth = [], []
    for camera in rig:
        v, u = np.mgrid[: camera.height_px, : camera.width_px] + 0.5
        xy.append(camera.unproject_to_ground(np.stack([u, v], axis=-1)))
        xyz = np.concatenate([xy[-1], np.zeros((*u.shape, 1))], axis=-1)
        depth.append((xyz - camera.xyz_ego) @ camera.camera_from_ego[2])
    return np.stack(xy), np.stack(depth)


def _line_size(uv: FloatArray, whole: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """(V, 4, 2) quads of line -> their mean width and their length on the image, px."""
    along = (uv[:, 2] + uv[:, 3] - uv[:, 0] - uv[:, 1]) / 2
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    a, b = uv[:, 2] - uv[:, 0], uv[:, 3] - uv[:, 1]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    return np.where(whole, area / length, 99.0), np.where(whole, length, 99.0)


def _narrow(uv: FloatArray, factor: FloatArray, which: NDArray[np.bool_]) -> None:
    """Make quads of line narrower in place."""
    for a, b in ((0, 1), (2, 3)):
        middle = (uv[which, a] + uv[which, b]) / 2
        half = (uv[which, a] - uv[which, b]) / 2 * factor[which, None]
        uv[which, a], uv[which, b] = middle + half, middle - half
    uv[which, 4] = uv[which, 3]


def _below_horizon(camera: Camera) -> NDArray[np.int32]:
    """The part of an image that shows ground, however the camera is turned."""
    up = camera.camera_from_ego[:, 2]  # in camera axes: a ray of the horizon is at right angles
    cu, cv = camera.centre_uv
    u = np.array([-8.0, camera.width_px + 8.0])
    v = cv - (up[0] * (u - cu) + up[2] * camera.focal_px) / up[1]
    low = camera.height_px + 8.0
    return fixed_point(np.array([[u[0], v[0]], [u[1], v[1]], [u[1], low], [u[0], low]]))


def _texture(rng: np.random.Generator) -> NDArray[np.uint8]:
    """3 x 3 tiles of grey levels to take away: blotches from 6 cm to 4 m, without a seam."""
    side = TILE_PX
    total = np.full((side, side), MEAN_GRAIN, np.float32)
    for cells, weight in ((8, 5.0), (24, 6.0), (64, 7.0), (170, 6.0), (512, 5.0)):
        coarse = np.pad(rng.normal(size=(cells, cells)), 2, mode="wrap").astype(np.float32)
        scale = side / cells
        fine = cv2.resize(coarse, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        cut = round(2 * scale)
        total += weight * fine[cut : cut + side, cut : cut + side]
    return np.tile(np.clip(total, 0, 80).astype(np.uint8), (3, 3))
