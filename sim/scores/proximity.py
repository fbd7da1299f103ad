"""How near it was: time to collision, time headway, gap to other bodies; near misses.

Time to collision projects every box at constant velocity and heading (nuPlan's
time_to_collision_within_bound), but exactly instead of in steps: two boxes meet when their shadows
overlap on all four edge normals at once, and each shadow's overlap is an interval of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.geometry import box_corners, wrap_angle
from sim.scores.events import count_runs
from sim.scores.lanes import LaneIndex
from sim.scores.log import EpisodeLog
from sim.state import EGO, WorldState

HORIZON = 3.0  # s, how far the projection looks
STOPPED = 5e-3  # m/s, a slower ego runs into nobody (nuPlan)
AHEAD = np.deg2rad(30)  # a body within this of the heading is ahead (nuPlan)
BEHIND = np.deg2rad(150)  # a body beyond this is behind (nuPlan)
NEAR_TTC = 1.5  # s
NEAR_HEADWAY = 1.0  # s
NEAR_GAP = 0.25  # m
REACH = 60.0  # m, the farthest lead that a headway is measured to


@dataclass(frozen=True, slots=True)
class Proximity:
    """(T + 1,) each; inf where nothing is near."""

    ttc: FloatArray  # s
    headway: FloatArray  # s
    gap: FloatArray  # m, to the nearest body in any direction


def proximity(log: EpisodeLog, lanes: LaneIndex) -> Proximity:
    """All three over one episode."""
    only_ahead = _within_one_lane(log, lanes) & ~lanes.in_junction(log.ego_xy)
    return Proximity(
        ttc=np.array(
            [time_to_collision(s, a) for s, a in zip(log.states, only_ahead, strict=True)]
        ),
        headway=_headway(log, lanes),
        gap=np.array([gap_to_others(state).min(initial=np.inf) for state in log.states]),
    )


def near_misses(near: Proximity) -> dict[str, int]:
    """How many times each of the three became too small."""
    return {
        "ttc": count_runs(near.ttc < NEAR_TTC),
        "headway": count_runs(near.headway < NEAR_HEADWAY),
        "gap": count_runs(near.gap < NEAR_GAP),
    }


def time_to_collision(state: WorldState, only_ahead: bool) -> float:
    """s until the ego's box meets another one, both at constant velocity; inf if not within 3 s.

    A body behind never counts, since it is the one that runs into the ego. While the ego keeps
    within one lane (`only_ahead`) neither does one beside it, which would have to leave its own.
    """
    if len(state.id) < 2 or state.speed[EGO] <= STOPPED:
        return np.inf
    rear = state.xy_world[EGO] - state.length[EGO] / 2 * _direction(state.heading[EGO])
    to_body = state.xy_world[1:] - rear
    bearing = np.abs(wrap_angle(np.arctan2(*to_body.T[::-1]) - state.heading[EGO]))
    relevant = bearing <= (AHEAD if only_ahead else BEHIND)
    return float(_meeting_times(state)[relevant].min(initial=np.inf))


def gap_to_others(state: WorldState) -> FloatArray:
    """(M - 1,) m between the ego's box and each other one, 0 where they touch: the largest distance
    between the boxes' shadows, which is exact side by side and in line, and low by a corner."""
    low, high = _shadow_bounds(state)
    return np.asarray(np.maximum(np.maximum(low, -high).max(axis=-1), 0.0))


def _direction(heading: FloatArray) -> FloatArray:
    return np.stack([np.cos(heading), np.sin(heading)], axis=-1)


def _axes(state: WorldState) -> FloatArray:
    """(M - 1, 4, 2) edge normals of the ego and of each other box."""
    angle = np.stack(np.broadcast_arrays(state.heading[EGO], state.heading[1:]), axis=-1)
    return _direction(np.concatenate([angle, angle + np.pi / 2], axis=-1))


def _shadow_bounds(state: WorldState) -> tuple[FloatArray, FloatArray]:
    """(M - 1, 4) on each axis: from the ego's far end to the other's near end, and from the ego's
    near end to the other's far end, m. The shadows overlap while low <= 0 <= high."""
    corners = box_corners(state.xy_world, state.heading, state.length, state.width)
    axes = _axes(state)
    on_ego = np.einsum("cj,maj->mac", corners[EGO], axes)
    on_other = np.einsum("mcj,maj->mac", corners[1:], axes)
    return on_other.min(-1) - on_ego.max(-1), on_other.max(-1) - on_ego.min(-1)


def _meeting_times(state: WorldState) -> FloatArray:
    """(M - 1,) s until each other box first meets the ego's; inf if not within the horizon."""
    low, high = _shadow_bounds(state)
    velocity = state.speed[:, None] * _direction(state.heading)
    closing = np.einsum("mj,maj->ma", velocity[EGO] - velocity[1:], _axes(state))
    still = np.abs(closing) < 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([low / closing, high / closing])
    apart = (low > 0) | (high < 0)
    enter = np.where(still, np.where(apart, np.inf, -np.inf), ends.min(axis=0))
    leave = np.where(still, np.inf, ends.max(axis=0))
    first = np.maximum(enter.max(axis=-1), 0.0)
    return np.where((first <= leave.min(axis=-1)) & (first <= HORIZON), first, np.inf)


def _within_one_lane(log: EpisodeLog, lanes: LaneIndex) -> BoolArray:
    """(T + 1,) whether all four corners are in one and the same lane."""
    inside = lanes.outside(log.ego_corners.reshape(-1, 2)) == 0
    return np.asarray(inside.reshape(len(log.states), 4, -1).all(axis=1).any(axis=-1))


def _headway(log: EpisodeLog, lanes: LaneIndex) -> FloatArray:
    """(T + 1,) s until the ego's front is where the rear of its lead is now: the next body in the
    ego's lane or in a lane that follows it."""
    leads_to = log.road_map.leads_to
    headway = np.full(len(log.states), np.inf)
    for k, state in enumerate(log.states):
        mine = state.lane[EGO]
        following = leads_to[mine, state.lane] & (state.lane != mine)
        near = np.hypot(*(state.xy_world - state.xy_world[EGO]).T) < REACH
        rows = np.flatnonzero((following | (state.lane == mine)) & near)  # the ego is among them
        s, _ = lanes.project(state.xy_world[rows])
        own = s[rows == EGO, mine]
        ahead = s[np.arange(len(rows)), state.lane[rows]] - own
        ahead = ahead + np.where(following[rows], lanes.length[mine], 0.0)
        gap = ahead - (state.length[rows] + state.length[EGO]) / 2
        gap = np.maximum(gap[(rows != EGO) & (ahead > 0)], 0.0)
        headway[k] = gap.min(initial=np.inf) / max(float(state.speed[EGO]), 0.1)
    return headway
