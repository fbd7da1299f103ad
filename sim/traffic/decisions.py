"""One round of decisions: Road.act, vehicle by vehicle in the order of the road's list.

The order is part of the model: a vehicle that chooses a target lane is seen to have chosen it by
those after it in the same round. Plain and bicycle vehicles keep the action they were given.
"""

from __future__ import annotations

from numba import njit

from sim.traffic.following import acceleration, clip, linear_features
from sim.traffic.lane_change import change_lane
from sim.traffic.layout import (
    ACC_MAX,
    ACCEL,
    ACCELERATION_0,
    ACCELERATION_1,
    ACCELERATION_2,
    CHANGES_LANE,
    COLLECTS_DATA,
    CONTROLLED,
    CRASHED,
    DONE,
    IDM,
    KIND,
    KP_A,
    LANE_INDEX,
    LINEAR,
    SPEED,
    STEERING,
    STEERING_0,
    STEERING_1,
    TARGET_LANE,
    TARGET_SPEED,
    UNKNOWN,
)
from sim.traffic.neighbours import look, neighbours
from sim.traffic.routing import follow_road
from sim.traffic.steering import linear_features as steering_features
from sim.traffic.steering import steering_angle


@njit(error_model="numpy")
def collect_data(lanes, traffic, sight, i, step, connected):
    """What LinearVehicle notes for regression: features and outputs of both its rules."""
    tag, habit, record = traffic.tag, traffic.habit, traffic.record[step, i]
    front, _ = neighbours(lanes, traffic, sight, tag[LANE_INDEX, i], i, connected)
    f0, f1, f2 = linear_features(lanes, traffic, i, i, front)
    record[0], record[1], record[2] = f0, f1, f2
    record[3] = habit[ACCELERATION_0, i] * f0 + habit[ACCELERATION_1, i] * f1
    record[3] += habit[ACCELERATION_2, i] * f2
    turn, shift = steering_features(lanes, traffic, i, tag[TARGET_LANE, i])
    record[4], record[5] = turn, shift
    record[6] = habit[STEERING_0, i] * turn + habit[STEERING_1, i] * shift


@njit(error_model="numpy")
def drive(lanes, traffic, sight, i, vehicles, connected):
    """IDMVehicle.act and its heirs. False: stock would raise an error."""
    tag, body = traffic.tag, traffic.body
    if tag[CRASHED, i]:
        return True
    if not follow_road(lanes, traffic, i):
        return False
    if tag[CHANGES_LANE, i]:
        change_lane(lanes, traffic, sight, i, vehicles, connected)
    here, target = tag[LANE_INDEX, i], tag[TARGET_LANE, i]
    body[STEERING, i] = steering_angle(lanes, traffic, i, target)
    front, _ = neighbours(lanes, traffic, sight, here, i, connected)
    accel = acceleration(lanes, traffic, i, i, front)
    if here != target:
        front, _ = neighbours(lanes, traffic, sight, target, i, connected)
        accel = min(accel, acceleration(lanes, traffic, i, i, front))
    strongest = traffic.habit[ACC_MAX, i]
    body[ACCEL, i] = clip(accel, -strongest, strongest)
    return True


@njit(error_model="numpy")
def cruise(lanes, traffic, i):
    """ControlledVehicle.act without a new order. False: stock would raise an error."""
    if not follow_road(lanes, traffic, i):
        return False
    body = traffic.body
    body[STEERING, i] = steering_angle(lanes, traffic, i, traffic.tag[TARGET_LANE, i])
    body[ACCEL, i] = traffic.habit[KP_A, i] * (body[TARGET_SPEED, i] - body[SPEED, i])
    return True


@njit(error_model="numpy")
def act(lanes, traffic, sight, vehicles, step, connected):
    look(traffic, sight)
    for i in range(vehicles):
        kind = traffic.tag[KIND, i]
        if kind < CONTROLLED:
            continue
        if kind == LINEAR and traffic.tag[COLLECTS_DATA, i]:
            collect_data(lanes, traffic, sight, i, step, connected)
        if kind >= IDM:
            fine = drive(lanes, traffic, sight, i, vehicles, connected)
        else:
            fine = cruise(lanes, traffic, i)
        if not fine:
            return UNKNOWN
    return DONE
