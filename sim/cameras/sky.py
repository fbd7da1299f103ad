"""The sky and the skyline: a panorama made once per weather, turned by the heading of the car.

The panorama covers all azimuths, twice, so that any heading is a plain window of it, and elevations
from LOWEST to HIGHEST. What is on it is too far away to move when the car does: sky, clouds, sun,
hills.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray
from sim.cameras.air import Air

WIDTH_PX = 1024  # of a full turn
HEIGHT_PX = 160
LOWEST, HIGHEST = np.deg2rad(-3.0), np.deg2rad(53.0)


class Sky:
    """What the rig sees above the horizon."""

    def __init__(self, rig: Sequence[Camera], air: Air, seed: int) -> None:
        turn = _panorama(air, np.random.default_rng([seed, 2]))
        self.panorama = np.concatenate([turn, turn[:, : WIDTH_PX + 2]], axis=1)
        self.rows: list[int] = []
        self.maps: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        for camera in rig:
            v, u = np.mgrid[: camera.height_px, : camera.width_px] + 0.5
            cu, cv = camera.centre_uv
            ray = np.stack([u - cu, v - cv, np.full(u.shape, camera.focal_px)], axis=-1)
            ray = ray @ camera.camera_from_ego
            elevation = np.arctan2(ray[..., 2], np.hypot(ray[..., 0], ray[..., 1]))
            rows = int((elevation > -0.01).any(axis=1).sum())
            azimuth = np.arctan2(ray[..., 1], ray[..., 0])
            column = (-azimuth / (2 * np.pi) * WIDTH_PX) % WIDTH_PX
            row = (HIGHEST - elevation) / (HIGHEST - LOWEST) * (HEIGHT_PX - 1)
            self.rows.append(rows)
            self.maps.append((column[:rows].astype(np.float32), row[:rows].astype(np.float32)))

    def draw(self, images: NDArray[np.uint8], heading: float) -> None:
        """Fill the rows of each image that show any sky."""
        shift = (-heading / (2 * np.pi) * WIDTH_PX) % WIDTH_PX
        whole = int(shift)
        window = self.panorama[:, whole : whole + WIDTH_PX + 2]
        for image, rows, (column, row) in zip(images, self.rows, self.maps, strict=True):
            if rows:
                image[:rows] = cv2.remap(
                    window, column + np.float32(shift - whole), row, cv2.INTER_LINEAR,
                    borderMode=cv2.BORDER_REPLICATE,
                )  # fmt: skip


def _panorama(air: Air, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(HEIGHT_PX, WIDTH_PX, 3); azimuth falls with the column, from 0 at the left edge."""
    weather = air.weather
    elevation = np.linspace(HIGHEST, LOWEST, HEIGHT_PX)[:, None]
    azimuth = -np.arange(WIDTH_PX)[None, :] / WIDTH_PX * 2 * np.pi
    horizon, zenith = np.array(weather.sky_horizon), np.array(weather.sky_zenith)
    low = np.exp(-np.maximum(elevation, 0) / 0.22)[..., None]
    sky = zenith + low * (horizon - zenith) + np.zeros((1, WIDTH_PX, 1))
    bright = horizon.mean() * 0.55 + zenith.mean() * 0.45
    puff = _clouds(rng, weather.clouds)[..., None]
    cloud = np.array([1.0, 0.99, 0.98]) * min(bright * 1.15 + 12, 250)
    sky += 0.75 * puff * (1 - 0.7 * low) * (cloud - sky)
    if sum(weather.sun) > 0.1:
        sky += _sun(air, elevation, azimuth)
    ridge = 0.012 + 0.03 * _smooth(rng, 9) + 0.006 * _smooth(rng, 60)
    hill = np.array(weather.ground) * (0.45, 0.55, 0.7) * air.on_ground / weather.exposure
    hill = hill + air.haze(np.array(1800.0)) * (horizon - hill)
    edge = np.clip((ridge - elevation) / np.deg2rad(0.35) + 0.5, 0, 1)[..., None]
    sky += edge * (hill - sky)
    return np.clip(sky * weather.exposure, 0, 255).astype(np.uint8)


def _sun(air: Air, elevation: FloatArray, azimuth: FloatArray) -> FloatArray:
    """The disc and the glow around it."""
    ray = np.stack(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
         np.sin(elevation) + 0 * azimuth], axis=-1)  # fmt: skip
    off = np.arccos(np.clip(ray @ air.sun_direction, -1, 1))[..., None]
    colour = np.array(air.weather.sun) / max(air.weather.sun)
    strength = min(1.0, sum(air.weather.sun))
    glow = 130 * np.exp(-off / 0.12) + 60 * np.exp(-off / 0.4)
    disc = 500 * np.clip((0.02 - off) / 0.01 + 0.5, 0, 1)
    return np.asarray((glow * colour + disc) * strength)


def _smooth(rng: np.random.Generator, knots: int) -> FloatArray:
    """(WIDTH_PX,) a smooth random curve from 0 to 1 that closes on itself."""
    value = rng.random(knots)
    at = np.arange(WIDTH_PX) / WIDTH_PX * knots
    low = at.astype(int)
    t = at - low
    t = t * t * (3 - 2 * t)
    return np.asarray(value[low] * (1 - t) + value[(low + 1) % knots] * t)


def _clouds(rng: np.random.Generator, cover: float) -> FloatArray:
    """(HEIGHT_PX, WIDTH_PX) how much cloud, flat and wide, closing on itself."""
    total = np.zeros((HEIGHT_PX, WIDTH_PX))
    for knots, weight in ((8, 1.0), (20, 0.6), (50, 0.35), (110, 0.2)):
        rough = rng.random((max(4, knots * 2 // 3), knots))
        thrice = np.concatenate([rough] * 3, axis=1).astype(np.float32)  # no seam in the middle one
        fine = cv2.resize(thrice, (3 * WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
        total += weight * fine[:, WIDTH_PX : 2 * WIDTH_PX]
    total = (total - total.min()) / (total.max() - total.min())
    edge = 1 - cover * 0.85
    return np.asarray(np.clip((total - edge) / 0.25, 0, 1))
