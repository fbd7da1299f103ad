"""What the others may do: every agent along the lanes it can be on, in more than one way where the
road or the agent leaves it open (planning/hypotheses.py says in which).

Along its lane it drives as the traffic of highway-env does (IDM behind the agent in front of it,
which is taken to keep its speed), and returns to the middle of its lane with a time constant; who
brakes goes on braking for a while. Who is on no lane keeps its velocity; a wreck slides to a stop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from datasets.checks import FloatArray, IntArray
from datasets.scene import AgentKind, Agents
from planning.bicycle import AXLE
from planning.hypotheses import guess_all
from planning.idm import idm_interaction
from planning.lane_graph import LaneGraph
from planning.motion import SLIDE, Motion
from planning.paths import STEP, project_points, resample

DT = 0.1  # s between two moments of a forecast, as between two decisions
CENTERING = 0.7  # s, highway-env's KP_LATERAL is 1 / 0.6 s
CUTTING, PURSUIT = 0.6, 0.1  # s: in bends its traffic cuts the corner, since its steering takes no
# account of the slip of its wheels (AXLE, m) and a little of the road ahead (PURSUIT)
STEEPEST = 0.5  # m to the side for a metre ahead, on the way to the middle of a lane
BRAKES_ON = 1.5  # s that an agent goes on braking as hard as it does now
STANDS, ROOM = 0.5, 5.0  # m/s, m: to whom stands one keeps room enough to steer around him


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


def predict(
    graph: LaneGraph, agents: Agents, motion: Motion, ego_speed: float, horizon: float
) -> Forecast:
    """The forecasts of all agents (compact), which have been moving like that, over `horizon` s;
    the car drives at `ego_speed` m/s."""
    steps = round(horizon / DT)
    guesses, chains, limits = guess_all(graph, agents, motion, ego_speed, horizon)
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
    speed = np.where(agents.kind == AgentKind.OBSTACLE, 0.0, agents.speed)
    lead = _leads(path, who, along, at[..., 0], beside[..., 0], agents.speed)
    states = _simulate(
        xy, heading, path, along, offset, pull, limit, lead,
        agents.xy_ego[who].reshape(n, 2), agents.heading[who], speed[who],
        motion.wrecked[who], motion.lost[who], steps,
    )  # fmt: skip
    weight = np.array([g.weight for g in guesses], dtype=np.float64)
    room = np.where(np.abs(agents.speed[who]) < STANDS, ROOM, 0.0)
    return Forecast(*states, who, weight, agents.length[who], agents.width[who], room)


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
def _simulate(
    xy, heading, path, along, offset, pull, limit, lead, xy0, heading0, speed0, wrecked, braking,
    steps,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Walk every hypothesis along its path; see `predict` for the arrays."""
    n = len(path)
    out_xy, out_heading = np.zeros((n, steps + 1, 2)), np.zeros((n, steps + 1))
    out_speed = np.zeros((n, steps + 1))
    last = xy.shape[1] - 2
    for h in range(n):
        v, s, d, p = speed0[h], along[h], offset[h], path[h]
        straight = p < 0
        if straight:
            s = 0.0  # from where it is
        cruise = max(v, 1.0)
        if pull[h] > 0:
            cruise = max(cruise, limit[h])
        for t in range(steps + 1):
            out_speed[h, t] = v
            if straight:
                out_xy[h, t, 0] = xy0[h, 0] + s * math.cos(heading0[h])
                out_xy[h, t, 1] = xy0[h, 1] + s * math.sin(heading0[h])
                out_heading[h, t] = heading0[h]
                s += v * DT
                if wrecked[h]:
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
