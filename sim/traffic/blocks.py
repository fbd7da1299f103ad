"""Attributes of many objects -> columns of the body table, a block at a time.

A block is the bodies that share a set of attributes. Reading is one pass of `operator.attrgetter`,
the cheapest way to take many attributes of many objects. Parameters, which kernels never write, are
compared with what was read last time (most are the same objects, so this costs next to nothing) and
converted only after a change: everything may be changed by anybody between two steps, and is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from sim.traffic import layout as at
from sim.traffic.known import kind_of

CONTROL_HABITS = "TAU_PURSUIT KP_A KP_HEADING KP_LATERAL MAX_STEERING_ANGLE"
IDM_HABITS = (
    "ACC_MAX COMFORT_ACC_MAX COMFORT_ACC_MIN DISTANCE_WANTED TIME_WANTED DELTA POLITENESS "
    "LANE_CHANGE_MIN_ACC_GAIN LANE_CHANGE_MAX_BRAKING_IMPOSED LANE_CHANGE_DELAY"
)
BICYCLE_HABITS = "MASS LENGTH_A LENGTH_B INERTIA_Z FRICTION_FRONT FRICTION_REAR MAX_ANGULAR_SPEED"
FLAGS = "crashed hit solid collidable check_collisions"


class Block:
    """Some attributes of some bodies, and the part of the body table where they go."""

    def __init__(self, rows: np.ndarray, names: str, bodies: list[Any], which: list[int]) -> None:
        fields = [name.lower() for name in names.split()]
        self.dtype = rows.dtype[fields[0]]  # of all of them
        self.table = rows.view(self.dtype).reshape(len(rows), -1)
        columns = [rows.dtype.names.index(field) for field in fields]
        self.where = np.ix_(which, columns)
        self.bodies = [bodies[i] for i in which]
        self.take = attrgetter(*names.split())
        self.last: list[Any] | None = None

    def read(self) -> None:
        """Copy every value."""
        self._store([self.take(body) for body in self.bodies])

    def read_changes(self) -> None:
        """Copy only if some value differs from the last reading."""
        take = self.take
        values = [take(body) for body in self.bodies]
        if values != self.last:
            self._store(values)
            self.last = values

    def _store(self, values: list[Any]) -> None:
        self.table[self.where] = np.array(values, self.dtype).reshape(len(self.bodies), -1)


class Blocks:
    """All blocks of the bodies of a road."""

    def __init__(self, rows: np.ndarray, bodies: list[Any], kinds: Sequence[int]) -> None:
        everything = list(range(len(bodies)))
        moving = [i for i in everything if kinds[i] <= at.LINEAR]
        controlled = [i for i in moving if kinds[i] >= at.CONTROLLED]
        idm = [i for i in controlled if kinds[i] >= at.IDM]
        linear = [i for i in idm if kinds[i] == at.LINEAR]
        bicycle = [i for i in moving if kinds[i] == at.BICYCLE]

        def blocks(*wanted: tuple[str, list[int]]) -> list[Block]:
            return [Block(rows, names, bodies, which) for names, which in wanted if which]

        self.states = blocks(
            ("heading speed", everything),
            ("target_speed", controlled),
            ("timer", idm),
            ("lateral_speed yaw_rate", bicycle),
        )
        self.flags = blocks((FLAGS, everything))
        self.parameters = blocks(
            ("diagonal LENGTH WIDTH", everything),
            ("MAX_SPEED MIN_SPEED", moving),
            (CONTROL_HABITS, controlled),
            (IDM_HABITS, idm),
            (BICYCLE_HABITS, bicycle),
            ("enable_lane_change", idm),
            ("collecting_data", linear),
        )
        self.linear = [(rows[i], bodies[i]) for i in linear]
        self.uncontrolled = [(rows[i], bodies[i]) for i in everything if i not in set(controlled)]

    def read(self) -> None:
        for block in self.states:
            block.read()
        for block in self.flags + self.parameters:
            block.read_changes()
        for row, thing in self.uncontrolled:  # only those whom somebody has given one have one
            row["target_speed"] = getattr(thing, "target_speed", np.nan)
        for row, vehicle in self.linear:  # lists and arrays, which may change inside
            p = vehicle.ACCELERATION_PARAMETERS
            row["acceleration_0"], row["acceleration_1"], row["acceleration_2"] = p
            row["steering_0"], row["steering_1"] = vehicle.STEERING_PARAMETERS

    def flags_written(self) -> None:
        """A kernel changed flags: do not trust the last reading."""
        for block in self.flags:
            block.last = None


def kinds_of(bodies: Sequence[Any]) -> list[int] | None:
    """The kind of every body; None if one of them behaves in its own way."""
    kinds = [kind_of(body) for body in bodies]
    return None if None in kinds else kinds
