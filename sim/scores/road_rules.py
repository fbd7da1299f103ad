"""What the road asks for: stay on it, drive its way, keep its limit, keep the lane.

Sources: nuPlan's drivable_area_compliance, driving_direction_compliance, speed_limit_compliance;
NAVSIM's lane_keeping. The map is the union of the lanes of the RoadMap.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray
from datasets.episode import TICK
from sim.scores.events import longest_run
from sim.scores.lanes import LaneIndex
from sim.scores.log import EpisodeLog

MAX_OUTSIDE = 0.3  # m a corner may stand off the road
DIRECTION_WINDOW = round(1.0 / TICK)  # ticks: nuPlan sums over one second
DIRECTION_LIMITS = (2.0, 6.0)  # m against the flow: full score below the first, none from the last
OVERSPEED_SCALE = 2.23  # m/s: a mean overspeed this large scores 0
LANE_KEEPING_OFFSET = 0.5  # m off the centre
LANE_KEEPING_TICKS = round(2.0 / TICK)  # that many ticks on end are too long


def drivable_area(log: EpisodeLog, lanes: LaneIndex) -> float:
    """1, or 0 once a corner of the car stood over 0.3 m outside the union of the lanes."""
    corners = log.ego_corners.reshape(-1, 2)
    return float(lanes.outside(corners).min(axis=-1).max() <= MAX_OUTSIDE)


def metres_against_flow(log: EpisodeLog, lanes: LaneIndex) -> FloatArray:
    """(T,) metres driven in each tick against every lane the car's centre was in; 0 off the road.

    Where lanes of both directions share the ground, as when overtaking on a two-way road, either
    direction is right.
    """
    move = np.diff(log.ego_xy, axis=0)
    start = log.ego_xy[:-1]
    inside = lanes.outside(start) == 0
    heading = lanes.heading(start)
    along = move[:, :1] * np.cos(heading) + move[:, 1:] * np.sin(heading)  # (T, L)
    best = np.where(inside, along, -np.inf).max(axis=-1, initial=-np.inf)
    return np.where(inside.any(-1), np.maximum(-best, 0.0), 0.0)


def driving_direction(log: EpisodeLog, lanes: LaneIndex) -> float:
    """1, 0.5 or 0 by the most metres driven against the flow within one second."""
    wrong = metres_against_flow(log, lanes)
    total = np.concatenate([[0.0], np.cumsum(wrong)])
    start = np.maximum(np.arange(len(total)) - DIRECTION_WINDOW, 0)
    worst = float((total - total[start]).max())
    compliant, violating = DIRECTION_LIMITS
    return 1.0 if worst < compliant else 0.5 if worst < violating else 0.0


def speed_limit(log: EpisodeLog, lanes: LaneIndex) -> float:
    """max(0, 1 - integral of the overspeed / (2.23 T)), against the limit of the car's lane."""
    over = np.maximum(log.ego_speed[:-1] - lanes.speed_limit[log.ego_lane[:-1]], 0.0)
    return max(0.0, 1.0 - float(over.sum() * TICK) / (OVERSPEED_SCALE * log.duration))


def lane_keeping(log: EpisodeLog, lanes: LaneIndex) -> float:
    """1, or 0 once the car was over 0.5 m off the centre of its lane for 2 s outside junctions."""
    rows = np.arange(len(log.states))
    offset = np.abs(lanes.project(log.ego_xy)[1][rows, log.ego_lane])
    off = (offset > LANE_KEEPING_OFFSET) & ~lanes.in_junction(log.ego_xy)
    return float(longest_run(off) < LANE_KEEPING_TICKS)


def off_lane_share(log: EpisodeLog, lanes: LaneIndex) -> float:
    """Share of the metres driven off the road or against the flow: CARLA's outside route lanes."""
    move = np.hypot(*np.diff(log.ego_xy, axis=0).T)
    off_road = lanes.outside(log.ego_xy[:-1]).min(axis=-1) > 0
    wrong = off_road | (metres_against_flow(log, lanes) > 0)
    return float(move[wrong].sum() / max(move.sum(), 1e-9))
