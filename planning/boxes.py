"""Boxes on the ground: the outlines of cars."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray
from datasets.scene import Agents

EGO_LENGTH, EGO_WIDTH = 5.0, 2.0  # m, highway-env's Vehicle
OVERHANG, HALF_WIDTH = EGO_LENGTH / 2, EGO_WIDTH / 2  # m from its middle to its ends and sides


def boxes_of(agents: Agents) -> FloatArray:
    """(N, 5) x, y, heading, length, width of each agent (compact)."""
    columns = [*agents.xy_ego.T, agents.heading, agents.length, agents.width]
    return np.ascontiguousarray(np.stack(columns, axis=1))


@njit(cache=True)
def overlap(dx, dy, psi_a, la, wa, psi_b, lb, wb):  # type: ignore[no-untyped-def]
    """Whether two boxes overlap, the second (dx, dy) away: the separating axis theorem."""
    ca, sa, cb, sb = math.cos(psi_a), math.sin(psi_a), math.cos(psi_b), math.sin(psi_b)
    c, s = abs(ca * cb + sa * sb), abs(ca * sb - sa * cb)
    if abs(ca * dx + sa * dy) > (la + c * lb + s * wb) / 2:
        return False
    if abs(ca * dy - sa * dx) > (wa + s * lb + c * wb) / 2:
        return False
    if abs(cb * dx + sb * dy) > (lb + c * la + s * wa) / 2:
        return False
    return abs(cb * dy - sb * dx) <= (wb + s * la + c * wa) / 2


@njit(cache=True)
def clear_of(x, y, psi, boxes, air):  # type: ignore[no-untyped-def]
    """Whether a car at (x, y, psi) has `air` m all around it to every box."""
    for b in range(len(boxes)):
        dx, dy = boxes[b, 0] - x, boxes[b, 1] - y
        far = 2.7 + air + (boxes[b, 3] + boxes[b, 4]) / 2
        if dx * dx + dy * dy < far * far and overlap(
            dx, dy, psi, 2 * (OVERHANG + air), 2 * (HALF_WIDTH + air), boxes[b, 2], boxes[b, 3],
            boxes[b, 4],
        ):  # fmt: skip
            return False
    return True


@njit(cache=True)
def passed_too_near(poses, boxes, air):  # type: ignore[no-untyped-def]
    """(B,) whether a car passes nearer than `air` m to each box on its way along (K, 3) poses."""
    out = np.zeros(len(boxes), np.bool_)
    for b in range(len(boxes)):
        for x, y, psi in poses:
            if not clear_of(x, y, psi, boxes[b : b + 1], air):
                out[b] = True
                break
    return out


def touching(agents: Agents, air: float) -> BoolArray:
    """(N,) whether less than `air` m lie between each agent (compact) and some other one."""
    return np.asarray(
        _touching(agents.xy_ego, agents.heading, agents.length + air, agents.width + air)
    )


@njit(cache=True)
def _touching(xy, heading, length, width):  # type: ignore[no-untyped-def]
    n = len(xy)
    out = np.zeros(n, np.bool_)
    for i in range(n):
        for j in range(i):
            dx, dy = xy[j, 0] - xy[i, 0], xy[j, 1] - xy[i, 1]
            reach = (length[i] + width[i] + length[j] + width[j]) / 2
            if dx * dx + dy * dy < reach * reach and overlap(
                dx, dy, heading[i], length[i], width[i], heading[j], length[j], width[j]
            ):
                out[i] = out[j] = True
    return out
