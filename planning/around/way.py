"""A way: poses one after the other, kept in the frame of the road until they are driven.

It is followed at walking pace, as the controller can: the trajectory runs along the poses from the
one nearest to the car, slower where they bend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.lib.stride_tricks import sliding_window_view

from datasets.checks import FloatArray
from datasets.driving import Trajectory
from datasets.geometry import SE2
from datasets.observation import EgoState
from planning.around.search import MOVE, arc
from planning.bicycle import forward
from planning.prediction import DT

FINE = 4  # poses per move
SPACE = MOVE / FINE  # m between two poses of a way
EASE, BRAKING, ACCEL, JERK = 1.2, 3.0, 1.6, 2.9  # m/s^2 (before bends, at most, up), m/s^3
NEXT = 16  # poses
JOINT = 2 * FINE  # poses over which a way, which may end beside the route, comes onto it
SIDEWAYS = 1.0  # m/s^2 in the bends of a way, which come at once
WHEEL_TURNS = 0.75  # m before and after a bend in which the wheel is still being turned
GAIN = 2.0  # 1/s, towards the wanted speed
LOST = 1.5  # m from the way: the car is not on it any more


@dataclass(frozen=True, slots=True)
class Way:
    """K poses SPACE m apart; ego frame of now."""

    xy: FloatArray  # (K, 2) m
    heading: FloatArray  # (K,) rad
    end: int  # where it is driven to its end; the rest is the route
    at: int  # the pose at which the car is
    onto: FloatArray  # (M, 3) x, y, heading along the route, SPACE m apart: on these it may end

    def moved(self, ego: EgoState, dt: float) -> Way:
        """The same way seen from where the car is `dt` seconds later, by dead reckoning."""
        pose = (0.0, 0.0, 0.0, ego.speed - ego.accel * dt)
        for _ in range(2):
            pose = forward(*pose, ego.accel, ego.steering_angle, dt / 2)
        now_from_before = SE2(*pose[:3]).inverse()
        onto = np.column_stack([now_from_before.apply(self.onto[:, :2]), self.onto[:, 2] - pose[2]])
        xy, heading = now_from_before.apply(self.xy), self.heading - pose[2]
        return replace(self, xy=xy, heading=heading, onto=onto)

    def advanced(self) -> Way:
        """The same way with the car at the pose nearest to it, of those at or after the last."""
        near = self.xy[self.at : self.at + NEXT]
        return replace(self, at=self.at + int(np.hypot(*near.T).argmin()))

    @property
    def done(self) -> bool:
        return self.at >= self.end

    @property
    def lost(self) -> bool:
        return math.hypot(*self.xy[self.at]) > LOST


def way_of(moves: FloatArray, onto: FloatArray) -> Way:
    """The way of (K, 4) moves as `search` gives them onto (M, 3) poses of the route, and then along
    these."""
    poses = _finer(np.ascontiguousarray(moves), FINE)
    nearest = int(np.hypot(*(onto[:, :2] - poses[-1, :2]).T).argmin())
    onward = onto[nearest + JOINT :]
    ends = np.concatenate([poses[-1:], onward[:1]])
    ends[:, 2] = np.unwrap(ends[:, 2])
    part = (np.arange(1, JOINT) / JOINT)[:, None]
    joint = ends[:1] + part * (ends[-1:] - ends[:1])
    rows = np.concatenate([poses, joint if len(onward) else poses[:0], onward])
    return Way(rows[:, :2], np.unwrap(rows[:, 2]), len(poses) - 1, 0, onto)


@njit(cache=True)
def _finer(moves, fine):  # type: ignore[no-untyped-def]
    out = np.zeros((1 + (len(moves) - 1) * fine, 3))
    for k in range(1, len(moves)):
        x, y, psi = moves[k - 1, 0], moves[k - 1, 1], moves[k - 1, 2]
        for i in range(1, fine + 1):
            row = out[(k - 1) * fine + i]
            row[0], row[1], row[2] = arc(x, y, psi, moves[k, 3], MOVE * i / fine)
    return out


def follow(
    way: Way, ego: EgoState, most: float, steps: int, braking: float = BRAKING
) -> Trajectory:
    """The trajectory along the way at up to `most` m/s, braking with up to `braking` m/s^2."""
    heading = way.heading[way.at]
    begin = way.at * SPACE - float(way.xy[way.at] @ (math.cos(heading), math.sin(heading)))
    bounds = np.minimum(_bounds(way.heading), most)
    s, v = _pace(begin, max(ego.speed, 0.0), ego.accel, bounds, braking, steps)
    place = np.arange(len(way.xy)) * SPACE
    x, y, psi = (np.interp(s, place, column) for column in (*way.xy.T, way.heading))
    return Trajectory(np.arange(steps + 1) * DT, np.column_stack([x, y]), psi, v)


def _bounds(heading: FloatArray) -> FloatArray:
    """(K,) m/s at which each pose may be passed: what its bend allows, and what leaves
    room to brake for those behind it."""
    near = round(WHEEL_TURNS / SPACE)
    turned = np.abs(np.diff(heading, prepend=heading[0])) / SPACE
    bend = sliding_window_view(np.pad(turned, near, mode="edge"), 2 * near + 1).max(axis=1)
    slope = 2 * EASE * SPACE * np.arange(len(heading))
    square = SIDEWAYS / np.maximum(bend, 1e-3) + slope
    return np.asarray(np.sqrt(np.minimum.accumulate(square[::-1])[::-1] - slope))


@njit(cache=True)
def _pace(s, v, a, bounds, braking, steps):  # type: ignore[no-untyped-def]
    """(steps + 1,) metres along the way and speeds."""
    out_s, out_v = np.zeros(steps + 1), np.zeros(steps + 1)
    for t in range(steps + 1):
        out_s[t], out_v[t] = s, v
        wanted = bounds[min(max(int(s / SPACE), 0), len(bounds) - 1)]
        command = min(max(GAIN * (wanted - v), -braking), ACCEL)
        jerk = JERK if braking <= BRAKING else math.inf
        a = min(max(command, a - jerk * DT), max(a, -braking) + JERK * DT)
        a = max(a, -v / DT)
        s, v = s + v * DT + a * DT * DT / 2, v + a * DT
    return out_s, out_v
