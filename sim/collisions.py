"""Who is to blame for a collision: nuPlan's rule.

At fault: the ego hit something that stood still, hit something with its front, or was hit from the
side while not fully inside one lane. Not at fault: the ego stood still, or was hit from behind.
Source: nuPlan's no-at-fault-collision metric, as METRICS.md of its devkit describes it.
"""

from __future__ import annotations

import numpy as np

from datasets.frenet import Polyline
from datasets.geometry import box_corners, boxes_overlap, wrap_angle
from sim.state import EGO, RoadMap, WorldState

_STANDING = 0.05  # m/s
_BEHIND = np.deg2rad(150)  # rad, the bearing beyond which the other is behind
_REACH = 1.0  # m, in the rest of its tick a collision pushes the bodies apart by less than that


def at_fault(before: WorldState, after: WorldState, road_map: RoadMap) -> bool:
    """Whether the ego is to blame for the collision between two ticks."""
    others = _hit_by_ego(after)
    if abs(before.speed[EGO]) < _STANDING:
        return False
    return any(_blames_ego(other, before, after, road_map) for other in others)


def _hit_by_ego(state: WorldState) -> list[int]:
    """Rows of what the ego touches; the nearest crashed body where the push has parted them."""
    corners = box_corners(
        state.xy_world, state.heading, state.length + _REACH, state.width + _REACH
    )
    touching = boxes_overlap(corners[EGO], corners) & state.crashed
    touching[EGO] = False
    if not touching.any():
        distance = np.linalg.norm(state.xy_world - state.xy_world[EGO], axis=1)
        distance[~state.crashed] = np.inf
        distance[EGO] = np.inf
        touching[np.argmin(distance)] = True
    return [int(row) for row in np.flatnonzero(touching)]


def _blames_ego(other: int, before: WorldState, after: WorldState, road_map: RoadMap) -> bool:
    speed = dict(zip(before.id.tolist(), before.speed.tolist(), strict=True))
    if abs(speed.get(int(after.id[other]), 0.0)) < _STANDING:
        return True
    step = after.xy_world[other] - after.xy_world[EGO]
    bearing = wrap_angle(np.arctan2(step[1], step[0]) - after.heading[EGO])
    if abs(bearing) > _BEHIND:
        return False
    if _front_touches(other, after):
        return True
    return not inside_one_lane(before, road_map)


def _front_touches(other: int, state: WorldState) -> bool:
    """Whether the ego's front bumper, as a thin box reaching ahead, meets the other body."""
    c, s = np.cos(state.heading[EGO]), np.sin(state.heading[EGO])
    ahead = (state.length[EGO] + _REACH) / 2
    bumper_xy = state.xy_world[EGO] + ahead * np.array([c, s])
    rows = [EGO, other]
    corners = box_corners(
        np.stack([bumper_xy, state.xy_world[other]]),
        state.heading[rows],
        np.array([_REACH, state.length[other]]),
        state.width[rows],
    )
    return bool(boxes_overlap(corners[0], corners[1]))


def inside_one_lane(state: WorldState, road_map: RoadMap) -> bool:
    """Whether all four corners of the ego lie within its lane."""
    lane = road_map.lanes[state.lane[EGO]]
    rows = slice(EGO, EGO + 1)
    corners = box_corners(
        state.xy_world[rows], state.heading[rows], state.length[rows], state.width[rows]
    )[0]
    offset = Polyline(lane.xy_world).project(corners)[1]
    return bool(np.all(np.abs(offset) <= lane.width / 2))
