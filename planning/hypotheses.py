"""Where the others may be going: up to `MAX_HYPOTHESES` guesses each.

One per branch of the road ahead of it, of which the signalled one is the likeliest; one for the
neighbour lane that it signals or drifts to, or must move to because its own ends; one for speeding
up. Who is on no lane keeps its velocity, or returns to the lane of its direction beside it; a wreck
only slides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from datasets.checks import FloatArray
from datasets.forks import SIGNALLED, sides_of
from datasets.scene import AgentKind, Agents, Indicator
from planning.idm import lets_in
from planning.lane_graph import LaneGraph
from planning.motion import Motion

MAX_HYPOTHESES = 3
MERGING = 0.4  # share of those on a lane that ends who leave it at the first chance
BRANCHES = 3  # ways to go on that are followed from one lane
ON_LANE = 2.5  # m (metres of distance as LaneGraph.locate counts it) to the lane it may be on
RETURN_REACH = 6.0  # m beside a lane of its direction from which an agent may return to it
RETURNING = 0.8  # share of those that do
AMBIGUOUS = 0.8  # m: lanes about as near as the nearest one count, too (they part only later)
STEEPEST_TURN = math.pi / 4  # rad to its lane at which highway-env's traffic changes to it
DRIFT_SPEED = 0.5  # m/s sideways: more means that it changes lane
BACKWARDS = -0.3  # m/s: highway-env's cars back off when they stand too close to somebody
PATIENCE = 4.0  # s: who has stood much longer will go on standing
UNTOLD = 0.05  # of those who signal so go on in another way
SLOW, FAST = 0.6, 0.95  # of the speed limit: who is slow sets off, who is fast keeps its speed
GAINS, GAINING = 1.0, 0.8  # m/s^2, who gains speed like that; how likely it goes on with that
GOING_ON = 0.1  # how likely anybody else before a fork speeds up
DARES = 0.2  # of those who would speed up do so before a car that has the right of way
SETTING_OFF = 5.0  # m/s^2 of an agent that does not stay slow; at junctions 6 happen


@dataclass(frozen=True, slots=True)
class Guess:
    """One hypothesis before it is simulated."""

    agent: int
    chain: int  # index of the path it follows, -1: straight on
    along: float  # m from the start of the chain's first lane
    offset: float  # m
    weight: float
    pull: float = 0.0  # m/s^2, accelerating to the speed limit


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """Where a car, ours or an agent's, is on each of L lanes."""

    distance: FloatArray  # (L,) m, as LaneGraph.locate counts it
    along: FloatArray  # (L,) m
    offset: FloatArray  # (L,) m
    xy: FloatArray  # (2,) m
    heading: float  # rad
    speed: float  # m/s

    @property
    def nearest(self) -> int:
        """The nearest lane, -1 if there is none."""
        return int(np.argmin(self.distance)) if len(self.distance) else -1

    def turn(self, graph: LaneGraph, lane: int) -> float:
        """The heading of the car against that of a lane, rad."""
        curve = graph.lanes.xy_ego[lane]
        nearest = int(np.argmin(np.abs(curve - self.xy).sum(axis=1)[: graph.count[lane]]))
        behind, ahead = max(nearest - 1, 0), min(nearest + 1, int(graph.count[lane]) - 1)
        dx, dy = curve[ahead] - curve[behind]
        return math.remainder(self.heading - math.atan2(dy, dx), 2 * math.pi)

    def lets_in(self, other: _Whereabouts, lane: int) -> bool:
        """Whether somebody else may move to his place on a lane without this car having to brake
        hard."""
        gap = float(other.along[lane] - self.along[lane])
        behind = self.distance[lane] < ON_LANE and gap > 0
        return not behind or lets_in(self.speed, gap, other.speed)


def _whereabouts(
    graph: LaneGraph, xy: FloatArray, heading: FloatArray, speed: FloatArray
) -> list[_Whereabouts]:
    """Of N cars at (N, 2) with (N,) headings and speeds."""
    rows = zip(*graph.locate(xy, heading), xy, heading.tolist(), speed.tolist(), strict=True)
    return [_Whereabouts(*row) for row in rows]


def guess_all(
    graph: LaneGraph, agents: Agents, motion: Motion, ego_speed: float, horizon: float
) -> tuple[list[Guess], list[tuple[int, ...]], list[float]]:
    """All hypotheses, the chains of lanes that they follow, and the speed limits of those."""
    [ego] = _whereabouts(graph, np.zeros((1, 2)), np.zeros(1), np.array([ego_speed]))
    places = _whereabouts(graph, agents.xy_ego, agents.heading, agents.speed)
    known: dict[tuple[int, ...], int] = {}
    guesses: list[Guess] = []
    for a, here in enumerate(places):
        if motion.wrecked[a]:
            guesses.append(Guess(a, -1, 0.0, 0.0, 1.0))
            continue
        ways = _ways_of(graph, agents, a, here, ego, horizon)
        astray = not ways or _astray(graph, here)
        total = sum(share for _, share in ways) if ways else 1.0
        kept = (RETURNING if astray else 1.0) / total
        for way, share in ways:
            lane, chain = way[0], known.setdefault(way, len(known))
            place, weight = (here.along[lane], here.offset[lane]), share * kept
            sets_off = _sets_off(graph, agents, a, lane, motion, ego.nearest)
            guesses.append(Guess(a, chain, *place, weight * (1 - sets_off)))
            if sets_off > 0:
                guesses.append(Guess(a, chain, *place, weight * sets_off, SETTING_OFF))
        if astray:
            guesses.append(Guess(a, -1, 0.0, 0.0, 1.0 - RETURNING if ways else 1.0))
    limits = [float(graph.lanes.speed_limit[way[0]]) for way in known]
    return guesses, list(known), limits


