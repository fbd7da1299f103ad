"""The agents by name: one table for every command line."""

from __future__ import annotations

from collections.abc import Callable

from datasets.driving import Agent
from sim.baselines import ConstantSpeed, Idm
from sim.world import World

AGENTS: dict[str, Callable[[World], Agent]] = {
    "idm": Idm,  # highway-env's own driver, which sees everything
    "constant-speed": lambda _: ConstantSpeed(),
}


def agent_named(name: str) -> Callable[[World], Agent]:
    """How to make the agent of that name for a world; ValueError names the good ones."""
    if name not in AGENTS:
        raise ValueError(f"agent: expected one of {', '.join(AGENTS)}; got {name!r}")
    return AGENTS[name]


def make_agent(name: str, world: World) -> Agent:
    """The agent of that name, to drive in `world`."""
    return agent_named(name)(world)
