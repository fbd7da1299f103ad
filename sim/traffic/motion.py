"""Motion of one step: the kinematic bicycle of every vehicle, and the dynamic one of a few egos.

    kinematic  beta = atan(tan(steering) / 2); x' = v cos(psi + beta), y' = v sin(psi + beta),
               psi' = v sin(beta) / (L / 2), v' = accel; explicit Euler
    dynamic    plus lateral speed and yaw rate from linear tyres (Rajamani, chapter 2); Runge-Kutta 4

Source: highway_env/vehicle/kinematics.py and dynamics.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.traffic.following import clip
from sim.traffic.lanes import closest_lane
from sim.traffic.layout import (
    ACCEL,
    BICYCLE,
    CRASHED,
    FRICTION_FRONT,
    FRICTION_REAR,
    HEADING,
    IDM,
    IMPACT,
    IMPACT_X,
    IMPACT_Y,
    INERTIA_Z,
    KIND,
    LANE,
    LANE_INDEX,
    LATERAL_SPEED,
    LENGTH,
    LENGTH_A,
    LENGTH_B,
    MASS,
    MAX_ANGULAR_SPEED,
    MAX_SPEED,
    MIN_SPEED,
    NO_IMPACT,
    SPEED,
    STEERING,
    TIMER,
    YAW_RATE,
    X,
    Y,
)


@njit(error_model="numpy")
def clipped_action(steering, accel, speed, max_speed, min_speed, crashed):
    """(steering, accel) that the car takes: a crashed one brakes, none exceeds its speeds."""
    if crashed:
        steering, accel = 0.0, -1.0 * speed
    if speed > max_speed:
        accel = min(accel, max_speed - speed)
    elif speed < min_speed:
        accel = max(accel, min_speed - speed)
    return steering, accel


@njit(error_model="numpy")
def kinematic_step(x, y, heading, speed, steering, accel, length, dt):
    beta = math.atan(1 / 2 * math.tan(steering))
    x += speed * math.cos(heading + beta) * dt
    y += speed * math.sin(heading + beta) * dt
    heading += speed * math.sin(beta) / (length / 2) * dt
    return x, y, heading, speed + accel * dt


@njit(error_model="numpy")
def tyre_forces(habit, i, speed, lateral_speed, yaw_rate, steering):
    """(front, rear) lateral force, N; at walking speed damping of slip and yaw instead."""
    a, b = habit[LENGTH_A, i], habit[LENGTH_B, i]
    if abs(speed) < 1:
        slip, turn = -habit[MASS, i] * lateral_speed, habit[INERTIA_Z, i] / a * yaw_rate
        return slip - turn, slip + turn
    front = steering - math.atan2(lateral_speed + a * yaw_rate, speed)
    rear = 0 - math.atan2(lateral_speed - b * yaw_rate, speed)
    return 2 * habit[FRICTION_FRONT, i] * front, 2 * habit[FRICTION_REAR, i] * rear


@njit(error_model="numpy")
def derivative(habit, i, state, steering, accel, out):
    """d/dt of (x, y, heading, speed, lateral speed, yaw rate), into `out`."""
    heading, speed, lateral_speed, yaw_rate = state[2], state[3], state[4], state[5]
    front, rear = tyre_forces(habit, i, speed, lateral_speed, yaw_rate, steering)
    c, s = math.cos(heading), math.sin(heading)
    out[0] = c * speed + -s * lateral_speed
    out[1] = s * speed + c * lateral_speed
    out[2] = yaw_rate
    out[3] = accel
    out[4] = 1 / habit[MASS, i] * (front + rear) - yaw_rate * speed
    moment = habit[LENGTH_A, i] * front - habit[LENGTH_B, i] * rear
    out[5] = 1 / habit[INERTIA_Z, i] * moment


@njit(error_model="numpy")
def dynamic_step(habit, i, state, slopes, steering, accel, dt):
    """One Runge-Kutta step of `state` (6,), in place; `slopes` (5, 6) is scratch."""
    f1, f2, f3, f4, middle = slopes[0], slopes[1], slopes[2], slopes[3], slopes[4]
    derivative(habit, i, state, steering, accel, f1)
    middle[:] = state + f1 * (dt / 2)
    derivative(habit, i, middle, steering, accel, f2)
    middle[:] = state + f2 * (dt / 2)
    derivative(habit, i, middle, steering, accel, f3)
    middle[:] = state + f3 * dt
    derivative(habit, i, middle, steering, accel, f4)
    state[:] = state + (dt / 6) * (f1 + (2 * f2) + (2 * f3) + f4)


@njit(error_model="numpy")
def load_dynamic(body, i):
    """(state of a bicycle vehicle (6,), scratch for dynamic_step)."""
    state = np.empty(6)
    state[0], state[1], state[2] = body[X, i], body[Y, i], body[HEADING, i]
    state[3], state[4], state[5] = body[SPEED, i], body[LATERAL_SPEED, i], body[YAW_RATE, i]
    return state, np.empty((5, 6))


@njit(error_model="numpy")
def move_dynamic(traffic, i, dt):
    """BicycleVehicle.step; a pending impact stays pending, as in highway-env."""
    body, habit = traffic.body, traffic.habit
    body[STEERING, i] = clip(body[STEERING, i], -math.pi / 2, math.pi / 2)
    limit = habit[MAX_ANGULAR_SPEED, i]
    body[YAW_RATE, i] = clip(body[YAW_RATE, i], -limit, limit)
    state, slopes = load_dynamic(body, i)
    dynamic_step(habit, i, state, slopes, body[STEERING, i], body[ACCEL, i], dt)
    body[X, i], body[Y, i], body[HEADING, i] = state[0], state[1], state[2]
    body[SPEED, i], body[LATERAL_SPEED, i], body[YAW_RATE, i] = state[3], state[4], state[5]


@njit(error_model="numpy")
def move_kinematic(traffic, i, dt):
    """Vehicle.step."""
    body, tag = traffic.body, traffic.tag
    x, y, heading, speed = kinematic_step(
        body[X, i],
        body[Y, i],
        body[HEADING, i],
        body[SPEED, i],
        body[STEERING, i],
        body[ACCEL, i],
        body[LENGTH, i],
        dt,
    )
    if tag[IMPACT, i] != NO_IMPACT:
        x += body[IMPACT_X, i]
        y += body[IMPACT_Y, i]
        tag[CRASHED, i] = 1
        tag[IMPACT, i] = NO_IMPACT
    body[X, i], body[Y, i], body[HEADING, i], body[SPEED, i] = x, y, heading, speed


@njit(error_model="numpy")
def move(lanes, traffic, vehicles, dt):
    """Every vehicle moves, then finds its lane."""
    body, tag = traffic.body, traffic.tag
    for i in range(vehicles):
        if tag[KIND, i] >= IDM:
            body[TIMER, i] += dt
        body[STEERING, i], body[ACCEL, i] = clipped_action(
            body[STEERING, i],
            body[ACCEL, i],
            body[SPEED, i],
            body[MAX_SPEED, i],
            body[MIN_SPEED, i],
            tag[CRASHED, i],
        )
        if tag[KIND, i] == BICYCLE:
            move_dynamic(traffic, i, dt)
        else:
            move_kinematic(traffic, i, dt)
        lane = closest_lane(lanes, body[X, i], body[Y, i], body[HEADING, i], tag[LANE_INDEX, i])
        tag[LANE_INDEX, i] = tag[LANE, i] = lane
