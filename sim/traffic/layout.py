"""How one world lies in arrays: a struct of arrays, one row per quantity, one column per body.

Bodies are a road's vehicles in the order of its list, then its objects. Everything is in
highway-env's own frame (x forward, y down, headings clockwise as seen by its y axis) and in SI
units, because the kernels must reproduce highway-env's arithmetic to the last bits.

Every array of a world could carry a leading world axis, (W, row, body), with `count` as (W,): the
kernels take one world's slices, so a batch of worlds is a loop (or numba's `prange`) around them.
"""

from __future__ import annotations

from typing import NamedTuple

from datasets.checks import FloatArray, IntArray

# Kinds of body, by the methods that highway-env gives them. The order matters: see `is_vehicle`
# and `is_controlled` in kernels, which are comparisons of these numbers.
PLAIN, BICYCLE, CONTROLLED, MDP, IDM, LINEAR, OBSTACLE, LANDMARK, THING = range(9)

# Traffic.body: what moves.
BODY_ROWS = 19
(
    X,  # m
    Y,  # m
    HEADING,  # rad
    SPEED,  # m/s, along the heading
    STEERING,  # rad, commanded
    ACCEL,  # m/s^2, commanded
    TARGET_SPEED,  # m/s; NaN: the body has none
    TIMER,  # s since the last look at other lanes
    IMPACT_X,  # m, shift that a collision adds at the next step
    IMPACT_Y,  # m
    LATERAL_SPEED,  # m/s, bicycle model
    YAW_RATE,  # rad/s, bicycle model
    COS,  # of the heading, refreshed before each round of decisions
    SIN,
    DIAGONAL,  # m
    LENGTH,  # m
    WIDTH,  # m
    MAX_SPEED,  # m/s
    MIN_SPEED,  # m/s
) = range(BODY_ROWS)

# Traffic.tag: what a body is, in whole numbers.
TAG_ROWS = 17
(
    KIND,
    CRASHED,
    HIT,
    SOLID,
    COLLIDABLE,
    CHECKS_COLLISIONS,
    LANE,  # the lane object it is on
    LANE_INDEX,  # the lane its lane_index names: the same, unless somebody set only one of them
    TARGET_LANE,
    ROUTE,  # row of Traffic.route, -1 without a route
    IMPACT,  # NO_IMPACT, OLD_IMPACT or NEW_IMPACT
    CHANGES_LANE,
    COLLECTS_DATA,
    YIELDING,
    YIELD_TIMER,
    YIELD_TOUCHED,  # RegulatedRoad has written its yielding attributes
    KEEPS_STEERING,  # prediction_type "constant_steering"
) = range(TAG_ROWS)
NO_IMPACT, OLD_IMPACT, NEW_IMPACT = range(3)

# Traffic.habit: the parameters of behaviour, named as highway-env names them.
HABIT_ROWS = 27
(
    TAU_PURSUIT,
    KP_A,
    KP_HEADING,
    KP_LATERAL,
    MAX_STEERING_ANGLE,
    ACC_MAX,
    COMFORT_ACC_MAX,
    COMFORT_ACC_MIN,
    DISTANCE_WANTED,
    TIME_WANTED,
    DELTA,
    POLITENESS,
    LANE_CHANGE_MIN_ACC_GAIN,
    LANE_CHANGE_MAX_BRAKING_IMPOSED,
    LANE_CHANGE_DELAY,
    ACCELERATION_0,  # LinearVehicle.ACCELERATION_PARAMETERS
    ACCELERATION_1,
    ACCELERATION_2,
    STEERING_0,  # LinearVehicle.STEERING_PARAMETERS
    STEERING_1,
    MASS,  # from here on: BicycleVehicle
    LENGTH_A,
    LENGTH_B,
    INERTIA_Z,
    FRICTION_FRONT,
    FRICTION_REAR,
    MAX_ANGULAR_SPEED,
) = range(HABIT_ROWS)

# Lanes.shape: geometry, one column per lane.
SHAPE_ROWS = 14
(
    ORIGIN_X,  # m, where the lane starts; the centre of a circular lane
    ORIGIN_Y,
    TANGENT_X,  # unit vector along a straight or sine lane
    TANGENT_Y,
    BEARING,  # rad, its angle
    LANE_LENGTH,  # m
    LANE_WIDTH,  # m
    OVERHANG,  # m, how far beyond its ends a body still counts as on the lane
    SPEED_LIMIT,  # m/s; NaN: none
    AMPLITUDE,  # m, sine lane
    PULSATION,  # rad/m, sine lane
    PHASE,  # rad, of the sine at its start, or where the arc starts
    RADIUS,  # m, circular lane
    SENSE,  # +1 clockwise, -1 counter-clockwise, circular lane
) = range(SHAPE_ROWS)
STRAIGHT, SINE, CIRCULAR = range(3)

# Lanes.place: topology, one column per lane.
PLACE_ROWS = 5
LANE_KIND, ROAD, LANE_ID, FORBIDDEN, PRIORITY = range(PLACE_ROWS)

# Lanes.road: one column per road, that is per pair of nodes. Lanes of a road are neighbours in the
# tables, and so are the roads that leave a node.
ROAD_ROWS = 4
FIRST_LANE, LANE_COUNT, NODE_FROM, NODE_TO = range(ROAD_ROWS)

# Lanes.node: one column per node.
NODE_ROWS = 2
FIRST_ROAD, ROAD_COUNT = range(NODE_ROWS)

# What a kernel says of its work.
DONE, UNKNOWN = range(2)  # UNKNOWN: stock would raise an error here, so let stock do it


class Lanes(NamedTuple):
    """A road network."""

    shape: FloatArray  # (SHAPE_ROWS, L)
    place: IntArray  # (PLACE_ROWS, L)
    road: IntArray  # (ROAD_ROWS, R)
    node: IntArray  # (NODE_ROWS, K)
    link: IntArray  # (L + 1,) where the connected lanes of a lane begin in the next two
    link_lane: IntArray  # (C,) a lane that leads out of or into it
    link_offset: FloatArray  # (C,) m, from that lane's longitudinal coordinate to its own


class Traffic(NamedTuple):
    """The bodies on a road; the first `vehicles` of the M columns act and move."""

    body: FloatArray  # (BODY_ROWS, M)
    tag: IntArray  # (TAG_ROWS, M)
    habit: FloatArray  # (HABIT_ROWS, M)
    route: IntArray  # (routes, longest, 2) road and lane id (-1: any) of each stretch
    route_span: IntArray  # (routes, 2) first stretch still ahead, end
    record: FloatArray  # (steps, M, 7) what LinearVehicle collects at each decision


class Sight(NamedTuple):
    """Who is on which lane, found once per physics step and lane, when first asked for."""

    count: IntArray  # (L,) bodies on the lane, -1 while unknown
    key: FloatArray  # (L, M) m along the lane, increasing
    who: IntArray  # (L, M) the bodies, in the order of `key`
