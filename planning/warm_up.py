"""Compile what a plan may call before a car has to wait for it.

numba compiles a kernel when it is first called, and keeps it on the disk. On a fresh machine that
takes seconds each, and the ways around a breakdown are first called in the middle of a drive.
"""

from __future__ import annotations

import functools

import numpy as np

from datasets.observation import EgoState, Route
from datasets.scene import Agents, Lanes, Scene
from planning.planner import RulePlanner

PLANS, EVERY = 12, 0.4  # s: until breakdowns are believed in, and a way around is driven
BEFORE = 14.0  # m to the wreck


@functools.cache
def warm_up() -> None:
    """Plan for a while where everything is needed; once in a process, and fast where it was done
    before on this machine."""
    planner = RulePlanner()
    for i in range(PLANS):
        planner.plan(_blocked_road(i * EVERY))


def _blocked_road(t: float) -> Scene:
    """Two lanes; the car stands before a wreck of two on its own, and somebody comes up on the
    other."""
    x = np.arange(-60.0, 121.0, 2.0)
    sides, one = np.array([4.0, 0.0]), np.ones(2, np.int64)
    lanes = Lanes(
        id=np.arange(2),
        xy_ego=np.stack([np.tile(x, (2, 1)), np.repeat(sides[:, None], len(x), 1)], axis=2),
        valid=np.ones((2, len(x)), np.bool_),
        lateral_std=np.zeros((2, len(x))),
        width=np.full(2, 4.0),
        speed_limit=np.full(2, 10.0),
        left_marking=one,
        right_marking=one,
        on_route=np.ones(2, np.bool_),
        priority=one,
        leads_to=np.zeros((2, 2), np.bool_),
        left_of=np.eye(2, k=-1, dtype=np.bool_),
    )
    agents = Agents(
        id=np.arange(3),
        kind=np.zeros(3, np.int64),
        xy_ego=np.array([[BEFORE, 0.5], [BEFORE + 5.0, -0.5], [8.0 * t - 40.0, 4.0]]),
        heading=np.array([0.3, 0.0, 0.0]),
        speed=np.array([0.0, 0.0, 8.0]),
        length=np.full(3, 5.0),
        width=np.full(3, 2.0),
        braking=np.zeros(3, np.bool_),
        indicator=np.zeros(3, np.int64),
        visible=np.ones(3),
        xy_std=np.zeros(3),
        valid=np.ones(3, np.bool_),
    )
    route = Route(np.array([[0.0, 0.0], [100.0, 0.0]]))
    return Scene(t, EgoState(0.0, 0.0, 0.0, 0.0), agents, lanes, route)
