"""The kinematic bicycle, referenced to the centre of the car: the vehicle model of the world.

State    x, y (m), heading (rad), speed v (m/s), in any fixed frame, ISO 8855.
Inputs   accel (m/s^2), steering_angle delta (rad, front wheel), held over a step.
Model    beta = atan(tan(delta) / 2)            slip angle of the centre
         x' = v cos(heading + beta)    y' = v sin(heading + beta)
         heading' = v curvature        curvature = sin(beta) / 2.5 m        v' = accel
         explicit Euler with the state before the step; inputs act at once.
Source   highway_env/vehicle/kinematics.py, Vehicle.step; the car is 5 m long and both axles are
         taken to be half its length from the centre.

It lives in planning because the planner simulates with it and the controller inverts it; control
may import planning, not the other way round. Scalars, compiled: the rollout calls it 5000 times a
plan.
"""

from __future__ import annotations

import math

from numba import njit

from datasets.driving import MAX_STEERING_ANGLE
from datasets.episode import PHYSICS_HZ

AXLE = 2.5  # m from the centre of the car to either axle
PHYSICS_STEP = 1 / PHYSICS_HZ  # s
MAX_CURVATURE = math.sin(math.atan(math.tan(MAX_STEERING_ANGLE) / 2)) / AXLE  # 1/m, 5.6 m radius


@njit(cache=True)
def curvature_from_steering(steering_angle: float) -> float:
    """Steering angle, rad -> curvature of the path of the centre, 1/m."""
    return math.sin(math.atan(math.tan(steering_angle) / 2)) / AXLE


@njit(cache=True)
def steering_from_curvature(curvature: float) -> float:
    """The inverse of `curvature_from_steering`, for |curvature| < 1 / AXLE."""
    return math.atan(2 * math.tan(math.asin(curvature * AXLE)))


@njit(cache=True)
def forward(
    x: float, y: float, heading: float, speed: float, accel: float, steering_angle: float, dt: float
) -> tuple[float, float, float, float]:
    """One Euler step of dt seconds -> x, y, heading, speed."""
    beta = math.atan(math.tan(steering_angle) / 2)
    return (
        x + speed * math.cos(heading + beta) * dt,
        y + speed * math.sin(heading + beta) * dt,
        heading + speed * math.sin(beta) / AXLE * dt,
        speed + accel * dt,
    )


@njit(cache=True)
def inverse(
    heading: float, speed: float, next_heading: float, next_speed: float, dt: float
) -> tuple[float, float]:
    """The accel and steering angle that lead from one heading and speed to the next in one Euler
    step of dt seconds. A car that stands cannot turn: its steering angle comes back as 0."""
    accel = (next_speed - speed) / dt
    if abs(speed) * dt < 1e-9:
        return accel, 0.0
    return accel, steering_from_curvature((next_heading - heading) / (speed * dt))
