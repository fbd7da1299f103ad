"""Light and air: what a surface's paint looks like from afar, in one Weather.

A colour on the image is paint x light x (1 - haze) + air x haze. Light is what comes from all
around, from the sun by the angle of the surface, and from the car's own head lamps. Haze grows with
distance as 1 - exp(-3 d / sight) (Koschmieder's law).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray
from sim.cameras.weather import Weather

GAIN = 160.0  # grey level that stands for a light of 1 in a light map
LAMP_RGB = np.array([1.0, 0.97, 0.86])
LAMP_X = 2.2  # m, of the head lamps
BEAM_ANGLE = 0.36  # rad
BEAM_REACH = 24.0  # m


class Air:
    """The light of one Weather, as functions of place and direction."""

    def __init__(self, weather: Weather) -> None:
        self.weather = weather
        elevation, azimuth = weather.sun_elevation, weather.sun_azimuth
        flat = np.cos(elevation)
        self.sun_direction = np.array(
            [flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)]
        )  # world frame, towards the sun
        self.ambient = np.array(weather.ambient) * weather.exposure
        self.sun = np.array(weather.sun) * weather.exposure
        self.colour = np.array(weather.sky_horizon) * weather.exposure
        self.on_ground = self.ambient + self.sun * self.sun_direction[2]
        daylight = self.on_ground.mean() / weather.exposure
        self.beam = 1.25 * weather.lamps * float(np.clip(1 - 2 * daylight, 0, 1))
        self.dark = daylight < 0.45  # dark enough for lit windows

    def haze(self, distance: FloatArray) -> FloatArray:
        """Share of the light that is the air's own."""
        return np.asarray(1 - np.exp(-3 / self.weather.sight * distance))

    def head_light(self, xy_ego: FloatArray) -> FloatArray:
        """(..., 2) places -> (..., 3) light there from the head lamps of the ego."""
        x, y = xy_ego[..., 0] - LAMP_X, xy_ego[..., 1]
        angle = np.arctan2(y, x)
        spread = np.exp(-((angle / BEAM_ANGLE) ** 2)) + 0.10 * np.exp(-((angle / 0.9) ** 2))
        light = self.beam * spread / (1 + (x * x + y * y) / BEAM_REACH**2)
        return np.asarray(light[..., None] * LAMP_RGB)

    def through(self, colour: FloatArray, distance: FloatArray) -> FloatArray:
        """(..., 3) colours as they leave, (...) distances -> (..., 3) as they arrive."""
        haze = self.haze(distance)[..., None]
        return np.asarray(colour + haze * (self.colour - colour))

    def ground_light(
        self, xy_ego: FloatArray, rig: Sequence[Camera]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """(C, H, W, 2) ground seen in each pixel (NaN in the sky) -> (C, H, W, 3) factor on its
        paint, in units of 1 / GAIN, and what the air and a wet surface add."""
        height = np.array([camera.xyz_ego[2] for camera in rig])[:, None, None]
        lens = np.stack([camera.xyz_ego[:2] for camera in rig])[:, None, None]
        distance = np.hypot(np.linalg.norm(xy_ego - lens, axis=-1), height)
        light = self.on_ground + self.head_light(xy_ego)
        # A wet road mirrors the sky, the more the flatter one looks at it.
        mirror = 0.6 * self.weather.rain * (1 - height / distance) ** 6
        clear = 1 - self.haze(distance)
        gain = light * ((1 - mirror) * clear)[..., None] * GAIN
        added = self.colour * (1 - (1 - 0.8 * mirror) * clear)[..., None]
        sky = ~np.isfinite(distance)
        gain[sky], added[sky] = GAIN, 0
        return np.clip(gain, 0, 255).astype(np.uint8), np.clip(added, 0, 255).astype(np.uint8)
