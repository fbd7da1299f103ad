"""Forks of a road: which of the ways on turns off, to which side, and where that is signalled."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from datasets.checks import FloatArray

SIGNALLED = 40.0  # m before a fork, from where on a car that turns off signals: 4 s at a junction
LOOK = 8.0  # m beyond the fork: there the ways are told apart
TURNS_OFF = math.radians(12)  # from the way that goes on
ARC = 5  # stretches of lane before the fork, whose bend goes on


def sides_of(before: FloatArray, ways: Sequence[FloatArray]) -> list[int]:
    """For each (P, 2) lane that follows on a (P, 2) lane: 0 for the one that goes on as the road
    did, 1 for who turns off to the left of it, -1 to the right. Frame: any."""
    if len(ways) < 2:
        return [0] * len(ways)
    bearings = [_bearing(before, way) for way in ways]
    on = min(bearings, key=abs)
    return [0 if abs(b - on) < TURNS_OFF else int(math.copysign(1, b - on)) for b in bearings]


def _bearing(before: FloatArray, way: FloatArray) -> float:
    """How far left, rad, a lane lies `LOOK` m beyond the fork, for who drives on along the arc on
    which the lane before it ends."""
    step = np.diff(before[-ARC - 1 :], axis=0)
    length, heading = np.hypot(*step.T), np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    apart = (length[0] + length[-1]) / 2 + length[1:-1].sum()
    curvature = (heading[-1] - heading[0]) / apart if len(step) > 1 else 0.0
    away = np.hypot(*(way - way[0]).T)
    at = min(int(np.searchsorted(away, LOOK)), len(way) - 1)
    dx, dy = way[at] - way[0]
    arc = curvature * (length[-1] + away[at]) / 2  # the turn from the last stretch to the chord
    return math.remainder(math.atan2(dy, dx) - heading[-1] - arc, 2 * math.pi)
