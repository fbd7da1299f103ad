"""The agents by name: one table for every command line.

A driver of your own needs no entry: give its factory as `module:factory`, called with the world.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from control.agent import RuleDriver, VisibleOnly
from control.learned import Blindfolded, LearnedAgent
from control.pilot import Pilot
from datasets.driving import Agent
from perception.runtime import OnnxLook
from planning.planner import RulePlanner
from planning.policy.driver import Policy
from scripts.eyes import SHIPPED, perception_named
from scripts.pupil import Taught
from sim.baselines import ConstantSpeed, Idm, Random, TrueScenes
from sim.world import World

AgentFactory = Callable[[World], Agent]


def expert(world: World) -> Agent:
    """The teacher: rules on the truth about what the cameras can see."""
    return RuleDriver("expert", VisibleOnly(TrueScenes(world)), RulePlanner())


def rules(world: World) -> Agent:
    """The fallback: the same rules on what the cameras tell."""
    return RuleDriver("rules", perception_named(SHIPPED, world), RulePlanner())


def policy(world: World) -> Agent:  # noqa: ARG001, it has eyes
    """The learned driver, alone."""
    return LearnedAgent("policy", OnnxLook(), Policy())


def pilot(world: World) -> Agent:
    """The learned driver with a supervisor beside it, and rules and a safe stop behind: what users
    drive."""
    return Pilot(perception_named(SHIPPED, world), Policy(), world.rig)


def blind(world: World) -> Agent:  # noqa: ARG001
    """The same with black pictures: what it can do without seeing."""
    return Blindfolded(LearnedAgent("blind", OnnxLook(), Policy()))


def pupil(world: World) -> Agent:
    """The learned driver, relieved by the expert now and then, to collect data with."""
    return Taught(world, policy(world), expert(world))


AGENTS: dict[str, AgentFactory] = {
    "expert": expert,
    "rules": rules,
    "pilot": pilot,
    "policy": policy,
    "blind": blind,
    "pupil": pupil,
    "idm": Idm,  # highway-env's own driver, which sees everything
    "constant-speed": lambda _: ConstantSpeed(),
    "random": Random,
}
NEED_NO_IMAGES = frozenset({"expert", "idm", "constant-speed", "random"})


def agent_named(name: str) -> AgentFactory:
    """How to make the agent of that name for a world; ValueError names the good ones."""
    if name in AGENTS:
        return AGENTS[name]
    module, colon, factory = name.partition(":")
    if not colon:
        names = ", ".join(AGENTS)
        raise ValueError(f"agent: expected one of {names}, or module:factory; got {name!r}")
    try:
        found: AgentFactory = getattr(importlib.import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"agent: expected an importable module:factory; {error}") from error
    return found


def make_agent(name: str, world: World) -> Agent:
    """The agent of that name, to drive in `world`."""
    return agent_named(name)(world)


def needs_cameras(name: str) -> bool:
    """Whether the agent looks at images. A factory of your own says no with an attribute
    `needs_cameras = False`, which saves most of the time."""
    if name in NEED_NO_IMAGES:
        return False
    return bool(getattr(agent_named(name), "needs_cameras", True))
