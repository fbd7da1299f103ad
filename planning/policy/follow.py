"""From a path and a target speed to a Trajectory: the bicycle, steered along the path by the law
that the rules are simulated with, on its way to the target speed.

The target is the speed that the expert means to have `REACH` seconds later, so the car takes the
acceleration that gets there in that time, or sooner where it slows down, within what a passenger
finds comfortable; who must slow down very much brakes at once. What comes out begins where the car
is and can be driven.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from datasets.checks import FloatArray
from datasets.driving import MAX_ACCEL, Trajectory
from datasets.episode import TICK
from datasets.observation import EgoState
from planning.bicycle import PHYSICS_STEP, curvature_from_steering, forward, steering_from_curvature
from planning.paths import STEP, curvature_of, frenet, nearest_on_path, steering_curvature
from planning.policy.code import HORIZON, STATION_S, decode_path
from planning.tracking import COMFORT, curvature_command

STEPS = 40  # ticks: 4 s
BEYOND = 80  # m that the path is continued straight: nobody gets further in that time
REACH = 2.0  # s in which a higher speed is reached: what the target means
SLOWING = 1.2  # s in which a lower one is: who brakes for somebody does most of it at once, and
# evenly over two seconds the car came nearer to those ahead than the expert ever does
STAND = 0.5  # m/s: a lower target means to stand; the mean of classes is never quite 0
START = 1.0  # m/s: who stands stays for a lower target, instead of creeping into whoever is ahead
STANDING = 0.3  # m/s: who is no faster stands
MOST_ACCEL, MOST_BRAKING = 2.4, 3.8  # m/s^2: nuPlan's comfort bounds, and a little less
LEAST_BRAKING = 0.4  # m/s^2 to a standstill, which otherwise only comes nearer and nearer
JERK, HASTY_JERK = 2.9, 20.0  # m/s^3
HASTY_SHARE = 0.5  # of its speed: who is to lose more of it, or wants more braking than the car
# has, brakes with all that there is, and comfort does not matter


def follow(
    path: FloatArray, target_speed: float, ego: EgoState, full_stop: bool = False
) -> Trajectory:
    """`path` (PATH_SIZE,), see code.py. A full stop takes all that the brakes have, whatever the
    target."""
    xy, heading = densely(path)
    steering = steering_curvature(curvature_of(heading))
    least = START if ego.speed < STANDING else STAND
    target = target_speed if target_speed > least else 0.0
    begin = (max(ego.speed, 0.0), ego.accel, ego.steering_angle)
    xy_ego, turned, speed = _drive(xy, heading, steering, target, full_stop, *begin)
    return Trajectory(t=np.arange(STEPS + 1) * TICK, xy_ego=xy_ego, heading=turned, speed=speed)


def fastest(speed: float) -> float:
    """The highest target speed, m/s, that a car at `speed` can have REACH seconds later."""
    return speed + REACH * MOST_ACCEL


def densely(path: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K, 2) points of the path every STEP metres, straight on beyond its end, and headings."""
    s = np.arange(0.0, HORIZON + BEYOND, STEP)
    heading = np.interp(s, STATION_S, path[1:])
    points = decode_path(np.append(path[0], heading), s)
    return points, heading


@njit(cache=True)
def _drive(xy, heading, steering, target, full_stop, v, accel, angle):  # type: ignore[no-untyped-def]
    out_xy, out_heading = np.zeros((STEPS + 1, 2)), np.zeros(STEPS + 1)
    out_speed = np.zeros(STEPS + 1)
    x, y, psi, nearest = 0.0, 0.0, 0.0, 0
    kappa = curvature_from_steering(angle)
    for t in range(STEPS + 1):
        out_xy[t, 0], out_xy[t, 1], out_heading[t], out_speed[t] = x, y, psi, v
        nearest = nearest_on_path(xy, x, y, nearest, 6)
        s, d = frenet(xy, heading, x, y, nearest)
        here, soon = _at(steering, s), _at(steering, s + v * TICK)
        # At d the road bends as the curve that runs d m left of its middle.
        here, soon = here / max(1 - here * d, 0.3), soon / max(1 - soon * d, 0.3)
        off = psi - _at(heading, s)
        kappa = curvature_command(d, off, kappa, here, soon, v, TICK, COMFORT)
        accel = max(_pace(v, accel, target, full_stop), -v / TICK)
        delta = steering_from_curvature(kappa)
        for _ in range(2):
            x, y, psi, v = forward(x, y, psi, v, accel, delta, PHYSICS_STEP)
        v = max(v, 0.0)
    return out_xy, out_heading, out_speed


@njit(cache=True)
def _pace(v: float, accel: float, target: float, full_stop: bool) -> float:
    """The acceleration of the next tick, m/s^2."""
    reach = REACH if target > v else SLOWING
    wanted = -MAX_ACCEL if full_stop else min((target - v) / reach, MOST_ACCEL)
    if target == 0.0:
        wanted = min(wanted, -LEAST_BRAKING)
    hasty = full_stop or wanted < -MAX_ACCEL
    hasty = hasty or (wanted < -MOST_BRAKING and target < HASTY_SHARE * v)
    wanted = max(wanted, -MAX_ACCEL if hasty else -MOST_BRAKING)
    step = TICK * (HASTY_JERK if hasty else JERK)
    return min(max(wanted, accel - step), accel + step)


@njit(cache=True)
def _at(values, s):  # type: ignore[no-untyped-def]
    """The value at arc length s of a row that has one every STEP metres."""
    place = min(max(s / STEP, 0.0), len(values) - 1.001)
    k = int(place)
    return values[k] + (place - k) * (values[k + 1] - values[k])
