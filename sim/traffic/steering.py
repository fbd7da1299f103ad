"""Lateral control: the steering angle that follows a lane's centre, rad.

    ControlledVehicle  r -> lateral speed -> heading -> yaw rate -> slip angle -> steering angle,
                       a cascade of proportional controllers with a look-ahead of v TAU_PURSUIT
    LinearVehicle      p0 dpsi L / v - p1 r L / v^2

Source: highway_env/vehicle/controller.py and behavior.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.following import clip, not_zero
from sim.traffic.lanes import heading_at, local_coordinates, wrap_to_pi
from sim.traffic.layout import (
    HEADING,
    KIND,
    KP_HEADING,
    KP_LATERAL,
    LENGTH,
    LINEAR,
    MAX_STEERING_ANGLE,
    SPEED,
    STEERING_0,
    STEERING_1,
    TAU_PURSUIT,
    X,
    Y,
)


@njit(error_model="numpy")
def cascade(lanes, traffic, i, lane):
    body, habit = traffic.body, traffic.habit
    speed = body[SPEED, i]
    s, r = local_coordinates(lanes, lane, body[X, i], body[Y, i])
    lane_heading = heading_at(lanes, lane, s + speed * habit[TAU_PURSUIT, i])
    lateral_speed = -habit[KP_LATERAL, i] * r
    turn = math.asin(clip(lateral_speed / not_zero(speed), -1.0, 1.0))
    heading_ref = lane_heading + clip(turn, -math.pi / 4, math.pi / 4)
    yaw_rate = habit[KP_HEADING, i] * wrap_to_pi(heading_ref - body[HEADING, i])
    slip = math.asin(clip(body[LENGTH, i] / 2 / not_zero(speed) * yaw_rate, -1.0, 1.0))
    return math.atan(2 * math.tan(slip))


@njit(error_model="numpy")
def linear_features(lanes, traffic, i, lane):
    """(heading error, lateral error), scaled by length and speed."""
    body = traffic.body
    speed, length = body[SPEED, i], body[LENGTH, i]
    s, r = local_coordinates(lanes, lane, body[X, i], body[Y, i])
    lane_heading = heading_at(lanes, lane, s + speed * traffic.habit[TAU_PURSUIT, i])
    turn = wrap_to_pi(lane_heading - body[HEADING, i]) * length / not_zero(speed)
    return turn, -r * length / not_zero(speed) ** 2


@njit(error_model="numpy")
def steering_angle(lanes, traffic, i, lane):
    limit = traffic.habit[MAX_STEERING_ANGLE, i]
    if traffic.tag[KIND, i] == LINEAR:
        turn, shift = linear_features(lanes, traffic, i, lane)
        angle = traffic.habit[STEERING_0, i] * turn + traffic.habit[STEERING_1, i] * shift
    else:
        angle = cascade(lanes, traffic, i, lane)
    return clip(angle, -limit, limit)
