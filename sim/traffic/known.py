"""Which classes the kernels know.

A kernel stands for the methods that highway-env gives a class. A subclass that only changes
attributes (a shorter gap, another top speed) is driven by the same kernel with its own values; one
that overrides a method is not known, and its road is left to stock highway-env.
"""

from __future__ import annotations

import inspect
from functools import cache

from sim import highway
from sim.traffic import layout

KINDS = {
    highway.LinearVehicle: layout.LINEAR,
    highway.IDMVehicle: layout.IDM,
    highway.MDPVehicle: layout.MDP,
    highway.ControlledVehicle: layout.CONTROLLED,
    highway.BicycleVehicle: layout.BICYCLE,
    highway.Vehicle: layout.PLAIN,
    highway.Obstacle: layout.OBSTACLE,
    highway.Landmark: layout.LANDMARK,
    highway.RoadObject: layout.THING,
}
LANE_KINDS = {
    highway.StraightLane: layout.STRAIGHT,
    highway.SineLane: layout.SINE,
    highway.CircularLane: layout.CIRCULAR,
}
# Every method that the kernels stand for, and names that must stay plain attributes.
METHODS = {
    "act", "step", "clip_actions", "on_state_update", "follow_road", "steering_control",
    "speed_control", "acceleration", "desired_gap", "change_lane_policy", "mobil",
    "handle_collisions", "_is_colliding", "polygon", "direction", "velocity", "lane_distance_to",
    "front_distance_to", "predict_trajectory_constant_speed", "collect_data", "add_features",
    "acceleration_features", "steering_features", "state", "derivative_func", "__bool__",
    "__len__", "__eq__", "__getattr__", "__getattribute__", "__setattr__",
}  # fmt: skip
ATTRIBUTES = {
    "position", "heading", "speed", "action", "timer", "target_speed", "route", "lane",
    "lane_index", "target_lane_index", "crashed", "hit", "impact",
}  # fmt: skip


def _meaning(cls: type, name: str) -> object:
    return inspect.getattr_static(cls, name, None)


@cache
def kind_of_class(cls: type) -> int | None:
    """The kind of body that a class makes, or None if it behaves in its own way."""
    base = next((base for base in cls.__mro__ if base in KINDS), None)
    if base is None:
        return None
    for name in METHODS | ATTRIBUTES:
        if _meaning(cls, name) is not _meaning(base, name):
            return None
    return KINDS[base]


def kind_of(body: highway.RoadObject) -> int | None:
    """The kind of one body, or None if it behaves in its own way."""
    if not METHODS.isdisjoint(vars(body)):
        return None
    return kind_of_class(type(body))
