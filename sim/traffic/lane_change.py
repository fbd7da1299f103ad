"""Lane changes: MOBIL, and giving one up when somebody else goes for the same lane.

A vehicle looks at the lanes beside it once every LANE_CHANGE_DELAY and takes one if the follower
there need not brake harder than LANE_CHANGE_MAX_BRAKING_IMPOSED and

    (a_self' - a_self) + politeness (followers' gain) >= LANE_CHANGE_MIN_ACC_GAIN

or if its route asks for that side. Source: highway_env/vehicle/behavior.py.
"""

from __future__ import annotations

from numba import njit

from sim.traffic.following import acceleration, desired_gap, lane_distance
from sim.traffic.lanes import is_reachable_from
from sim.traffic.layout import (
    CONTROLLED,
    FIRST_LANE,
    KIND,
    LANE_CHANGE_DELAY,
    LANE_CHANGE_MAX_BRAKING_IMPOSED,
    LANE_CHANGE_MIN_ACC_GAIN,
    LANE_COUNT,
    LANE_ID,
    LANE_INDEX,
    LINEAR,
    POLITENESS,
    ROAD,
    ROUTE,
    SPEED,
    TARGET_LANE,
    TIMER,
    X,
    Y,
)
from sim.traffic.neighbours import neighbours
from sim.traffic.routing import ANY


@njit(error_model="numpy")
def give_way(lanes, traffic, i, vehicles):
    """Stay on the own lane if a vehicle close ahead is already changing into the same one."""
    tag, target = traffic.tag, traffic.tag[TARGET_LANE, i]
    if lanes.place[ROAD, tag[LANE_INDEX, i]] != lanes.place[ROAD, target]:
        return
    for other in range(vehicles):
        if other == i or tag[TARGET_LANE, other] != target or tag[LANE_INDEX, other] == target:
            continue
        if not CONTROLLED <= tag[KIND, other] <= LINEAR:
            continue
        d = lane_distance(lanes, traffic, i, other)
        if 0 < d < desired_gap(traffic, i, i, other):
            tag[TARGET_LANE, i] = tag[LANE_INDEX, i]
            return


@njit(error_model="numpy")
def route_lane(traffic, i):
    """The lane id that the route asks for now; ANY: none in particular."""
    row = traffic.tag[ROUTE, i]
    if row < 0 or traffic.route_span[row, 0] >= traffic.route_span[row, 1]:
        return ANY
    return traffic.route[row, traffic.route_span[row, 0], 1]


@njit(error_model="numpy")
def side(number):
    return 1 if number > 0 else -1 if number < 0 else 0


@njit(error_model="numpy")
def mobil(lanes, traffic, sight, i, lane, connected):
    """Whether body i should change to this lane."""
    habit = traffic.habit
    patience = -habit[LANE_CHANGE_MAX_BRAKING_IMPOSED, i]
    preceding, following = neighbours(lanes, traffic, sight, lane, i, connected)
    following_after = acceleration(lanes, traffic, i, following, i)
    if following_after < patience:
        return False
    own_after = acceleration(lanes, traffic, i, i, preceding)
    wanted = route_lane(traffic, i)
    if wanted != ANY:
        target = lanes.place[LANE_ID, traffic.tag[TARGET_LANE, i]]
        towards = side(lanes.place[LANE_ID, lane] - target) == side(wanted - target)
        return towards and not own_after < patience
    here = traffic.tag[LANE_INDEX, i]
    old_preceding, old_following = neighbours(lanes, traffic, sight, here, i, connected)
    following_before = acceleration(lanes, traffic, i, following, preceding)
    own_before = acceleration(lanes, traffic, i, i, old_preceding)
    old_before = acceleration(lanes, traffic, i, old_following, i)
    old_after = acceleration(lanes, traffic, i, old_following, old_preceding)
    others = following_after - following_before + old_after - old_before
    gain = own_after - own_before + habit[POLITENESS, i] * others
    return not gain < habit[LANE_CHANGE_MIN_ACC_GAIN, i]


@njit(error_model="numpy")
def change_lane(lanes, traffic, sight, i, vehicles, connected):
    """Choose the target lane of body i."""
    tag, body = traffic.tag, traffic.body
    here = tag[LANE_INDEX, i]
    if here != tag[TARGET_LANE, i]:
        give_way(lanes, traffic, i, vehicles)
        return
    if not traffic.habit[LANE_CHANGE_DELAY, i] < body[TIMER, i]:
        return
    body[TIMER, i] = 0.0
    lane_id, count = lanes.place[LANE_ID, here], lanes.road[LANE_COUNT, lanes.place[ROAD, here]]
    first = lanes.road[FIRST_LANE, lanes.place[ROAD, here]]
    for candidate_id in (lane_id - 1, lane_id + 1):
        if not 0 <= candidate_id < count or abs(body[SPEED, i]) < 1:
            continue
        lane = first + candidate_id
        if not is_reachable_from(lanes, lane, body[X, i], body[Y, i]):
            continue
        if mobil(lanes, traffic, sight, i, lane, connected):
            tag[TARGET_LANE, i] = lane
