"""What the others may do: every agent along the lanes it can be on, in more than one way where the
road or the agent leaves it open.

Each agent gives up to `MAX_HYPOTHESES` hypotheses: one per branch of the road ahead of it, one for
the neighbour lane that it signals or drifts to, or must move to because its own ends, one for
setting off if it is slow without a reason. Along its lane it drives as the traffic of highway-env
does (IDM behind the agent in front of it, which is taken to keep its speed), and returns to the
middle of its lane with a time constant; who brakes goes on braking for a while. An agent on no lane
keeps its velocity, or returns to the lane of its direction beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from datasets.checks import FloatArray, IntArray
from datasets.scene import AgentKind, Agents, Indicator
from planning.lane_graph import LaneGraph
from planning.motion import Motion
from planning.paths import STEP, project_points, resample

DT = 0.1  # s between two moments of a forecast, as between two decisions
MAX_HYPOTHESES = 3
MERGING = 0.4  # share of those on a lane that ends who leave it at the first chance
BRANCHES = 3  # ways to go on that are followed from one lane
ON_LANE = 2.5  # m (metres of distance as LaneGraph.locate counts it) to the lane it may be on
RETURN_REACH = 6.0  # m beside a lane of its direction from which an agent may return to it
RETURNING = 0.8  # share of those that do
AMBIGUOUS = 0.8  # m: lanes about as near as the nearest one count, too (they part only later)
CENTERING = 0.7  # s, highway-env's KP_LATERAL is 1 / 0.6 s
STEEPEST = 0.5  # m to the side for a metre ahead, on the way to the middle of a lane
STEEPEST_TURN = math.pi / 4  # rad to its lane at which highway-env's traffic changes to it
DRIFT_SPEED = 0.5  # m/s sideways: more means that it changes lane
BACKWARDS = -0.3  # m/s: highway-env's cars back off when they stand too close to somebody
BRAKES_ON = 1.5  # s that an agent goes on braking as hard as it does now
PATIENCE = 4.0  # s: who has stood much longer will go on standing
STANDS, ROOM = 0.5, 5.0  # m/s, m: to whom stands one keeps room enough to steer around him
SETTING_OFF = 5.0  # m/s^2 of an agent that does not stay slow; at junctions 6 happen


@dataclass(frozen=True, slots=True)
class Forecast:
    """H hypotheses at T + 1 moments, the first of which is now; ego frame of now."""

    xy: FloatArray  # (H, T + 1, 2) m
    heading: FloatArray  # (H, T + 1) rad
    speed: FloatArray  # (H, T + 1) m/s
    agent: IntArray  # (H,) row of Agents
    weight: FloatArray  # (H,) how likely, the hypotheses of one agent sum to 1
    length: FloatArray  # (H,) m
    width: FloatArray  # (H,) m
    room: FloatArray  # (H,) m that one keeps behind it on top of the usual

    def __len__(self) -> int:
        return len(self.agent)


@dataclass(frozen=True, slots=True)
class _Guess:
    """One hypothesis before it is simulated."""

    agent: int
    chain: int  # index of the path it follows, -1: straight on
    along: float  # m from the start of the chain's first lane
    offset: float  # m
    weight: float
    pull: float = 0.0  # m/s^2, accelerating to the speed limit


def predict(graph: LaneGraph, agents: Agents, motion: Motion, horizon: float) -> Forecast:
    """The forecasts of all agents (compact), which have been moving like that, over `horizon` s."""
    steps = round(horizon / DT)
    guesses, chains, limits = _guess_all(graph, agents, motion, horizon)
    reach = float(agents.speed.max(initial=0.0)) * horizon + 60.0  # m
    count = int(reach / STEP) + 2
    n = len(guesses)
    xy, heading = np.zeros((max(len(chains), 1), count, 2)), np.zeros((max(len(chains), 1), count))
    begin = np.zeros(max(len(chains), 1))
    for i, chain in enumerate(chains):
        begin[i] = min((g.along for g in guesses if g.chain == i), default=0.0) - STEP
        xy[i], heading[i] = resample(graph.points(list(chain)), begin[i], count)
    who = np.array([g.agent for g in guesses], dtype=np.int64)
    path = np.array([g.chain for g in guesses], dtype=np.int64)
    along = np.array([g.along - begin[g.chain] for g in guesses], dtype=np.float64)
    offset = np.array([g.offset for g in guesses], dtype=np.float64)
    pull = np.array([g.pull for g in guesses], dtype=np.float64)
    limit = np.array([limits[g.chain] if g.chain >= 0 else 0.0 for g in guesses])
    at, beside = project_points(xy, heading, agents.xy_ego[:, None, :], 4.0)
    lead = _leads(path, who, along, at[..., 0], beside[..., 0], agents.speed)
    states = _simulate(
        xy, heading, path, along, offset, pull, limit, lead,
        agents.xy_ego[who].reshape(n, 2), agents.heading[who], agents.speed[who],
        (agents.kind == AgentKind.OBSTACLE)[who] | motion.wrecked[who], motion.lost[who], steps,
    )  # fmt: skip
    weight = np.array([g.weight for g in guesses], dtype=np.float64)
    room = np.where(np.abs(agents.speed[who]) < STANDS, ROOM, 0.0)
    return Forecast(*states, who, weight, agents.length[who], agents.width[who], room)


def _guess_all(
    graph: LaneGraph, agents: Agents, motion: Motion, horizon: float
) -> tuple[list[_Guess], list[tuple[int, ...]], list[float]]:
    """All hypotheses, the chains of lanes that they follow, and the speed limits of those."""
    distance, along, offset = graph.locate(agents.xy_ego, agents.heading)
    known: dict[tuple[int, ...], int] = {}
    guesses: list[_Guess] = []
    for a in range(len(agents)):
        if motion.wrecked[a]:
            guesses.append(_Guess(a, -1, 0.0, 0.0, 1.0))
            continue
        options: list[tuple[tuple[int, ...], float]] = []
        for lane, share in _lanes_of(graph, agents, a, distance[a], offset[a]):
            length = along[a, lane] + agents.speed[a] * horizon + 20.0
            ways = graph.chains(lane, length, BRANCHES)
            for way in ways:
                merge = _with_merge(graph, way, length)
                options += [(going, share * part / len(ways)) for going, part in merge]
        options = sorted(options, key=lambda option: -option[1])[:MAX_HYPOTHESES]
        astray = not options or _astray(graph, agents, a, distance[a], offset[a])
        total = sum(share for _, share in options) if options else 1.0
        kept = (RETURNING if astray else 1.0) / total
        for way, share in options:
            lane, chain = way[0], known.setdefault(way, len(known))
            place, weight = (along[a, lane], offset[a, lane]), share * kept
            sets_off = _sets_off(graph, agents, a, lane, float(motion.still[a]))
            guesses.append(_Guess(a, chain, *place, weight * (1 - sets_off)))
            if sets_off > 0:
                guesses.append(_Guess(a, chain, *place, weight * sets_off, SETTING_OFF))
        if astray:
            guesses.append(_Guess(a, -1, 0.0, 0.0, 1.0 - RETURNING if options else 1.0))
    limits = [float(graph.lanes.speed_limit[way[0]]) for way in known]
    return guesses, list(known), limits


def _lanes_of(
    graph: LaneGraph, agents: Agents, a: int, distance: FloatArray, offset: FloatArray
) -> list[tuple[int, float]]:
    """The lanes an agent may be on or be changing to, with their shares."""
    if len(distance) == 0 or agents.kind[a] == AgentKind.OBSTACLE or agents.speed[a] < BACKWARDS:
        return []
    nearest = int(np.argmin(distance))
    if distance[nearest] > ON_LANE:
        return [(nearest, 1.0)] if distance[nearest] < RETURN_REACH else []
    close = np.flatnonzero(distance < min(distance[nearest] + AMBIGUOUS, ON_LANE))
    lanes = [(int(lane), 1.0) for lane in close]
    neighbour = _heading_for(graph, agents, a, nearest, float(offset[nearest]))
    if neighbour >= 0:
        lanes = [(lane, 0.4) for lane, _ in lanes if lane != neighbour] + [(neighbour, 1.0)]
    return lanes


def _with_merge(
    graph: LaneGraph, way: list[int], length: float
) -> list[tuple[tuple[int, ...], float]]:
    """A way to go on, and its share; and where the way ends in a lane that
    stops beside one that goes on, the same with a change to that one as soon as it runs beside."""
    last = way[-1]
    beside = [] if graph.successors[last] else [graph.left[last], graph.right[last]]
    into = next((int(j) for j in beside if j >= 0 and graph.successors[j]), None)
    if into is None:
        return [(tuple(way), 1.0)]
    merging = (*way[:-1], *graph.chains(into, length, 1)[0])
    return [(tuple(way), 1 - MERGING), (merging, MERGING)]


def _astray(
    graph: LaneGraph, agents: Agents, a: int, distance: FloatArray, offset: FloatArray
) -> bool:
    """Whether an agent is on no lane, nor on its way from beside one to the middle of it."""
    nearest = int(np.argmin(distance))
    if distance[nearest] < ON_LANE:
        return False
    beside = float(offset[nearest])
    turn = _turn(graph, agents, a, nearest)
    return abs(beside) > ON_LANE or turn * beside > 0 or abs(turn) > STEEPEST_TURN


def _turn(graph: LaneGraph, agents: Agents, a: int, lane: int) -> float:
    """The heading of an agent against that of a lane, rad."""
    curve = graph.lanes.xy_ego[lane]
    nearest = int(np.argmin(np.abs(curve - agents.xy_ego[a]).sum(axis=1)[: graph.count[lane]]))
    behind, ahead = max(nearest - 1, 0), min(nearest + 1, int(graph.count[lane]) - 1)
    dx, dy = curve[ahead] - curve[behind]
    return math.remainder(float(agents.heading[a]) - math.atan2(dy, dx), 2 * math.pi)


def _heading_for(graph: LaneGraph, agents: Agents, a: int, lane: int, offset: float) -> int:
    """The neighbour lane that an agent signals or drifts to, -1 if none."""
    signal = int(agents.indicator[a])
    if signal == Indicator.OFF:
        drift = agents.speed[a] * math.sin(_turn(graph, agents, a, lane))
        if abs(drift) < DRIFT_SPEED or drift * offset < 0 or abs(offset) < 0.3:
            return -1
        signal = 1 if drift > 0 else -1
    return int(graph.left[lane] if signal == Indicator.LEFT else graph.right[lane])


def _sets_off(graph: LaneGraph, agents: Agents, a: int, lane: int, still: float) -> float:
    """How likely an agent is to speed up: as likely as not if it is slow without a reason, and the
    less likely, the longer it has stood."""
    slow = agents.speed[a] < 0.6 * graph.lanes.speed_limit[lane] and not agents.braking[a]
    return 0.5 * math.exp(-still / PATIENCE) if slow else 0.0


def _leads(
    path: IntArray,
    who: IntArray,
    along: FloatArray,
    at: FloatArray,
    beside: FloatArray,
    speed: FloatArray,
) -> FloatArray:
    """(H, 2) the place along its path and the speed of the agent in front; place inf if none."""
    lead = np.full((len(path), 2), np.inf)
    for h in range(len(path)):
        if path[h] < 0:
            continue
        s, d = at[path[h]], beside[path[h]]
        ahead = (np.abs(d) < 2.0) & (s > along[h]) & (np.arange(len(s)) != who[h])
        if ahead.any():
            nearest = int(np.argmin(np.where(ahead, s, np.inf)))
            lead[h] = s[nearest], speed[nearest]
    return lead


@njit(cache=True)
def idm_interaction(speed: float, gap: float, lead_speed: float) -> float:
    """The braking term of the traffic's IDM, m/s^2, at a distance of `gap` m between centres.

    highway-env: a = 3, b = 5 m/s^2, 10 m between centres at rest, time headway 1.5 s.
    """
    wanted = 10.0 + 1.5 * speed + speed * (speed - lead_speed) / (2 * math.sqrt(15.0))
    return -3.0 * (max(wanted, 0.0) / max(gap, 0.1)) ** 2


@njit(cache=True)
def _simulate(
    xy, heading, path, along, offset, pull, limit, lead, xy0, heading0, speed0, fixed, braking,
    steps,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Walk every hypothesis along its path; see `predict` for the arrays."""
    n = len(path)
    out_xy, out_heading = np.zeros((n, steps + 1, 2)), np.zeros((n, steps + 1))
    out_speed = np.zeros((n, steps + 1))
    last = xy.shape[1] - 2
    for h in range(n):
        v, s, d, p = 0.0 if fixed[h] else speed0[h], along[h], offset[h], path[h]
        straight = p < 0
        cruise = max(v, 1.0)
        if pull[h] > 0:
            cruise = max(cruise, limit[h])
        for t in range(steps + 1):
            out_speed[h, t] = v
            if straight:
                out_xy[h, t, 0] = xy0[h, 0] + v * t * DT * math.cos(heading0[h])
                out_xy[h, t, 1] = xy0[h, 1] + v * t * DT * math.sin(heading0[h])
                out_heading[h, t] = heading0[h]
                continue
            k = min(max(int(s / STEP), 0), last)
            part = s / STEP - k
            psi = heading[p, k] + part * (heading[p, k + 1] - heading[p, k])
            x = xy[p, k, 0] + part * (xy[p, k + 1, 0] - xy[p, k, 0])
            y = xy[p, k, 1] + part * (xy[p, k + 1, 1] - xy[p, k, 1])
            out_xy[h, t, 0], out_xy[h, t, 1] = x - d * math.sin(psi), y + d * math.cos(psi)
            drift = -min(max(d / CENTERING, -STEEPEST * v), STEEPEST * v)
            out_heading[h, t] = psi + math.atan2(drift, max(v, 2.0))
            accel = 0.0
            if pull[h] > 0:
                accel = pull[h] * (1 - (v / cruise) ** 4)
            if lead[h, 0] < 1e9:
                gap = lead[h, 0] + lead[h, 1] * t * DT - s
                accel += 3.0 * (1 - (v / cruise) ** 4) if pull[h] == 0 else 0.0
                accel += idm_interaction(v, gap, lead[h, 1])
            if braking[h] > 0 and t * DT < BRAKES_ON:
                accel = min(accel, -braking[h])
            v = min(max(v + max(accel, -6.0) * DT, 0.0), cruise)
            s, d = s + v * DT, d + drift * DT
        if not straight:
            out_heading[h, 0] = heading0[h]
    return out_xy, out_heading, out_speed
