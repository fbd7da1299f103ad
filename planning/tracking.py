"""The lateral law: how the car is steered along a path, smoothly, at any speed.

State    offset e (m, left of the path), heading error h (rad, relative to the path, with the slip
         angle that the curve needs already added), curvature error c (1/m, of the car minus path).
Input    the rate of curvature, 1/(m s).
Model    for small angles the bicycle obeys e' = v (h + AXLE c), h' = v c, c' = u.
Law      u = -(k_e e + k_h h + k_c c) with the gains that put the closed loop at the poles of the
         minimum-jerk manoeuvre with horizon T, replanned all the time:
             e''' = -60/T^3 e - 36/T^2 e' - 9/T e''
         T grows with the cube root of the offset, so that the jerk at the start of a lane change
         is bounded, and with 1/v at low speed, where the law becomes one in distance. On the
         inside of a bend it grows until the grip that the bend leaves can end the drift outwards.
Source   the quintic boundary value problem (Werling et al. 2010) solved for its initial jerk, and
         pole placement on the model above, by hand.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from planning.bicycle import AXLE, MAX_CURVATURE

PEAK = 5.77  # times offset / T^2: the largest acceleration of the minimum-jerk manoeuvre
LEAST_SPARE = 0.5  # m/s^2 of grip reckoned with even at the limit: else no offset would ever go


class LateralLimits(NamedTuple):
    """A named tuple and not a dataclass, because it goes into compiled code."""

    horizon: float = 1.8  # s, T for small offsets: settles in about this time
    distance: float = 9.0  # m, least length of road over which an offset is corrected
    jerk: float = 4.0  # m/s^3 at the start of a correction; nuPlan's comfort bound is 8.37 in all
    max_jerk: float = 7.0  # m/s^3, never more, except in an emergency
    max_accel: float = 4.6  # m/s^2 sideways; nuPlan's comfort bound is 4.89


COMFORT = LateralLimits()
EMERGENCY = LateralLimits(horizon=1.2, distance=7.0, jerk=20.0, max_jerk=60.0, max_accel=9.0)


@njit(cache=True)
def curvature_command(
    offset: float,
    heading_error: float,
    curvature: float,
    path_curvature: float,
    path_curvature_next: float,
    speed: float,
    dt: float,
    limits: LateralLimits,
) -> float:
    """The curvature to hold for the next dt seconds, 1/m.

    `heading_error` is heading of the car minus heading of the path; `path_curvature_next` is the
    curvature of the path where the car will be in dt seconds, which is fed forward.
    """
    v = max(speed, 0.5)  # m/s; below, the wheel hardly moves the car and gains would explode
    horizon = (limits.horizon**3 + 60 * abs(offset) / limits.jerk) ** (1 / 3)
    horizon = max(horizon, limits.distance / v)
    if offset * path_curvature > 0:
        spare = max(limits.max_accel - v**2 * abs(path_curvature), LEAST_SPARE)
        horizon = max(horizon, math.sqrt(PEAK * abs(offset) / spare))
    c0, c1, c2 = 60 / horizon**3, 36 / horizon**2, 9 / horizon
    k_e = c0 / v**2
    k_h = c1 / v - AXLE * k_e
    h = heading_error + math.asin(min(max(path_curvature * AXLE, -0.9), 0.9))
    rate = -(k_e * offset + k_h * h + c2 * (curvature - path_curvature))
    rate += (path_curvature_next - path_curvature) / dt
    max_rate = limits.max_jerk / max(v, 3.0) ** 2  # below 3 m/s the wheel's own speed is the bound
    command = curvature + dt * min(max(rate, -max_rate), max_rate)
    bound = min(MAX_CURVATURE, limits.max_accel / v**2)
    if abs(curvature) > bound:  # too fast for the curve already: unwind at the allowed rate
        bound = max(bound, abs(curvature) - max_rate * dt)
    return min(max(command, -bound), bound)
