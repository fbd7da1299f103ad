"""What lens and sensor add to a finished picture: bloom, rain, blur, noise."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.cameras.weather import Weather

STREAK_PICTURES = 8  # rain is one of so many pictures, drawn by the tick
NOISE_SPARE = 200_003  # values of the noise pool beyond one stack: so many different noises
BLOOM_FROM = 190  # grey level above which light spreads, in the dark


class Lens:
    """Effects on a stack of images (C, H, W, 3)."""

    def __init__(self, weather: Weather, shape: tuple[int, ...], seed: int) -> None:
        self.weather = weather
        self.seed = seed
        rng = np.random.default_rng([seed, 4])
        self.streaks = [_streaks(rng, shape, weather) for _ in range(STREAK_PICTURES)]
        size = int(np.prod(shape)) + NOISE_SPARE
        noise = rng.normal(128, weather.noise_std, size).round() if weather.noise_std else None
        self.noise = None if noise is None else np.clip(noise, 0, 255).astype(np.uint8)

    def apply(self, images: NDArray[np.uint8], tick: int) -> None:
        """Spoil the pictures in place; the tick and the seed say how."""
        rng = np.random.default_rng([self.seed, 5, tick])
        weather = self.weather
        flat = images.reshape(-1, images.shape[2], 3)
        if weather.lamps > 0:
            self._bloom(images)
        if weather.rain > 0:
            streaks = self.streaks[rng.integers(STREAK_PICTURES)]
            cv2.add(flat, streaks.reshape(flat.shape), dst=flat)
        if weather.blur_px > 0:
            for image in images:
                cv2.GaussianBlur(image, (3, 3), weather.blur_px, dst=image)
        if self.noise is not None:
            start = rng.integers(NOISE_SPARE)
            noise = self.noise[start : start + flat.size].reshape(flat.shape)
            cv2.addWeighted(flat, 1, noise, 1, -128, dst=flat)

    def _bloom(self, images: NDArray[np.uint8]) -> None:
        """Light that is too bright for its pixel spreads over the ones around it."""
        for image in images:
            bright = cv2.subtract(image, np.full(3, BLOOM_FROM, np.float64))
            if bright.any():
                bright = cv2.GaussianBlur(bright, (0, 0), 2.2)
                cv2.addWeighted(image, 1, bright, 2.5 * self.weather.lamps, 0, dst=image)


def _streaks(
    rng: np.random.Generator, shape: tuple[int, ...], weather: Weather
) -> NDArray[np.uint8]:
    """What rain adds: short, nearly vertical, faint strokes."""
    c, height, width, _ = shape
    picture = np.zeros((c, height, width), np.uint8)
    for image in picture:
        for _ in range(int(70 * weather.rain)):
            u, v = rng.uniform(0, (width, height))
            length, grey = rng.uniform(4, 15), rng.uniform(12, 42)
            ends = np.rint(np.array([[u, v], [u + length * 0.12, v + length]]) * 16).astype(int)
            cv2.line(image, ends[0].tolist(), ends[1].tolist(), grey, 1, cv2.LINE_AA, 4)
    return np.repeat(picture[..., None], 3, axis=-1)
