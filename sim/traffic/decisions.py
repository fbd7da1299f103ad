"""One round of decisions: Road.act, vehicle by vehicle in the order of the road's list.

The order is part of the model: a vehicle that chooses a target lane is seen to have chosen it by
those after it in the same round. Plain and bicycle vehicles keep the action they were given.
"""

from __future__ import annotations

from numba import njit

from sim.traffic.following import acceleration, clip, linear_features
from sim.traffic.lane_change import change_lane, route_lane
from sim.traffic.layout import CONTROLLED, DONE, IDM, LINEAR, UNKNOWN
from sim.traffic.neighbours import look, neighbours
from sim.traffic.routing import follow_road
from sim.traffic.steering import linear_features as steering_features
from sim.traffic.steering import steering_angle


@njit(error_model="numpy")
def collect_data(lanes, links, bodies, sight, record, i, connected):
    """What LinearVehicle notes for regression: features and outputs of both its rules."""
    me = bodies[i]
    front, _ = neighbours(lanes, links, bodies, sight, me.lane_index, i, connected)
    f0, f1, f2 = linear_features(lanes, bodies, me, i, front)
    record[0], record[1], record[2] = f0, f1, f2
    record[3] = me.acceleration_0 * f0 + me.acceleration_1 * f1 + me.acceleration_2 * f2
    turn, shift = steering_features(lanes[me.target_lane], me)
    record[4], record[5] = turn, shift
    record[6] = me.steering_0 * turn + me.steering_1 * shift


@njit(error_model="numpy")
def drive(lanes, links, bodies, sight, wanted, i, vehicles, connected):
    """IDMVehicle.act and its heirs, after follow_road."""
    me = bodies[i]
    if me.enable_lane_change:
        change_lane(lanes, links, bodies, sight, wanted, i, vehicles, connected)
    me.steering = steering_angle(lanes[me.target_lane], me)
    front, _ = neighbours(lanes, links, bodies, sight, me.lane_index, i, connected)
    accel = acceleration(lanes, bodies, me, i, front)
    if me.lane_index != me.target_lane:
        front, _ = neighbours(lanes, links, bodies, sight, me.target_lane, i, connected)
        accel = min(accel, acceleration(lanes, bodies, me, i, front))
    me.accel = clip(accel, -me.acc_max, me.acc_max)


@njit(error_model="numpy")
def cruise(lanes, me):
    """ControlledVehicle.act without a new order, after follow_road."""
    me.steering = steering_angle(lanes[me.target_lane], me)
    me.accel = me.kp_a * (me.target_speed - me.speed)


@njit(error_model="numpy")
def act(network, bodies, sight, routes, spans, records, vehicles, connected):
    lanes, links, roads, nodes = network
    look(lanes, bodies)
    for i in range(vehicles):
        me = bodies[i]
        if me.kind < CONTROLLED:
            continue
        if me.kind == LINEAR and me.collecting_data:
            collect_data(lanes, links, bodies, sight, records[i], i, connected)
        if me.kind >= IDM and me.crashed:
            continue
        if not follow_road(lanes, roads, nodes, routes, spans, me):
            return UNKNOWN
        if me.kind >= IDM:
            wanted = route_lane(routes, spans, me.route)
            drive(lanes, links, bodies, sight, wanted, i, vehicles, connected)
        else:
            cruise(lanes, me)
    return DONE