def _ways_of(
    graph: LaneGraph, agents: Agents, a: int, here: _Whereabouts, ego: _Whereabouts, horizon: float
) -> list[tuple[tuple[int, ...], float]]:
    """The lanes one after the other that an agent may drive along, and their shares, the largest
    first."""
    ways: list[tuple[tuple[int, ...], float]] = []
    for lane, share in _lanes_of(graph, agents, a, here):
        length = here.along[lane] + here.speed * horizon + 20.0
        chains = graph.chains(lane, length, BRANCHES)
        told = _told_by_signal(graph, chains, int(agents.indicator[a]), here.along[lane])
        for chain, likely in zip(chains, told, strict=True):
            merge = _with_merge(graph, chain, length, here, ego)
            ways += [(way, share * likely * part) for way, part in merge]
    return sorted(ways, key=lambda way: -way[1])[:MAX_HYPOTHESES]


def _told_by_signal(
    graph: LaneGraph, ways: list[list[int]], signal: int, along: float
) -> list[float]:
    """How likely each way on from a lane is, of who is `along` m on it and signals, or does not: a
    car about to turn off signals to that side. One who is still far away has not told yet."""
    alike = [1 / len(ways)] * len(ways)
    branch = next((k for k, lanes in enumerate(zip(*ways, strict=False)) if len({*lanes}) > 1), 0)
    before = [graph.length[lane] for lane in ways[0][:branch]]
    if branch == 0 or sum(before) - along > SIGNALLED:
        return alike
    sides = sides_of(graph.points([ways[0][branch - 1]]), [graph.points([w[branch]]) for w in ways])
    likely = [1.0 if side == signal else UNTOLD for side in sides]
    return [each / sum(likely) for each in likely] if signal in sides else alike


def _lanes_of(
    graph: LaneGraph, agents: Agents, a: int, here: _Whereabouts
) -> list[tuple[int, float]]:
    """The lanes an agent may be on or be changing to, with their shares."""
    nearest, distance = here.nearest, here.distance
    if nearest < 0 or agents.kind[a] == AgentKind.OBSTACLE or here.speed < BACKWARDS:
        return []
    if distance[nearest] > ON_LANE:
        return [(nearest, 1.0)] if distance[nearest] < RETURN_REACH else []
    close = np.flatnonzero(distance < min(distance[nearest] + AMBIGUOUS, ON_LANE))
    lanes = [(int(lane), 1.0) for lane in close]
    neighbour = _heading_for(graph, int(agents.indicator[a]), here)
    if neighbour >= 0:
        lanes = [(lane, 0.4) for lane, _ in lanes if lane != neighbour] + [(neighbour, 1.0)]
    return lanes


def _with_merge(
    graph: LaneGraph, way: list[int], length: float, here: _Whereabouts, ego: _Whereabouts
) -> list[tuple[tuple[int, ...], float]]:
    """A way to go on of who is `here`, and its share; and where the way ends in a lane that stops
    beside one that goes on, the same with a change to that one as soon as it runs beside, unless
    the ego comes up there too fast for it."""
    last = way[-1]
    beside = [] if graph.successors[last] else [graph.left[last], graph.right[last]]
    into = next((int(j) for j in beside if j >= 0 and graph.successors[j]), None)
    if into is None or not ego.lets_in(here, into):
        return [(tuple(way), 1.0)]
    merging = (*way[:-1], *graph.chains(into, length, 1)[0])
    return [(tuple(way), 1 - MERGING), (merging, MERGING)]


def _astray(graph: LaneGraph, here: _Whereabouts) -> bool:
    """Whether somebody is on no lane, nor on its way from beside one to the middle of it."""
    nearest = here.nearest
    if here.distance[nearest] < ON_LANE:
        return False
    beside, turn = float(here.offset[nearest]), here.turn(graph, nearest)
    return abs(beside) > ON_LANE or turn * beside > 0 or abs(turn) > STEEPEST_TURN


def _heading_for(graph: LaneGraph, signal: int, here: _Whereabouts) -> int:
    """The neighbour of the nearest lane that somebody signals or drifts to, -1 if none."""
    lane = here.nearest
    if signal == Indicator.OFF:
        offset = float(here.offset[lane])
        drift = here.speed * math.sin(here.turn(graph, lane))
        if abs(drift) < DRIFT_SPEED or drift * offset < 0 or abs(offset) < 0.3:
            return -1
        signal = 1 if drift > 0 else -1
    return int(graph.left[lane] if signal == Indicator.LEFT else graph.right[lane])


def _sets_off(
    graph: LaneGraph, agents: Agents, a: int, lane: int, motion: Motion, ego_lane: int
) -> float:
    """How likely an agent speeds up to what is allowed: who does so now goes on; who is slow
    without a reason may, the less, the longer it has stood; and before a fork anybody, once it need
    not give way any more. Few do before a car that has the right of way."""
    limit, priority = graph.lanes.speed_limit[lane], graph.lanes.priority
    if agents.braking[a] or agents.speed[a] > FAST * limit:
        return 0.0
    dares = DARES if priority[lane] < priority[ego_lane] else 1.0
    if motion.gained[a] > GAINS:
        return GAINING * dares
    if agents.speed[a] < SLOW * limit:
        return 0.5 * math.exp(-float(motion.still[a]) / PATIENCE) * dares
    return GOING_ON * dares if len(graph.successors[lane]) > 1 else 0.0
