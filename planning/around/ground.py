"""Where the car may stand: asphalt, and nobody on it.

A raster of the asphalt of all lanes, whichever way they lead, and the boxes of those who stand on
it, in the ego frame of the moment it is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray
from datasets.scene import Agents, Lanes
from planning.boxes import HALF_WIDTH, OVERHANG, boxes_of
from planning.motion import SLIDE, Motion
from planning.paths import square_to_segment

CELL = 0.25  # m
REACH = 48.0  # m from the car to the edges of the raster
SLOW = 1.0  # m/s: who is slower stands where he is; who is faster is left to the forecasts


@dataclass(frozen=True, slots=True)
class Ground:
    """What the car may drive on."""

    asphalt: BoolArray  # (N, N) whether the cell at [x, y] lies on a lane
    boxes: FloatArray  # (B, 5) x, y, heading, length, width of those who stand


def standing(agents: Agents, motion: Motion) -> FloatArray:
    """(B, 5) the boxes of those who stand, wrecks where they will have slid to."""
    stands = (np.abs(agents.speed) < SLOW) | motion.wrecked
    slide = np.where(motion.wrecked, agents.speed * SLIDE, 0.0)
    ahead = np.stack([np.cos(agents.heading), np.sin(agents.heading)], axis=1)
    slid = replace(agents, xy_ego=agents.xy_ego + slide[:, None] * ahead)
    return np.ascontiguousarray(boxes_of(slid)[stands])


def painted(lanes: Lanes, beyond: float, cell: float) -> BoolArray:
    """(N, N) which cells of a raster of `cell` m have their middle on a lane, or up to `beyond` m
    outside its edges."""
    reach = lanes.width / 2 + beyond
    return np.asarray(_painted(lanes.xy_ego, lanes.valid, reach, cell, round(2 * REACH / cell)))


@njit(cache=True)
def _painted(xy, valid, reach, cell, n):  # type: ignore[no-untyped-def]
    out = np.zeros((n, n), np.bool_)
    for lane in range(len(xy)):
        r = reach[lane]
        for k in range(xy.shape[1] - 1):
            if not (valid[lane, k] and valid[lane, k + 1]):
                continue
            a, b = xy[lane, k], xy[lane, k + 1]
            i0 = max(int((min(a[0], b[0]) - r + REACH) / cell), 0)
            i1 = min(int((max(a[0], b[0]) + r + REACH) / cell) + 1, n)
            j0 = max(int((min(a[1], b[1]) - r + REACH) / cell), 0)
            j1 = min(int((max(a[1], b[1]) + r + REACH) / cell) + 1, n)
            for i in range(i0, i1):
                for j in range(j0, j1):
                    x, y = (i + 0.5) * cell - REACH, (j + 0.5) * cell - REACH
                    if square_to_segment(x, y, a, b) < r * r:
                        out[i, j] = True
    return out


@njit(cache=True)
def on_asphalt(x, y, psi, asphalt):  # type: ignore[no-untyped-def]
    """Whether a car at (x, y, psi) has its corners and the middles of its sides on asphalt."""
    n = len(asphalt)
    c, s = math.cos(psi), math.sin(psi)
    for a in (-OVERHANG, 0.0, OVERHANG):
        for b in (-HALF_WIDTH, HALF_WIDTH):
            i = int((x + a * c - b * s + REACH) / CELL)
            j = int((y + a * s + b * c + REACH) / CELL)
            if i < 0 or j < 0 or i >= n or j >= n or not asphalt[i, j]:
                return False
    return True
