"""Ways around somebody who stands in the way: the car's own path, moved aside until he is passed.

A metre to either side keeps the car in its lane and is always offered. Further out it leaves the
lane, as drivers do around a breakdown: only around who has not moved for a while, only where all of
the car stays on asphalt and, before a junction, not around those who wait for it like the car.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from datasets.checks import FloatArray
from datasets.scene import Agents, Lanes
from planning.bicycle import AXLE
from planning.boxes import HALF_WIDTH, OVERHANG, boxes_of, passed_too_near
from planning.motion import Motion
from planning.paths import (
    STEP,
    Paths,
    curvature_of,
    frenet,
    nearest_on_path,
    project_points,
    resample,
    square_to_segment,
    steering_curvature,
)

IN_LANE = 1.0  # m aside: the car still fits into its lane of 4 m
OUT_OF_LANE = (1.5, 2.0, 3.0)  # m
AHEAD, BESIDE = 40.0, 8.0  # m from the car: who stands there is in the way
SLOW = 2.0  # m/s: slower than this, he stands
BROKEN_DOWN = 4.0  # s that he has not moved: he will not go on by himself
PILE = 15.0  # m: what is that near behind the first is driven around with it
WAY_BACK = 10.0  # m over which the car returns to the middle of its lane
AIR = 1.0  # m to who stands beside the way: with less he is in the way
KERB = 0.3  # m beyond the edges of the lanes that still count as asphalt, as nuPlan counts it


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Those broken down on a path, who are to be driven around."""

    ids: frozenset[int]
    passed: float  # m along the path, where the car has passed them


def with_detours(paths: Paths, lanes: Lanes, agents: Agents, broken: Breakdown | None) -> Paths:
    """The paths, and those around who is in the way; `agents` compact, `broken` down on the first
    path."""
    x, y = agents.xy_ego.T
    close = (x > 0) & (x < AHEAD) & (np.abs(y) < BESIDE) & (np.abs(agents.speed) < SLOW)
    if not close.any():
        return paths
    inside = [_aside(paths, shift, math.inf) for shift in (IN_LANE, -IN_LANE)]
    ways = [way for way in inside if _on_asphalt(way, way.start[0] + AHEAD, lanes)]
    if broken is not None:
        passed = broken.passed
        further = [_aside(paths, side * d, passed) for d in OUT_OF_LANE for side in (1, -1)]
        ways += [way for way in further if _on_asphalt(way, passed + WAY_BACK, lanes)]
    return Paths.joined([paths, *ways])


def breakdown_on(paths: Paths, agents: Agents, motion: Motion, junction: float) -> Breakdown | None:
    """Those broken down on the first path, None if there is nobody to be driven around; `junction`
    m along it begins the next junction."""
    s, d = project_points(
        paths.xy[:1], paths.heading[:1], np.ascontiguousarray(agents.xy_ego[:, None]), BESIDE
    )
    s, d = s[0, :, 0], d[0, :, 0]
    turn = agents.heading - np.interp(s, np.arange(paths.xy.shape[1]), paths.heading[0])
    along, across = np.abs(np.cos(turn)), np.abs(np.sin(turn))
    length = (along * agents.length + across * agents.width) / 2
    waits = (s < junction) & (junction < paths.start[0] + AHEAD)
    gone = motion.wrecked | ((motion.still > BROKEN_DOWN) & ~waits)
    ahead = (s > paths.start[0]) & (s < paths.start[0] + AHEAD)
    in_the_way = gone & ahead & np.isfinite(d)
    poses = poses_on(paths, paths.start[0], AHEAD, STEP)
    in_the_way[in_the_way] = passed_too_near(poses, boxes_of(agents)[in_the_way], AIR)
    if not in_the_way.any():
        return None
    together = in_the_way & (s < s[in_the_way].min() + PILE)
    ids = frozenset(agents.id[together].tolist())
    return Breakdown(ids, float((s + length)[together].max()) + OVERHANG)


def poses_on(paths: Paths, begin: float, length: float, step: float) -> FloatArray:
    """(G, 3) x, y and heading of a car whose middle is `begin` m along the first path, and then
    every `step` m of the next `length`."""
    s = np.arange(begin, begin + length, step)
    at = np.arange(paths.xy.shape[1]) * STEP
    columns = (paths.xy[0, :, 0], paths.xy[0, :, 1], paths.heading[0], paths.curvature[0])
    x, y, course, curvature = (np.interp(s, at, column) for column in columns)
    slip = np.arcsin(np.clip(AXLE * curvature, -0.9, 0.9))
    return np.ascontiguousarray(np.stack([x, y, course - slip], axis=1))


def _aside(paths: Paths, shift: float, until: float) -> Paths:
    """The first path moved `shift` m to the left up to `until` m along it, and then back."""
    s = np.arange(paths.xy.shape[1]) * STEP
    back = np.clip((s - until) / WAY_BACK, 0.0, 1.0) if math.isfinite(until) else np.zeros(len(s))
    left = shift * (1 - back**2 * (3 - 2 * back))
    normal = np.stack([-np.sin(paths.heading[0]), np.cos(paths.heading[0])], axis=1)
    xy, heading = resample(paths.xy[0] + left[:, None] * normal, 0.0, len(s))
    curvature = curvature_of(heading)
    nearest = nearest_on_path(xy, 0.0, 0.0, round(paths.start[0] / STEP), 10)
    start, offset = frenet(xy, heading, 0.0, 0.0, nearest)
    return replace(
        paths.take([0]),
        xy=xy[None],
        heading=heading[None],
        curvature=curvature[None],
        steering=steering_curvature(curvature)[None],
        start=np.array([start]),
        offset=np.array([offset]),
    )


def _on_asphalt(way: Paths, until: float, lanes: Lanes) -> bool:
    """Whether a car on a path, from where the car is to `until`, keeps all its corners on lanes."""
    first, last = int(way.start[0] / STEP), math.ceil(until / STEP)
    xy, heading = way.xy[0, first:last], way.heading[0, first:last]
    ahead = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    corners = [xy + a * OVERHANG * ahead + b * HALF_WIDTH * left for a in (1, -1) for b in (1, -1)]
    points = np.concatenate(corners)
    # Where the car is now it may be out already, and has to be let out of there.
    points = points[np.hypot(*points.T) > 2 * OVERHANG]
    return bool(_covered(points, lanes.xy_ego, lanes.valid, lanes.width / 2 + KERB))


@njit(cache=True)
def _covered(points, xy, valid, reach):  # type: ignore[no-untyped-def]
    """Whether each of (N, 2) points lies within `reach` (L,) of one of the (L, P, 2) curves."""
    for i in range(len(points)):
        found = False
        for lane in range(len(xy)):
            for k in range(xy.shape[1] - 1):
                if not (valid[lane, k] and valid[lane, k + 1]):
                    continue
                away = square_to_segment(points[i, 0], points[i, 1], xy[lane, k], xy[lane, k + 1])
                if away < reach[lane] * reach[lane]:
                    found = True
                    break
            if found:
                break
        if not found:
            return False
    return True
