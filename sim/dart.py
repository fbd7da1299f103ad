"""Noise on the driver's hands, so that the log holds mistakes and their correction.

DART (Laskey et al. 2017): the car drives the teacher's action plus noise, the label is the action
alone, and the pupil learns to come back from where its own errors will take it. White noise would
average out within a car's length: this is an Ornstein-Uhlenbeck process, whose errors last about a
second. Steering noise is given as the lateral acceleration it causes, so that it pushes the car
equally far at every speed: about 0.3 m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.driving import Action
from datasets.episode import TICK

_LENGTH = 5.0  # m of the car: at small angles its path turns by steering_angle / length per metre
_STREAM = 11  # separates this use of the episode's seed from others


@dataclass(frozen=True, slots=True)
class DartNoise:
    """Standard deviations of the noise, and how long it lasts."""

    lateral_accel: float = 0.35  # m/s^2
    accel: float = 0.6  # m/s^2
    time_constant: float = 0.7  # s
    most_steering_angle: float = 0.02  # rad, at low speed


class Dart:
    """The noise of one episode: (action, speed) -> what the car does."""

    def __init__(self, seed: int, noise: DartNoise | None = None) -> None:
        self._noise = noise or DartNoise()
        self._rng = np.random.default_rng([seed, _STREAM])
        self._z = np.zeros(2)  # of unit variance once it has run for a while
        self._keep = float(np.exp(-TICK / self._noise.time_constant))

    def __call__(self, action: Action, speed: float) -> Action:
        fresh = self._rng.normal(size=2) * np.sqrt(1 - self._keep**2)
        self._z = self._keep * self._z + fresh
        steering_std = min(
            self._noise.lateral_accel * _LENGTH / max(speed, 1.0) ** 2,
            self._noise.most_steering_angle,
        )
        return Action.clipped(
            action.accel + self._noise.accel * float(self._z[0]),
            action.steering_angle + steering_std * float(self._z[1]),
        )
