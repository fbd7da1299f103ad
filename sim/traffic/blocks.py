"""Attributes of many objects <-> rows of an array, a block at a time.

A block is the bodies that share a set of attributes and the rows they go to. Reading is one pass of
`operator.attrgetter`, the cheapest way to take many attributes of many objects. Parameters, which
kernels never write, are compared with what was read last time (most are the same objects, so this
costs next to nothing) and converted only after a change: everything may be changed by anybody
between two steps, and is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from sim.traffic import layout as at
from sim.traffic.known import kind_of

Names = dict[str, int]

STATE: Names = {"heading": at.HEADING, "speed": at.SPEED}
BICYCLE_STATE: Names = {"lateral_speed": at.LATERAL_SPEED, "yaw_rate": at.YAW_RATE}
CONTROLLED_STATE: Names = {"target_speed": at.TARGET_SPEED}
IDM_STATE: Names = {"timer": at.TIMER}
SIZE: Names = {"LENGTH": at.LENGTH, "WIDTH": at.WIDTH, "diagonal": at.DIAGONAL}
SPEEDS: Names = {"MAX_SPEED": at.MAX_SPEED, "MIN_SPEED": at.MIN_SPEED}
FLAGS: Names = {
    "crashed": at.CRASHED,
    "hit": at.HIT,
    "solid": at.SOLID,
    "collidable": at.COLLIDABLE,
    "check_collisions": at.CHECKS_COLLISIONS,
}
IDM_FLAGS: Names = {"enable_lane_change": at.CHANGES_LANE}
LINEAR_FLAGS: Names = {"collecting_data": at.COLLECTS_DATA}
CONTROL_HABITS: Names = {
    "TAU_PURSUIT": at.TAU_PURSUIT,
    "KP_A": at.KP_A,
    "KP_HEADING": at.KP_HEADING,
    "KP_LATERAL": at.KP_LATERAL,
    "MAX_STEERING_ANGLE": at.MAX_STEERING_ANGLE,
}
IDM_HABITS: Names = {
    "ACC_MAX": at.ACC_MAX,
    "COMFORT_ACC_MAX": at.COMFORT_ACC_MAX,
    "COMFORT_ACC_MIN": at.COMFORT_ACC_MIN,
    "DISTANCE_WANTED": at.DISTANCE_WANTED,
    "TIME_WANTED": at.TIME_WANTED,
    "DELTA": at.DELTA,
    "POLITENESS": at.POLITENESS,
    "LANE_CHANGE_MIN_ACC_GAIN": at.LANE_CHANGE_MIN_ACC_GAIN,
    "LANE_CHANGE_MAX_BRAKING_IMPOSED": at.LANE_CHANGE_MAX_BRAKING_IMPOSED,
    "LANE_CHANGE_DELAY": at.LANE_CHANGE_DELAY,
}
BICYCLE_HABITS: Names = {
    "MASS": at.MASS,
    "LENGTH_A": at.LENGTH_A,
    "LENGTH_B": at.LENGTH_B,
    "INERTIA_Z": at.INERTIA_Z,
    "FRICTION_FRONT": at.FRICTION_FRONT,
    "FRICTION_REAR": at.FRICTION_REAR,
    "MAX_ANGULAR_SPEED": at.MAX_ANGULAR_SPEED,
}


class Block:
    """Some attributes of some bodies, and where they lie in an array."""

    def __init__(
        self, array: np.ndarray, names: Names, bodies: Sequence[Any], columns: Sequence[int]
    ) -> None:
        self.array = array
        self.bodies = [bodies[column] for column in columns]
        self.where = np.ix_(list(names.values()), list(columns))
        self.whole = list(columns) == list(range(array.shape[1]))
        self.rows = list(names.values())
        self.take = attrgetter(*names)
        self.last: list[Any] | None = None

    def read(self) -> None:
        """Copy every value."""
        take = self.take
        self._store([take(body) for body in self.bodies])

    def read_changes(self) -> None:
        """Copy only if some value differs from the last reading."""
        take = self.take
        values = [take(body) for body in self.bodies]
        if values != self.last:
            self._store(values)
            self.last = values

    def _store(self, values: list[Any]) -> None:
        table = np.array(values, self.array.dtype).reshape(len(self.bodies), len(self.rows)).T
        if self.whole:
            self.array[self.rows] = table
        else:
            self.array[self.where] = table


class Blocks:
    """All blocks of the bodies of a road."""

    def __init__(self, traffic: at.Traffic, bodies: Sequence[Any], kinds: Sequence[int]) -> None:
        everything = range(len(bodies))
        moving = [i for i in everything if kinds[i] <= at.LINEAR]
        controlled = [i for i in moving if kinds[i] >= at.CONTROLLED]
        idm = [i for i in controlled if kinds[i] >= at.IDM]
        self.linear = [i for i in idm if kinds[i] == at.LINEAR]
        bicycle = [i for i in moving if kinds[i] == at.BICYCLE]
        body, tag, habit = traffic.body, traffic.tag, traffic.habit

        def blocks(*wanted):
            return [
                Block(array, names, bodies, columns) for array, names, columns in wanted if columns
            ]

        self.states = blocks(
            (body, STATE, everything),
            (body, CONTROLLED_STATE, controlled),
            (body, IDM_STATE, idm),
            (body, BICYCLE_STATE, bicycle),
        )
        self.flags = blocks((tag, FLAGS, everything))
        self.parameters = blocks(
            (body, SIZE, everything),
            (body, SPEEDS, moving),
            (habit, CONTROL_HABITS, controlled),
            (habit, IDM_HABITS, idm),
            (habit, BICYCLE_HABITS, bicycle),
            (tag, IDM_FLAGS, idm),
            (tag, LINEAR_FLAGS, self.linear),
        )
        self.traffic, self.bodies = traffic, bodies
        self.uncontrolled = [(i, bodies[i]) for i in everything if i not in set(controlled)]

    def read(self) -> None:
        for block in self.states:
            block.read()
        for block in self.flags + self.parameters:
            block.read_changes()
        body, habit = self.traffic.body, self.traffic.habit
        for i, thing in self.uncontrolled:  # only those that somebody has given one have one
            body[at.TARGET_SPEED, i] = getattr(thing, "target_speed", np.nan)
        for i in self.linear:  # lists and arrays, which may change inside
            vehicle = self.bodies[i]
            habit[at.ACCELERATION_0 : at.STEERING_0, i] = vehicle.ACCELERATION_PARAMETERS
            habit[at.STEERING_0 : at.MASS, i] = vehicle.STEERING_PARAMETERS

    def flags_written(self) -> None:
        """A kernel changed flags: do not trust the last reading."""
        for block in self.flags:
            block.last = None


def kinds_of(bodies: Sequence[Any]) -> list[int] | None:
    """The kind of every body; None if one of them behaves in its own way."""
    kinds = [kind_of(body) for body in bodies]
    return None if None in kinds else kinds
