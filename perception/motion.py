"""How another car moves between two ticks, and how sure that is.

State    x, y (m), heading (rad), speed v (m/s along the heading, negative backwards), curvature c
         (1/m) of its path, left positive; in the odometry frame; N cars as (N, 5) means and
         (N, 5, 5) covariances.
Model    the bicycle of highway-env with its steering held: the centre moves at the slip angle
         beta = asin(L c) off the heading, L = half the car's length; heading' = v c. A state of
         curvature and not of yaw rate, because a car that stands cannot turn.
Noise    white acceleration and white change of curvature, as strong as that traffic's own.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray

X, Y, HEADING, SPEED, CURVATURE = range(5)
STATES = 5
SHARPEST = 0.18  # 1/m: highway-env's cars turn no tighter
HALF_LENGTH = 2.5  # m
ACCEL_NOISE = 3.0  # m/s^2 over a tick: the traffic brakes with 5 and pulls away with 3
CURVATURE_NOISE = 0.12  # 1/m per second: into a turn of 10 m radius within a second
SLIDE_NOISE = 0.3  # m/s in any direction: lane changes steer with the path, not along it


def predicted(mean: FloatArray, cov: FloatArray, dt: float) -> tuple[FloatArray, FloatArray]:
    """(N, 5), (N, 5, 5) `dt` seconds later."""
    moved, jacobian = _moved(mean, dt), _jacobian(mean, dt)
    cov = jacobian @ cov @ jacobian.transpose(0, 2, 1)
    noise = np.array([SLIDE_NOISE * dt, SLIDE_NOISE * dt, 0.02 * dt, ACCEL_NOISE * dt,
                      CURVATURE_NOISE * dt])  # fmt: skip
    # White over a tick, independent from tick to tick: variances grow with dt, not with dt^2.
    ticks = max(dt, 1e-9) / 0.1
    return moved, cov + np.diag(noise**2) / ticks


def _moved(mean: FloatArray, dt: float) -> FloatArray:
    x, y, heading, speed, curvature = mean.T
    way, course = _way_and_course(mean, dt)
    turned = heading + speed * curvature * dt
    return np.stack(
        [x + way * np.cos(course), y + way * np.sin(course), turned, speed, curvature], axis=1
    )


def _way_and_course(mean: FloatArray, dt: float) -> tuple[FloatArray, FloatArray]:
    _, _, heading, speed, curvature = mean.T
    slip = np.arcsin(HALF_LENGTH * np.clip(curvature, -SHARPEST, SHARPEST))
    return speed * dt, heading + slip + speed * curvature * dt / 2


def _jacobian(mean: FloatArray, dt: float) -> FloatArray:
    """(N, 5, 5) derivative of the moved state by the state."""
    _, _, _, speed, curvature = mean.T
    way, course = _way_and_course(mean, dt)
    c, s = np.cos(course), np.sin(course)
    bound = HALF_LENGTH * np.clip(curvature, -SHARPEST, SHARPEST)
    by_curvature = HALF_LENGTH / np.sqrt(1 - bound**2) + speed * dt / 2  # of the course
    by_speed = curvature * dt / 2
    out = np.tile(np.eye(STATES), (len(mean), 1, 1))
    out[:, X, HEADING], out[:, Y, HEADING] = -way * s, way * c
    out[:, X, SPEED], out[:, Y, SPEED] = dt * c - way * s * by_speed, dt * s + way * c * by_speed
    out[:, X, CURVATURE], out[:, Y, CURVATURE] = -way * s * by_curvature, way * c * by_curvature
    out[:, HEADING, SPEED], out[:, HEADING, CURVATURE] = curvature * dt, speed * dt
    return out
