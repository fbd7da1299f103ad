"""Moves: what a driver can do with the next second, few enough to try them all.

State    a running World; the paths that the rule planner would see from the ego's place.
Move     a lane (its own, the one to the left or right), a place across it, and an acceleration.
Law      the project's own lateral law (planning.tracking) with the limits of an emergency, on the
         path of that lane; the acceleration is held, up to a little above the speed limit.
Frame    paths lie in the ego frame of the moment in which the move begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from datasets.checks import FloatArray
from datasets.driving import Action
from datasets.episode import DECISION_HZ, TICK
from datasets.geometry import SE2
from planning.bicycle import curvature_from_steering, steering_from_curvature
from planning.lane_graph import LaneGraph
from planning.paths import STEP, Paths, frenet, nearest_on_path
from planning.reach import find_paths
from planning.tracking import EMERGENCY, LateralLimits, curvature_command
from sim.state import EGO
from sim.world import World

MOVE_TICKS = DECISION_HZ  # a move lasts a second
CALM = (2.0, 0.0, -3.5)  # m/s^2, which passengers bear
HARD = (2.5, 0.0, 6.0, -2.0, -6.0)  # m/s^2, up to what the car can
SIDESTEPS = (1.0, -1.0, 1.8, -1.8)  # m left of the middle of the own lane; at 2 m the road may end
SPEEDING = 1.1  # of the speed limit: how fast a move accelerates to
STANDING = 0.1  # m/s


@dataclass(frozen=True, slots=True)
class Move:
    """What to do for the next second."""

    side: int  # lanes to the left of the own one: 0, 1 or -1
    offset: float  # m left of the middle of that lane
    accel: float  # m/s^2

    @property
    def where(self) -> str:
        """In the words of a driving instructor."""
        lane = {0: "own lane", 1: "left lane", -1: "right lane"}[self.side]
        if self.offset == 0:
            return lane
        return f"{lane}, {abs(self.offset):g} m to the {'left' if self.offset > 0 else 'right'}"


STAY = Move(0, 0.0, CALM[-1])
_SIDES = (0, 1, -1)
CALM_MOVES = tuple(Move(side, 0.0, accel) for side in _SIDES for accel in CALM)
HARD_MOVES = tuple(Move(side, 0.0, accel) for side in _SIDES for accel in HARD)
ALL_MOVES = HARD_MOVES + tuple(Move(0, d, accel) for d in SIDESTEPS for accel in HARD)


@dataclass(frozen=True, slots=True)
class Ways:
    """The paths from where the ego is."""

    world_from_start: SE2
    paths: Paths

    @classmethod
    def of(cls, world: World) -> Ways | None:
        """None where the ego is along no lane."""
        scene = world.truth()
        paths = find_paths(LaneGraph.of(scene.lanes), scene.ego, scene.route)
        return None if paths is None else cls(world.state.world_from_ego, paths)

    def possible(self, moves: Sequence[Move], speed: float) -> list[Move]:
        """Those of the moves for which there is a lane, each once: a car that stands and is not
        told to drive stands, whatever else it is told."""
        sides = set(self.paths.side.tolist())
        there = [move for move in moves if move.side in sides]
        if speed >= STANDING:
            return there
        return [move for move in there if move.accel > 0] + [STAY]


def make(world: World, ways: Ways, move: Move) -> list[Action]:
    """Drive a move in the world until it or the episode is over; what was done, tick by tick."""
    path = ways.paths.side.tolist().index(move.side)
    actions: list[Action] = []
    while len(actions) < MOVE_TICKS and world.outcome is None:
        actions.append(_action(world, ways, path, move))
        world.advance(actions[-1])
    return actions


def _action(world: World, ways: Ways, path: int, move: Move) -> Action:
    paths, state = ways.paths, world.state
    here = ways.world_from_start.inverse() @ state.world_from_ego
    speed = float(state.speed[EGO])
    nearest, curvature = _follow(
        paths.xy[path], paths.heading[path], paths.steering[path], here.x, here.y, here.heading,
        speed, float(state.steering_angle[EGO]), move.offset, float(paths.start[path]), EMERGENCY,
    )  # fmt: skip
    limit = SPEEDING * float(paths.speed_limit[path, nearest])
    accel = move.accel if move.accel <= 0 else max(min(move.accel, (limit - speed) / TICK), 0.0)
    return Action.clipped(accel, steering_from_curvature(curvature))


@njit(cache=True)
def _follow(
    xy: FloatArray,
    heading: FloatArray,
    steering: FloatArray,
    x: float,
    y: float,
    psi: float,
    speed: float,
    steering_angle: float,
    offset: float,
    start: float,
    limits: LateralLimits,
) -> tuple[int, float]:
    """The nearest point of the path, and the curvature to hold for this tick to drive `offset` m
    left of it."""
    guess = int(start / STEP)
    nearest = nearest_on_path(xy, x, y, guess + 20, 40)  # a move leads 40 m ahead at most
    s, d = frenet(xy, heading, x, y, nearest)
    tangent = np.interp(s / STEP, np.arange(len(heading)), heading)
    error = (psi - tangent + math.pi) % (2 * math.pi) - math.pi
    now = curvature_from_steering(steering_angle)
    index = np.arange(len(steering))
    here = np.interp(s / STEP, index, steering)
    following = np.interp((s + speed * TICK) / STEP, index, steering)
    here /= max(1 - here * d, 0.3)  # of the curve that runs d beside the path
    following /= max(1 - following * d, 0.3)
    command = curvature_command(d - offset, error, now, here, following, speed, TICK, limits)
    return nearest, command
