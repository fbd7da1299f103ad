"""Lateral control: the steering angle that follows a lane's centre, rad.

    ControlledVehicle  r -> lateral speed -> heading -> yaw rate -> slip angle -> steering angle,
                       a cascade of proportional controllers with a look-ahead of v tau_pursuit
    LinearVehicle      p0 dpsi L / v - p1 r L / v^2

Source: highway_env/vehicle/controller.py and behavior.py.
"""

from __future__ import annotations

import math

from numba import njit

from sim.traffic.following import clip, not_zero
from sim.traffic.lanes import heading_at, local_coordinates, wrap_to_pi
from sim.traffic.layout import LINEAR
from sim.traffic.numpy_math import arcsin, arctan, tan


@njit(error_model="numpy")
def cascade(lane, me):
    s, r = local_coordinates(lane, me.x, me.y)
    lane_heading = heading_at(lane, s + me.speed * me.tau_pursuit)
    turn = arcsin(clip(-me.kp_lateral * r / not_zero(me.speed), -1.0, 1.0))
    heading_ref = lane_heading + clip(turn, -math.pi / 4, math.pi / 4)
    yaw_rate = me.kp_heading * wrap_to_pi(heading_ref - me.heading)
    slip = arcsin(clip(me.length / 2 / not_zero(me.speed) * yaw_rate, -1.0, 1.0))
    return arctan(2 * tan(slip))


@njit(error_model="numpy")
def linear_features(lane, me):
    """(heading error, lateral error), scaled by length and speed."""
    s, r = local_coordinates(lane, me.x, me.y)
    lane_heading = heading_at(lane, s + me.speed * me.tau_pursuit)
    turn = wrap_to_pi(lane_heading - me.heading) * me.length / not_zero(me.speed)
    return turn, -r * me.length / not_zero(me.speed) ** 2


@njit(error_model="numpy")
def steering_angle(lane, me):
    if me.kind == LINEAR:
        turn, shift = linear_features(lane, me)
        angle = me.steering_0 * turn + me.steering_1 * shift
    else:
        angle = cascade(lane, me)
    return clip(angle, -me.max_steering_angle, me.max_steering_angle)
