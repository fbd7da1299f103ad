"""What the others may do: every agent along the lanes it can be on, in more than one way where the
road or the agent leaves it open (planning/hypotheses.py says in which).

Along its lane it drives as the traffic of highway-env does (IDM behind the agent in front of it,
which is taken to keep its speed), and returns to the middle of its lane with a time constant; who
brakes goes on braking for a while. Who is on no lane keeps its velocity; a wreck slides to a stop.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.scene import AgentKind, Agents
from planning.bicycle import AXLE
from planning.hypotheses import guess_all
from planning.idm import idm_interaction
from planning.lane_graph import LaneGraph
from planning.motion import SLIDE, Motion
from planning.paths import STEP, Paths, project_points, resample

DT = 0.1  # s between two moments of a forecast, as between two decisions
CENTERING = 0.7  # s, highway-env's KP_LATERAL is 1 / 0.6 s
CUTTING, PURSUIT = 0.6, 0.1  # s: in bends its traffic cuts the corner, since its steering takes no
# account of the slip of its wheels (AXLE, m) and a little of the road ahead (PURSUIT)
STEEPEST = 0.5  # m to the side for a metre ahead, on the way to the middle of a lane
BRAKES_ON = 1.5  # s that an agent goes on braking as hard as it does now
STANDS, ROOM = 0.5, 5.0  # m/s, m: to whom stands one keeps room enough to steer around him
NEAR = 12.0  # m from a path: who is further away is not projected on it


class Forecast(NamedTuple):
    """H hypotheses at T + 1 moments, the first of which is now; ego frame of now. A named tuple,
    because it goes into compiled code."""

    xy: FloatArray  # (H, T + 1, 2) m
    heading: FloatArray  # (H, T + 1) rad
    speed: FloatArray  # (H, T + 1) m/s
    agent: IntArray  # (H,) row of Agents
    weight: FloatArray  # (H,) how likely, the hypotheses of one agent sum to 1
    length: FloatArray  # (H,) m
    width: FloatArray  # (H,) m
    room: FloatArray  # (H,) m that one keeps behind it on top of the usual

    @property
    def size(self) -> int:
        """H."""
        return len(self.agent)

    def beside(self, paths: Paths) -> Beside:
        """The same along P paths."""
        return Beside(*project_points(paths.xy, paths.heading, self.xy, NEAR))


class Beside(NamedTuple):
    """A forecast along P paths of the car."""

    s: FloatArray  # (P, H, T + 1) m along each path
    d: FloatArray  # (P, H, T + 1) m left of it; inf for who is further than NEAR from it


class _Chains(NamedTuple):
    """C ways along lanes, as points every STEP metres."""

    xy: FloatArray  # (C, K, 2) m
    heading: FloatArray  # (C, K) rad, unwrapped


class _Starts(NamedTuple):
    """H hypotheses before they are simulated."""

    chain: IntArray  # (H,) which way it follows, -1: straight on
    along: FloatArray  # (H,) m from where the way begins
    offset: FloatArray  # (H,) m left of it
    pull: FloatArray  # (H,) m/s^2, accelerating to the speed limit
    limit: FloatArray  # (H,) m/s
    lead: FloatArray  # (H, 2) m along its way and m/s of who drives in front, inf if nobody does
    xy: FloatArray  # (H, 2) m
    heading: FloatArray  # (H,) rad
    speed: FloatArray  # (H,) m/s
    wrecked: BoolArray  # (H,)
    braking: FloatArray  # (H,) m/s^2


def predict(
    graph: LaneGraph, agents: Agents, motion: Motion, ego_speed: float, horizon: float
) -> Forecast:
    """The forecasts of all agents (compact), which have been moving like that, over `horizon` s;
    the car drives at `ego_speed` m/s."""
    guesses, ways, limits = guess_all(graph, agents, motion, ego_speed, horizon)
    reach = float(agents.speed.max(initial=0.0)) * horizon + 60.0  # m
    count, at_least_one = int(reach / STEP) + 2, max(len(ways), 1)
    chains = _Chains(np.zeros((at_least_one, count, 2)), np.zeros((at_least_one, count)))
    begin = np.zeros(at_least_one)
    for i, way in enumerate(ways):
        begin[i] = min((g.along for g in guesses if g.chain == i), default=0.0) - STEP
        chains.xy[i], chains.heading[i] = resample(graph.points(list(way)), begin[i], count)
    who = np.array([g.agent for g in guesses], dtype=np.int64)
    chain = np.array([g.chain for g in guesses], dtype=np.int64)
    along = np.array([g.along - begin[g.chain] for g in guesses], dtype=np.float64)
    at, beside = project_points(*chains, agents.xy_ego[:, None, :], 4.0)
    speed = np.where(agents.kind == AgentKind.OBSTACLE, 0.0, agents.speed)
    starts = _Starts(
        chain=chain,
        along=along,
        offset=np.array([g.offset for g in guesses], dtype=np.float64),
        pull=np.array([g.pull for g in guesses], dtype=np.float64),
        limit=np.array([limits[g.chain] if g.chain >= 0 else 0.0 for g in guesses]),
        lead=_leads(chain, who, along, at[..., 0], beside[..., 0], agents.speed),
        xy=agents.xy_ego[who].reshape(len(who), 2),
        heading=agents.heading[who],
        speed=speed[who],
        wrecked=motion.wrecked[who],
        braking=motion.lost[who],
    )
    states = _simulate(chains, starts, round(horizon / DT))
    weight = np.array([g.weight for g in guesses], dtype=np.float64)
    room = np.where(np.abs(agents.speed[who]) < STANDS, ROOM, 0.0)
    return Forecast(*states, who, weight, agents.length[who], agents.width[who], room)


def _leads(
    chain: IntArray,
    who: IntArray,
    along: FloatArray,
    at: FloatArray,
    beside: FloatArray,
    speed: FloatArray,
) -> FloatArray:
    """(H, 2) the place along its way and the speed of the agent in front; place inf if none."""
    lead = np.full((len(chain), 2), np.inf)
    for h in range(len(chain)):
        if chain[h] < 0:
            continue
        s, d = at[chain[h]], beside[chain[h]]
        ahead = (np.abs(d) < 2.0) & (s > along[h]) & (np.arange(len(s)) != who[h])
        if ahead.any():
            nearest = int(np.argmin(np.where(ahead, s, np.inf)))
            lead[h] = s[nearest], speed[nearest]
    return lead


@njit(cache=True)
def _simulate(chains, starts, steps):  # type: ignore[no-untyped-def]
    """Walk every hypothesis along its way: (H, T + 1, 2), (H, T + 1) and (H, T + 1)."""
    xy, heading = chains
    n = len(starts.chain)
    out_xy, out_heading = np.zeros((n, steps + 1, 2)), np.zeros((n, steps + 1))
    out_speed = np.zeros((n, steps + 1))
    last = xy.shape[1] - 2
    for h in range(n):
        v, s, d = starts.speed[h], starts.along[h], starts.offset[h]
        p, pull, lead = starts.chain[h], starts.pull[h], starts.lead[h]
        x0, y0, heading0 = starts.xy[h, 0], starts.xy[h, 1], starts.heading[h]
        straight = p < 0
        if straight:
            s = 0.0  # from where it is
        cruise = max(v, 1.0)
        if pull > 0:
            cruise = max(cruise, starts.limit[h])
        for t in range(steps + 1):
            out_speed[h, t] = v
            if straight:
                out_xy[h, t, 0] = x0 + s * math.cos(heading0)
                out_xy[h, t, 1] = y0 + s * math.sin(heading0)
                out_heading[h, t] = heading0
                s += v * DT
                if starts.wrecked[h]:
                    v -= v / SLIDE * DT
                continue
            k = min(max(int(s / STEP), 0), last)
            part = s / STEP - k
            psi = heading[p, k] + part * (heading[p, k + 1] - heading[p, k])
            x = xy[p, k, 0] + part * (xy[p, k + 1, 0] - xy[p, k, 0])
            y = xy[p, k, 1] + part * (xy[p, k + 1, 1] - xy[p, k, 1])
            out_xy[h, t, 0], out_xy[h, t, 1] = x - d * math.sin(psi), y + d * math.cos(psi)
            bend = (heading[p, k + 1] - heading[p, k]) / STEP
            inside = CUTTING * max(v, 0.0) * bend * (AXLE - PURSUIT * v)
            drift = -min(max((d - inside) / CENTERING, -STEEPEST * v), STEEPEST * v)
            slip = math.asin(min(max(AXLE * bend, -0.9), 0.9))
            out_heading[h, t] = psi + math.atan2(drift, max(v, 2.0)) - slip
            accel = 0.0
            if pull > 0:
                accel = pull * (1 - (v / cruise) ** 4)
            if lead[0] < 1e9:
                gap = lead[0] + lead[1] * t * DT - s
                accel += 3.0 * (1 - (v / cruise) ** 4) if pull == 0 else 0.0
                accel += idm_interaction(v, gap, lead[1])
            if starts.braking[h] > 0 and t * DT < BRAKES_ON:
                accel = min(accel, -starts.braking[h])
            v = min(max(v + max(accel, -6.0) * DT, 0.0), cruise)
            s, d = s + v * DT, d + drift * DT
        if not straight:
            out_heading[h, 0] = heading0
    return out_xy, out_heading, out_speed
