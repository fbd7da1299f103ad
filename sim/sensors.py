"""The ego's own sensors: what they should read, and what they read.

Wheel speed carries a scale error that lasts an episode (tyre pressure) and noise; the gyroscope a
bias and noise; accelerometer and steering encoder noise. Magnitudes are those of production cars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.observation import EgoState
from sim.state import EGO, WorldState

_SENSOR_STREAM = 2  # separates this use of the episode's seed from others


@dataclass(frozen=True, slots=True)
class EgoNoise:
    """Standard deviations."""

    speed_scale: float = 0.005  # of the speed, constant over an episode
    speed: float = 0.05  # m/s
    yaw_rate_bias: float = 0.002  # rad/s, constant over an episode
    yaw_rate: float = 0.004  # rad/s
    accel: float = 0.1  # m/s^2
    steering_angle: float = 0.002  # rad


def true_ego(state: WorldState) -> EgoState:
    """The ego's motion as it is. highway-env's bicycle: slip beta = atan(tan(delta) / 2), yaw rate
    = v sin(beta) / (length / 2)."""
    slip = np.arctan(np.tan(state.steering_angle[EGO]) / 2)
    return EgoState(
        speed=float(state.speed[EGO]),
        yaw_rate=float(state.speed[EGO] * np.sin(slip) / (state.length[EGO] / 2)),
        accel=float(state.accel[EGO]),
        steering_angle=float(state.steering_angle[EGO]),
    )


def measured_ego(truth: EgoState, noise: EgoNoise, seed: int, tick: int) -> EgoState:
    """The same through the sensors: a pure function of the episode's seed and the tick."""
    episode = np.random.default_rng([seed, _SENSOR_STREAM]).normal(size=2)
    speed, yaw_rate, accel, steering = np.random.default_rng([seed, _SENSOR_STREAM, tick]).normal(
        size=4
    )
    return EgoState(
        speed=truth.speed * (1 + noise.speed_scale * episode[0]) + noise.speed * speed,
        yaw_rate=truth.yaw_rate + noise.yaw_rate_bias * episode[1] + noise.yaw_rate * yaw_rate,
        accel=truth.accel + noise.accel * accel,
        steering_angle=truth.steering_angle + noise.steering_angle * steering,
    )
