"""The controller: from a planned trajectory to the action of this tick.

State    the car's own speed, acceleration and steering angle; a Trajectory in the ego frame, t = 0
         being this tick.
Output   Action, held for one tick of 0.1 s.
Law      longitudinal: the acceleration that reaches the speed planned for the end of the tick. Who
         stands and is to get next to nowhere stays, instead of creeping into whom it waits for.
         lateral: the constant rate of curvature which, starting from the present curvature, brings
         the bicycle nearest to the planned positions and headings over the next `preview` seconds
         (linear least squares); of that ramp the car drives the first tick.

A trajectory that the bicycle can follow is followed exactly; one with steps or noise in it, such as
a network's, is met smoothly, because a ramp of curvature has no wiggle to offer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from datasets.checks import FloatArray
from datasets.driving import MAX_STEERING_ANGLE, Action, Trajectory
from datasets.episode import TICK
from datasets.observation import EgoState
from planning.bicycle import (
    AXLE,
    MAX_CURVATURE,
    curvature_from_steering,
    steering_from_curvature,
)

STANDING = 0.05  # m/s: who is planned to be slower than this leaves the wheel where it is
SLOW = 0.3  # m/s: a car slower than this brakes to a stand where its plan gets nowhere
NOWHERE, SOON = 1.0, 3.0  # m, s: a plan that covers less than this within so long gets nowhere
LEAST_BRAKING = 0.4  # m/s^2


@dataclass(frozen=True)
class ControllerConfig:
    preview: float = 0.4  # s
    samples: int = 4
    heading_weight: float = 2.0  # m per rad: what a heading error counts against an offset
    damping: float = 1e-4  # m^2 per (1/m/s)^2: no steering for nothing


class TrajectoryController:
    """Stateless between ticks: all it needs to know of the past is in the ego state."""

    def __init__(self, config: ControllerConfig | None = None) -> None:
        self.config = config or ControllerConfig()

    def act(self, trajectory: Trajectory, ego: EgoState) -> Action:
        """The action for the coming tick."""
        return Action.clipped(self._accel(trajectory, ego), self._steering_angle(trajectory, ego))

    def _accel(self, trajectory: Trajectory, ego: EgoState) -> float:
        wanted = float(np.interp(TICK, trajectory.t, trajectory.speed))
        if ego.speed < SLOW and _way(trajectory) < NOWHERE:
            wanted = max(min(wanted, ego.speed - LEAST_BRAKING * TICK), 0.0)
        return (wanted - ego.speed) / TICK

    def _steering_angle(self, trajectory: Trajectory, ego: EgoState) -> float:
        config = self.config
        now = float(np.clip(ego.steering_angle, -MAX_STEERING_ANGLE, MAX_STEERING_ANGLE))
        curvature = float(curvature_from_steering(now))
        t = np.linspace(0.0, config.preview, config.samples * 4 + 1)
        speed = np.interp(t, trajectory.t, trajectory.speed)
        if speed.max() < STANDING:
            return now  # standing: the wheel stays where it is
        heading, y, heading_per_rate, y_per_rate = _ramp(t, speed, curvature)
        heading_error = np.interp(t, trajectory.t, np.unwrap(trajectory.heading)) - heading
        y_error = np.interp(t, trajectory.t, trajectory.xy_ego[:, 1]) - y
        basis = np.concatenate([y_per_rate, config.heading_weight * heading_per_rate])
        error = np.concatenate([y_error, config.heading_weight * heading_error])
        rate = float(basis @ error) / (float(basis @ basis) + config.damping)
        wanted = np.clip(curvature + rate * TICK, -MAX_CURVATURE, MAX_CURVATURE)
        return float(steering_from_curvature(float(wanted)))


def _way(trajectory: Trajectory) -> float:
    """Metres that it gets within SOON seconds; beyond its end, at its last speed."""
    t = np.linspace(0.0, SOON, 31)
    return float(np.trapezoid(np.interp(t, trajectory.t, trajectory.speed), t))


def _ramp(
    t: FloatArray, speed: FloatArray, curvature: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Heading and lateral position over time at constant curvature, and their derivatives by the
    rate of curvature; the heading exactly, the position for small angles."""
    dt = float(t[1] - t[0])

    def integral(rate: FloatArray) -> FloatArray:
        return np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2) * dt])

    heading = integral(speed * curvature)
    y = integral(speed * np.sin(heading + math.asin(curvature * AXLE)))
    heading_per_rate = integral(speed * t)
    y_per_rate = integral(speed * (heading_per_rate + AXLE * t))
    return heading, y, heading_per_rate, y_per_rate
