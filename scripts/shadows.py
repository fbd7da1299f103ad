"""Who rides along, by name: any agent, or a model of the registry by its bare name.

    uv run scripts/collect.py --agent pupil --shadow expert --out runs/data
    uv run scripts/drive.py --agent pilot --shadow MODEL

A shadow is made with the world, as every agent is, and may look into it; it leaves no trace there.
"""

from __future__ import annotations

from control.shadow import Shadowed
from datasets.driving import Agent, Decision
from datasets.observation import Observation
from scripts.agents import AGENTS, AgentFactory, agent_named, needs_cameras
from sim.world import World

MODEL = "policy@"  # the agent that drives by a model of the registry


def full_name(shadow: str | None) -> str:
    """The name of the agent that is meant, as it is recorded; "" where nobody rides along."""
    if not shadow:
        return ""
    is_agent = shadow in AGENTS or "@" in shadow or ":" in shadow
    return shadow if is_agent else MODEL + shadow


def shadow_named(name: str) -> AgentFactory:
    """How to make who rides along; ValueError names the good ones."""
    try:
        return agent_named(full_name(name))
    except ValueError as error:
        names = ", ".join(AGENTS)
        raise ValueError(f"shadow: expected {names}, or a model; got {name!r}: {error}") from error


def check_shadow(name: str | None, cameras: bool = True) -> None:
    """Refuse a name that means nobody, and eyes where there is nothing to see."""
    if name is None:
        return
    shadow_named(name)
    if not cameras and needs_cameras(full_name(name)):
        raise ValueError(f"shadow: expected one that needs no cameras, as they are off, got {name}")


def with_shadow(name: str | None, driver: Agent, world: World) -> Agent:
    """The driver, with whom that name means beside it; without a name, alone."""
    if name is None:
        return driver
    shadow = LeavesNoTrace(shadow_named(name)(world), world)
    return Shadowed(driver, shadow, full_name(name))


class LeavesNoTrace:
    """An Agent after which its world is as it was before, whatever it did there: an agent of one's
    own may look at what would happen, and highway-env's hold the dice of the road."""

    def __init__(self, agent: Agent, world: World) -> None:
        self._agent = agent
        self._world = world

    def reset(self) -> None:
        before = self._world.mark()
        try:
            self._agent.reset()
        finally:
            self._world.rewind(before)

    def act(self, observation: Observation) -> Decision:
        before = self._world.mark()
        try:
            return self._agent.act(observation)
        finally:
            self._world.rewind(before)
