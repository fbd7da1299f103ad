"""Faults by name: what breaks between the world and whoever drives, and how.

    uv run scripts/evaluate.py --agent pilot --fault camera-left-black
    uv run scripts/drive.py --agent pilot --fault stall

Faults of the senses sit in the world (sim.faults); those of the computer sit around the agent: its
network says NaN, or it does not answer. No agent knows of any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from datasets.driving import Agent, Decision
from datasets.observation import Observation
from perception.nouns import Glance
from perception.source import Look
from sim.cameras.rig import default_rig
from sim.faults import (
    Black,
    Frozen,
    Late,
    Missing,
    SensorFault,
    Spoil,
    Swapped,
    WrongSpeed,
    start_time,
)
from sim.world import World

STALL, STALL_EVERY = 0.5, 5.0  # s without an answer; s from one stall to the next
CAMERAS = tuple(camera.name for camera in default_rig())

SENSOR_FAULTS: dict[str, Spoil] = {
    **{f"camera-{name}-black": Black((name,)) for name in CAMERAS},
    **{f"camera-{name}-frozen": Frozen(name) for name in CAMERAS},
    **{f"camera-{name}-late": Late(name) for name in CAMERAS},
    **{f"camera-{name}-missing": Missing(name) for name in CAMERAS},
    "all-black": Black(CAMERAS),
    "swapped-left-right": Swapped("left", "right"),
    "swapped-front-rear": Swapped("front_wide", "rear"),
    "swapped-front-left": Swapped("front_wide", "left"),
    "swapped-right-rear": Swapped("right", "rear"),
    "ego-speed+10": WrongSpeed(1.1),
    "ego-speed-10": WrongSpeed(0.9),
}
NETWORK_NAN, STALLED = "network-nan", "stall"
FAULTS = (*SENSOR_FAULTS, NETWORK_NAN, STALLED)


def check_fault(name: str | None) -> None:
    """ValueError names the faults that there are."""
    if name is not None and name not in FAULTS:
        raise ValueError(f"fault: expected one of {', '.join(FAULTS)}; got {name!r}")


def with_fault(name: str | None, make_agent: Callable[[World], Agent], world: World) -> Agent:
    """The agent for a world in which that fault happens; without a name, nothing does."""
    check_fault(name)
    agent = make_agent(world)
    if name is None:
        return agent
    if name in SENSOR_FAULTS:
        world.spoil = SensorFault(world, SENSOR_FAULTS[name])
        return agent
    return Stalling(agent, world) if name == STALLED else NanFromNetwork(agent, world)


class Stalling:
    """The computer does not answer for a while, every few seconds: the last action goes on."""

    def __init__(self, agent: Agent, world: World) -> None:
        self._agent = agent
        self._world = world

    def reset(self) -> None:
        self._agent.reset()
        self._begins = start_time(self._world.seed or 0, at_once=False)
        self._last: Decision | None = None

    def act(self, observation: Observation) -> Decision:
        since = observation.t - self._begins
        # Times are sums of ticks: a billionth of a second is no other tick.
        if self._last is not None and since >= 0 and since % STALL_EVERY < STALL - 1e-6:
            return replace(self._last, reason="no answer: the last action goes on", trajectory=None)
        self._last = self._agent.act(observation)
        return self._last


class NanFromNetwork:
    """All that the agent's network says is NaN from a moment on."""

    def __init__(self, agent: Agent, world: World) -> None:
        self._agent = agent
        self._world = world
        eyes = eyes_of(agent)
        self._look = eyes.look = _Nan(eyes.look)

    def reset(self) -> None:
        self._agent.reset()
        self._begins = start_time(self._world.seed or 0)
        self._look.broken = False

    def act(self, observation: Observation) -> Decision:
        self._look.broken = observation.t >= self._begins
        return self._agent.act(observation)


@dataclass(slots=True)
class _Nan:
    """A Look whose answers are spoilt while it is `broken`."""

    look: Look
    broken: bool = False

    def __call__(self, observation: Observation) -> Glance:
        glance = self.look(observation)
        if not self.broken:
            return glance
        # A RoadEstimate refuses to be made of this, as it would of a network's own NaN.
        road = replace(glance.road, xy_ego=np.full_like(glance.road.xy_ego, np.nan))
        return glance._replace(road=road)


def eyes_of(agent: Agent) -> Any:
    """What the agent looks with: whatever has a `look`; ValueError if it has no eyes."""
    for found in (getattr(agent, "perception", None), getattr(agent, "source", None), agent):
        if hasattr(found, "look"):
            return found
    raise ValueError(f"fault: expected an agent that looks through a network, got {agent!r}")
