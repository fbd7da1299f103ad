"""Small worlds whose scores can be worked out by hand."""

import numpy as np
import pytest

from datasets.driving import Action
from datasets.episode import TICK, End, Outcome
from datasets.scene import AgentKind, Marking
from sim.scores.log import EpisodeLog
from sim.state import Lane, RoadMap, WorldState


def road(*centerlines, width=4.0, limit=20.0, leads_to=()):
    lanes = tuple(
        Lane("a", "b", np.array(xy, dtype=float), width, limit, Marking.SOLID, Marking.SOLID, 0)
        for xy in centerlines
    )
    follows = np.zeros((len(lanes), len(lanes)), np.bool_)
    for i, j in leads_to:
        follows[i, j] = True
    return RoadMap(lanes, follows, np.zeros_like(follows))


def state(t, bodies):
    """Bodies are (x, y, heading, speed[, kind[, lane]]); the first is the ego."""
    full = [(*body, AgentKind.VEHICLE, 0)[:6] if len(body) == 4 else body for body in bodies]
    full = [(*body, 0) if len(body) == 5 else body for body in full]
    x, y, heading, speed, kind, lane = (np.array(column) for column in zip(*full, strict=True))
    n = len(full)
    zeros, integers, no = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    return WorldState(
        t=t,
        id=np.arange(n),
        kind=kind.astype(np.int64),
        xy_world=np.stack([x, y], axis=1).astype(float),
        heading=heading.astype(float),
        speed=speed.astype(float),
        accel=zeros,
        steering_angle=zeros,
        length=np.full(n, 5.0),
        width=np.full(n, 2.0),
        lane=lane.astype(np.int64),
        target_lane=lane.astype(np.int64),
        indicator=integers,
        braking=no,
        crashed=no,
    )


def log(
    ticks_of_bodies,
    road_map=None,
    end=End.GOAL,
    at_fault=False,
    goal=None,
    plans=None,
    on_route=None,
):
    """One list of bodies per state; progress is the ego's x."""
    states = tuple(state(k * TICK, bodies) for k, bodies in enumerate(ticks_of_bodies))
    ticks = len(states) - 1
    progress = np.array([float(s.xy_world[0, 0]) for s in states])
    road_map = road([(-100, 0), (2000, 0)]) if road_map is None else road_map
    return EpisodeLog(
        scenario="highway",
        seed=1,
        road_map=road_map,
        on_route=np.ones(len(road_map.lanes), np.bool_) if on_route is None else on_route,
        states=states,
        actions=(Action(0.0, 0.0),) * ticks,
        drivers=("expert",) * ticks,
        reasons=("following the lane",) * ticks,
        plans=(None,) * ticks if plans is None else plans,
        compute_times=np.full(ticks, 0.01),
        progress=progress,
        goal=float(progress[-1]) if goal is None else goal,
        outcome=Outcome(end, at_fault),
    )


def cruise(speed=10.0, ticks=50, y=0.0, heading=0.0, others=(), **about):
    """An ego at constant speed along x, with others as (x, y, heading, speed, ...) at the start."""

    def moved(body, t):
        x, y, heading, speed, *rest = body
        step = speed * t
        return (x + step * np.cos(heading), y + step * np.sin(heading), heading, speed, *rest)

    bodies = [(0.0, y, heading, speed), *others]
    return log([[moved(b, k * TICK) for b in bodies] for k in range(ticks + 1)], **about)


@pytest.fixture
def worlds():
    """The makers above, for tests that build their own."""

    class Makers:
        road = staticmethod(road)
        state = staticmethod(state)
        log = staticmethod(log)
        cruise = staticmethod(cruise)

    return Makers
