"""Motion of one step: the kinematic bicycle of every vehicle, and the dynamic one of a few egos.

    kinematic  beta = atan(tan(steering) / 2); x' = v cos(psi + beta), y' = v sin(psi + beta),
               psi' = v sin(beta) / (L / 2), v' = accel; explicit Euler
    dynamic    plus lateral speed and yaw rate from linear tyres (Rajamani, chapter 2), by RK4

Source: highway_env/vehicle/kinematics.py and dynamics.py.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.traffic.following import clip
from sim.traffic.lanes import closest_lane
from sim.traffic.layout import BICYCLE, IDM, NO_IMPACT
from sim.traffic.numpy_math import arctan, arctan2, cos, sin, tan


@njit(error_model="numpy")
def clipped_action(me, steering, accel, speed, crashed):
    """(steering, accel) that the car takes: a crashed one brakes, none exceeds its speeds."""
    if crashed:
        steering, accel = 0.0, -1.0 * speed
    if speed > me.max_speed:
        accel = min(accel, me.max_speed - speed)
    elif speed < me.min_speed:
        accel = max(accel, me.min_speed - speed)
    if me.kind == BICYCLE:
        steering = clip(steering, -math.pi / 2, math.pi / 2)
    return steering, accel


@njit(error_model="numpy")
def kinematic_step(x, y, heading, speed, steering, accel, length, dt):
    beta = arctan(1 / 2 * tan(steering))
    x += speed * cos(heading + beta) * dt
    y += speed * sin(heading + beta) * dt
    heading += speed * sin(beta) / (length / 2) * dt
    return x, y, heading, speed + accel * dt


@njit(error_model="numpy")
def tyre_forces(me, speed, lateral_speed, yaw_rate, steering):
    """(front, rear) lateral force, N; at walking speed damping of slip and yaw instead."""
    if abs(speed) < 1:
        slip, turn = -me.mass * lateral_speed, me.inertia_z / me.length_a * yaw_rate
        return slip - turn, slip + turn
    front = steering - arctan2(lateral_speed + me.length_a * yaw_rate, speed)
    rear = 0 - arctan2(lateral_speed - me.length_b * yaw_rate, speed)
    return 2 * me.friction_front * front, 2 * me.friction_rear * rear


@njit(error_model="numpy")
def derivative(me, state, steering, accel):
    """d/dt of (x, y, heading, speed, lateral speed, yaw rate), (6,)."""
    heading, speed, lateral_speed, yaw_rate = state[2], state[3], state[4], state[5]
    front, rear = tyre_forces(me, speed, lateral_speed, yaw_rate, steering)
    c, s = cos(heading), sin(heading)
    slope = np.empty(6)
    slope[0] = c * speed + -s * lateral_speed
    slope[1] = s * speed + c * lateral_speed
    slope[2] = yaw_rate
    slope[3] = accel
    slope[4] = 1 / me.mass * (front + rear) - yaw_rate * speed
    slope[5] = 1 / me.inertia_z * (me.length_a * front - me.length_b * rear)
    return slope


@njit(error_model="numpy")
def dynamic_state(me):
    """(6,) x, y, heading, speed, lateral speed, yaw rate."""
    return np.array([me.x, me.y, me.heading, me.speed, me.lateral_speed, me.yaw_rate])


@njit(error_model="numpy")
def dynamic_step(me, state, steering, accel, dt):
    """One Runge-Kutta step of `state`, in place."""
    state[5] = clip(state[5], -me.max_angular_speed, me.max_angular_speed)
    f1 = derivative(me, state, steering, accel)
    f2 = derivative(me, state + f1 * (dt / 2), steering, accel)
    f3 = derivative(me, state + f2 * (dt / 2), steering, accel)
    f4 = derivative(me, state + f3 * dt, steering, accel)
    state[:] = state + (dt / 6) * (f1 + (2 * f2) + (2 * f3) + f4)


@njit(error_model="numpy")
def move_dynamic(me, dt):
    """BicycleVehicle.step; a pending impact stays pending, as in highway-env."""
    state = dynamic_state(me)
    dynamic_step(me, state, me.steering, me.accel, dt)
    me.x, me.y, me.heading = state[0], state[1], state[2]
    me.speed, me.lateral_speed, me.yaw_rate = state[3], state[4], state[5]


@njit(error_model="numpy")
def move_kinematic(me, dt):
    """Vehicle.step."""
    me.x, me.y, me.heading, me.speed = kinematic_step(
        me.x, me.y, me.heading, me.speed, me.steering, me.accel, me.length, dt
    )
    if me.impact != NO_IMPACT:
        me.x += me.impact_x
        me.y += me.impact_y
        me.crashed = 1
        me.impact = NO_IMPACT


@njit(error_model="numpy")
def move(lanes, bodies, vehicles, dt):
    """Every vehicle moves, then finds its lane."""
    for i in range(vehicles):
        me = bodies[i]
        if me.kind >= IDM:
            me.timer += dt
        me.steering, me.accel = clipped_action(me, me.steering, me.accel, me.speed, me.crashed)
        if me.kind == BICYCLE:
            move_dynamic(me, dt)
        else:
            move_kinematic(me, dt)
        me.lane_index = closest_lane(lanes, me.x, me.y, me.heading, me.lane_index)
        me.lane = me.lane_index
