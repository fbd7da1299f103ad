"""Who may come from out of sight: on every lane that leads towards the car and begins, as far as
can be seen, far ahead, somebody may be about to appear, as fast as is allowed there.

Nobody has to be known for it to be dangerous: at 20 m/s on either side 158 m of sight are over in
4 s, and a car that overtakes for longer than that relies on luck.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from datasets.checks import BoolArray
from datasets.scene import AgentKind, Agents, Indicator, Lanes
from planning.boxes import EGO_LENGTH, EGO_WIDTH

FAR = 60.0  # m: a lane that begins nearer than this begins there
TOWARDS = -0.5  # cosine of the angle to the car's heading of a lane that leads towards it
TAKEN = 10.0  # m from the beginning of a lane: who is nearer is the one who comes


def with_unseen(agents: Agents, lanes: Lanes) -> Agents:
    """The agents (compact), and one more at the beginning of each of those lanes."""
    if lanes.valid.shape[1] < 2:
        return agents
    comes = np.flatnonzero(_comes_from_afar(lanes) & ~_is_taken(lanes, agents))
    if len(comes) == 0:
        return agents
    begin, ahead = lanes.xy_ego[comes, 0], lanes.xy_ego[comes, 1] - lanes.xy_ego[comes, 0]
    n = len(comes)
    unseen = Agents(
        id=-1 - lanes.id[comes],
        kind=np.full(n, AgentKind.VEHICLE, np.int64),
        xy_ego=begin,
        heading=np.arctan2(ahead[:, 1], ahead[:, 0]),
        speed=lanes.speed_limit[comes],
        length=np.full(n, EGO_LENGTH),
        width=np.full(n, EGO_WIDTH),
        braking=np.zeros(n, np.bool_),
        indicator=np.full(n, Indicator.OFF, np.int64),
        visible=np.zeros(n),
        xy_std=np.zeros(n),
        valid=np.ones(n, np.bool_),
    )
    both = (agents, unseen)
    return Agents(*(np.concatenate([getattr(a, f.name) for a in both]) for f in fields(Agents)))


def _comes_from_afar(lanes: Lanes) -> BoolArray:
    """(L,) whether a lane leads towards the car, from where nothing is seen to lead to it."""
    begin, ahead = lanes.xy_ego[:, 0], lanes.xy_ego[:, 1] - lanes.xy_ego[:, 0]
    towards = ahead[:, 0] < TOWARDS * np.hypot(*ahead.T)
    known = lanes.valid[:, 1]
    led_to = lanes.leads_to[known].any(axis=0)
    return np.asarray(known & towards & ~led_to & (begin[:, 0] > FAR))


def _is_taken(lanes: Lanes, agents: Agents) -> BoolArray:
    """(L,) whether somebody who is seen is where a lane begins: nobody else is there."""
    away = agents.xy_ego[None] - lanes.xy_ego[:, :1]
    return np.asarray((np.hypot(away[..., 0], away[..., 1]) < TAKEN).any(axis=1))
