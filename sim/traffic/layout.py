"""How one world lies in arrays: one record per body, lane and road.

Bodies are a road's vehicles in the order of its list, then its objects. Everything is in
highway-env's own frame (x forward, y down, headings clockwise as seen by its y axis) and in SI
units, because the kernels must reproduce highway-env's arithmetic to the last bits.

Each field is an array over all bodies (`bodies["speed"]`), and each body a record whose fields lie
together (`bodies[i].speed`): a kernel that works through the bodies in order reads one line of
memory and passes one pointer. Every field is 8 bytes wide, so the whole array is also a plain
table of numbers. A batch of worlds is a leading axis on every array, `bodies[world, i]`, with the
number of bodies of each world beside it: the kernels take the slices of one world, as they are.
"""

from __future__ import annotations

import numpy as np

# Kinds of body, by the methods that highway-env gives them. The order matters: up to LINEAR they
# are vehicles, from CONTROLLED to LINEAR they steer themselves, from IDM to LINEAR they decide.
PLAIN, BICYCLE, CONTROLLED, MDP, IDM, LINEAR, OBSTACLE, LANDMARK, THING = range(9)
NO_IMPACT, OLD_IMPACT, NEW_IMPACT = range(3)
ANY = -1  # a lane id that a route leaves open; a route that does not exist


def _table(real: str, whole: str) -> np.dtype:
    fields = [(name, np.float64) for name in real.split()]
    return np.dtype(fields + [(name, np.int64) for name in whole.split()], align=True)


BODY = _table(
    # What moves: m, rad, m/s, m/s^2. target_speed is NaN for a body that has none; an impact is the
    # shift that a collision adds at the next step; cos and sin are of the heading.
    "x y heading speed steering accel target_speed timer impact_x impact_y "
    "lateral_speed yaw_rate cos sin "
    # Parameters, named as highway-env names them.
    "diagonal length width max_speed min_speed "
    "tau_pursuit kp_a kp_heading kp_lateral max_steering_angle "
    "acc_max comfort_acc_max comfort_acc_min distance_wanted time_wanted delta politeness "
    "lane_change_min_acc_gain lane_change_max_braking_imposed lane_change_delay "
    "acceleration_0 acceleration_1 acceleration_2 steering_0 steering_1 "
    "mass length_a length_b inertia_z friction_front friction_rear max_angular_speed",
    "kind crashed hit solid collidable check_collisions enable_lane_change collecting_data impact "
    # Columns of the lane table: the lane object a body is on, the one that its lane_index names
    # (the same, unless somebody set only one of them), and the one it aims at.
    "lane lane_index target_lane "
    "route "  # row of the route table
    "yielding yield_timer yield_touched keeps_steering",  # RegulatedRoad
)
LANE = _table(
    # Where the lane starts, or the centre of a circular one; its direction; NaN: no speed limit.
    "origin_x origin_y tangent_x tangent_y bearing length width overhang speed_limit "
    "amplitude pulsation phase radius sense",
    # Lanes of a road are neighbours in the table; `link` to `link_end` are its connected lanes;
    # `crowd` is how many bodies are on it, -1 while nobody has asked.
    "kind forbidden priority road lane_id first_lane lane_count node_from node_to "
    "link link_end crowd",
)
STRAIGHT, SINE, CIRCULAR = range(3)
LINK = _table("offset", "lane")  # offset, m: from that lane's coordinate to the asking lane's
ROAD = _table("", "first_lane lane_count node_from")  # the lanes from one node to another
NODE = _table("", "first_road road_count")  # the roads that leave a node are neighbours, too
SIGHT = _table("s", "who")  # (lanes, bodies): who is on a lane, by increasing s

# What a kernel says of its work.
DONE, UNKNOWN = range(2)  # UNKNOWN: stock would raise an error here, so let stock do it
