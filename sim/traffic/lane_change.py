"""Lane changes: MOBIL, and giving one up when somebody else goes for the same lane.

A vehicle looks at the lanes beside it once every lane_change_delay and takes one if the follower
there need not brake harder than lane_change_max_braking_imposed and

    (a_self' - a_self) + politeness (followers' gain) >= lane_change_min_acc_gain

or if its route asks for that side. Source: highway_env/vehicle/behavior.py.
"""

from __future__ import annotations

from numba import njit

from sim.traffic.following import acceleration, desired_gap, lane_distance
from sim.traffic.lanes import is_reachable_from
from sim.traffic.layout import ANY, CONTROLLED, LINEAR
from sim.traffic.neighbours import neighbours


@njit(error_model="numpy")
def give_way(lanes, bodies, i, vehicles):
    """Stay on the own lane if a vehicle close ahead is already changing into the same one."""
    me = bodies[i]
    if lanes[me.lane_index].road != lanes[me.target_lane].road:
        return
    for j in range(vehicles):
        other = bodies[j]
        if j == i or other.target_lane != me.target_lane or other.lane_index == me.target_lane:
            continue
        if not CONTROLLED <= other.kind <= LINEAR:
            continue
        if 0 < lane_distance(lanes, me, other) < desired_gap(me, me, other):
            me.target_lane = me.lane_index
            return


@njit(error_model="numpy")
def route_lane(routes, spans, row):
    """The lane id that the route asks for now; ANY: none in particular."""
    if row < 0 or spans[row, 0] >= spans[row, 1]:
        return ANY
    return routes[row, spans[row, 0], 1]


@njit(error_model="numpy")
def side(number):
    return 1 if number > 0 else -1 if number < 0 else 0


@njit(error_model="numpy")
def mobil(lanes, links, bodies, sight, wanted, i, k, connected):
    """Whether body i should change to lane k; `wanted`: the lane id its route asks for."""
    me = bodies[i]
    preceding, following = neighbours(lanes, links, bodies, sight, k, i, connected)
    following_after = acceleration(lanes, bodies, me, following, i)
    if following_after < -me.lane_change_max_braking_imposed:
        return False
    own_after = acceleration(lanes, bodies, me, i, preceding)
    if wanted != ANY:
        target = lanes[me.target_lane].lane_id
        towards = side(lanes[k].lane_id - target) == side(wanted - target)
        return towards and not own_after < -me.lane_change_max_braking_imposed
    here = me.lane_index
    old_preceding, old_following = neighbours(lanes, links, bodies, sight, here, i, connected)
    following_before = acceleration(lanes, bodies, me, following, preceding)
    own_before = acceleration(lanes, bodies, me, i, old_preceding)
    old_before = acceleration(lanes, bodies, me, old_following, i)
    old_after = acceleration(lanes, bodies, me, old_following, old_preceding)
    others = following_after - following_before + old_after - old_before
    gain = own_after - own_before + me.politeness * others
    return not gain < me.lane_change_min_acc_gain


@njit(error_model="numpy")
def change_lane(lanes, links, bodies, sight, wanted, i, vehicles, connected):
    """Choose the target lane of body i."""
    me = bodies[i]
    if me.lane_index != me.target_lane:
        give_way(lanes, bodies, i, vehicles)
        return
    if not me.lane_change_delay < me.timer:
        return
    me.timer = 0.0
    here = lanes[me.lane_index]
    for lane_id in (here.lane_id - 1, here.lane_id + 1):
        if not 0 <= lane_id < here.lane_count or abs(me.speed) < 1:
            continue
        k = here.first_lane + lane_id
        if is_reachable_from(lanes[k], me.x, me.y) and mobil(
            lanes, links, bodies, sight, wanted, i, k, connected
        ):
            me.target_lane = k
