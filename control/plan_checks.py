"""Can the car do what a plan asks, and does the plan stay on the road? Pure functions of a
Trajectory, none of which knows who made it.

A plan is looked at every `STEP` seconds over its first `HORIZON` seconds, whatever its own times
are. What a plan may ask for lies beyond what comfort allows, because a hard brake in time is a
good plan; it lies within what the car can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from control.margin import Margin, at_most
from datasets.checks import FloatArray
from datasets.driving import MAX_ACCEL, Trajectory
from datasets.geometry import wrap_angle
from datasets.observation import EgoState
from datasets.scene import Lanes
from planning.bicycle import MAX_CURVATURE
from planning.boxes import HALF_WIDTH
from planning.lane_graph import LaneGraph

STEP, HORIZON = 0.1, 3.0  # s
ROAD_HORIZON = (
    2.0  # s: further away the edge of the road is too uncertain to be held against a plan
)
JERK_WINDOW = 3  # steps over which the acceleration may change
SLOW = 1.0  # m/s: slower than this a heading says nothing about a curvature
BEYOND_END = 5.0  # m before and after a lane where it still counts as road


@dataclass(frozen=True)
class PlanLimits:
    """What a plan may ask for."""

    start: float = 0.6  # m from the car to where the plan begins
    start_heading: float = 0.25  # rad
    start_speed: float = 2.0  # m/s, and 10 % of the speed
    curvature: float = 1.05 * MAX_CURVATURE  # 1/m: the sharpest turn of the wheel, and rounding
    lateral_accel: float = 6.5  # m/s^2; comfort ends at 4.89, the grip of a real road near 8
    accel: float = 1.05 * MAX_ACCEL  # m/s^2 either way
    jerk: float = 30.0  # m/s^3 over JERK_WINDOW; the expert pulls into a gap with 25
    drift: float = 2.0  # m/s between the speed it says and the one its places say
    edge: float = 0.6  # m that a side of the car may hang over the edge of the road as it is seen


LEARNED = PlanLimits()
# A planner that simulates the bicycle can brake and swerve for its life: only physics counts.
FALLBACK = PlanLimits(curvature=1.3 * MAX_CURVATURE, lateral_accel=10.0, jerk=150.0, edge=1.0)


@dataclass(frozen=True, slots=True)
class Course:
    """A trajectory every STEP seconds from now on: T + 1 moments."""

    xy: FloatArray  # (T + 1, 2) ego frame, m
    heading: FloatArray  # (T + 1,) rad, unwrapped
    speed: FloatArray  # (T + 1,) m/s

    @classmethod
    def of(cls, trajectory: Trajectory) -> Course:
        until = min(HORIZON, float(trajectory.t[-1]))
        t = np.arange(0.0, until + STEP / 2, STEP)
        xy = [np.interp(t, trajectory.t, trajectory.xy_ego[:, axis]) for axis in (0, 1)]
        heading = np.interp(t, trajectory.t, np.unwrap(trajectory.heading))
        return cls(np.stack(xy, axis=1), heading, np.interp(t, trajectory.t, trajectory.speed))

    def at(self, t: float) -> int:
        """The index of a moment, the last one if the course is shorter."""
        return min(round(t / STEP), len(self.speed) - 1)


def feasible(course: Course, ego: EgoState, limits: PlanLimits) -> list[Margin]:
    """Whether a car in the state `ego` can drive this course."""
    begin = float(np.hypot(*course.xy[0]))
    turned = abs(float(wrap_angle(course.heading[0])))
    speed_off = abs(float(course.speed[0]) - ego.speed)
    speed = (course.speed[1:] + course.speed[:-1]) / 2
    yaw_rate = np.diff(course.heading) / STEP
    accel = np.diff(course.speed) / STEP
    way = np.hypot(*np.diff(course.xy, axis=0).T) / STEP
    curvature = np.abs(yaw_rate) / np.maximum(speed, SLOW)
    jerk = np.abs(accel[JERK_WINDOW:] - accel[:-JERK_WINDOW]) / (JERK_WINDOW * STEP)
    return [
        at_most("starts at the car", begin, limits.start),
        at_most("starts along the car", turned, limits.start_heading),
        at_most("starts at its speed", speed_off, limits.start_speed + 0.1 * abs(ego.speed)),
        at_most("curvature", _most(curvature), limits.curvature),
        at_most("sideways acceleration", _most(np.abs(speed * yaw_rate)), limits.lateral_accel),
        at_most("acceleration", _most(np.abs(accel)), limits.accel),
        at_most("jerk", _most(jerk), limits.jerk),
        at_most("speed fits the way", _most(np.abs(way - np.abs(speed))), limits.drift),
    ]


def on_the_road(course: Course, lanes: Lanes, limits: PlanLimits) -> Margin:
    """How far a side of the car gets over the edge of all lanes, whichever way they are driven. A
    lane is wider by two standard deviations of its place, by half a car at most. Beyond the end of
    what is seen nothing is known, and nothing is held against a plan but having no road at all."""
    graph = LaneGraph.of(lanes)
    until = course.at(ROAD_HORIZON) + 1
    heading = course.heading[:until]
    aside = HALF_WIDTH * np.stack([-np.sin(heading), np.cos(heading)], axis=1)
    sides = np.concatenate([course.xy[:until] + aside, course.xy[:until] - aside])
    over = np.inf
    for way in (0.0, np.pi):  # along the lanes, and along the oncoming ones
        distance, along, offset = graph.locate(sides, np.tile(heading, 2) + way)
        there = np.isfinite(distance) & (along > -BEYOND_END) & (along < graph.length + BEYOND_END)
        wide = lanes.width / 2 + np.minimum(2 * _std_at(lanes, along), HALF_WIDTH)
        least = np.where(there, np.abs(offset) - wide, np.inf).min(axis=1, initial=np.inf)
        over = np.minimum(over, least)
    sides_over = np.max(np.split(over, 2), axis=0)  # (T + 1,) of the side that is further out
    known = np.isfinite(sides_over)
    if not known[0]:
        return Margin("road", -1.0)
    first_unknown = len(known) if known.all() else int(np.argmin(known))
    return at_most("road", float(sides_over[:first_unknown].max()), limits.edge)


def _std_at(lanes: Lanes, along: FloatArray) -> FloatArray:
    """(T + 1, L) arc lengths along each lane -> how uncertain the lane is there, m."""
    step = np.hypot(*np.moveaxis(np.diff(lanes.xy_ego, axis=1), -1, 0))
    std = np.zeros_like(along)
    for lane, count in enumerate(lanes.valid.sum(axis=1)):
        if count:
            s = np.append(0.0, np.cumsum(step[lane, : count - 1]))
            std[:, lane] = np.interp(along[:, lane], s, lanes.lateral_std[lane, :count])
    return std


def _most(values: FloatArray) -> float:
    return float(values.max(initial=0.0))
