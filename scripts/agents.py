"""The agents by name: one table for every command line.

A learned driver drives by the shipped model, or by one of the registry: `pilot@round-1`
(scripts/models_at_hand.py says which names there are).

A driver of your own needs no entry: give its factory as `module:factory`, called with the world.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable
from typing import Protocol

from control.agent import RuleDriver, VisibleOnly
from control.learned import Blindfolded, LearnedAgent
from control.pilot import Pilot
from datasets.driving import Agent
from datasets.learning.model import Model
from datasets.learning.registry import SHIPPED as SHIPPED_MODEL
from perception.source import Perception
from planning.planner import RulePlanner
from planning.warm_up import warm_up
from scripts.eyes import SHIPPED, perception_named
from scripts.models_at_hand import learned_driver, look_of, model_named, settled
from scripts.pupil import Taught
from sim.baselines import ConstantSpeed, Idm, Random, TrueScenes
from sim.world import World

AgentFactory = Callable[[World], Agent]


def expert(world: World) -> Agent:
    """The teacher: rules on the truth about what the cameras can see."""
    warm_up()
    return RuleDriver("expert", VisibleOnly(TrueScenes(world)), RulePlanner())


def rules(world: World) -> Agent:
    """The fallback: the same rules on what the cameras tell."""
    warm_up()
    return RuleDriver("rules", perception_named(SHIPPED, world), RulePlanner())


def policy(world: World, model: str = SHIPPED_MODEL) -> Agent:  # noqa: ARG001, it has eyes
    """The learned driver, alone."""
    return LearnedAgent("policy", look_of(model, closer=False), learned_driver(model))


def pilot(world: World, model: str = SHIPPED_MODEL) -> Agent:
    """The learned driver with a supervisor beside it, and rules and a safe stop behind: what users
    drive."""
    warm_up()
    return Pilot(Perception(look_of(model)), learned_driver(model), world.rig)


def blind(world: World, model: str = SHIPPED_MODEL) -> Agent:  # noqa: ARG001
    """The same with black pictures: what it can do without seeing."""
    driver = LearnedAgent("blind", look_of(model, closer=False), learned_driver(model))
    return Blindfolded(driver)


def pupil(world: World, model: str = SHIPPED_MODEL) -> Agent:
    """The learned driver, relieved by the expert now and then, to collect data with."""
    return Taught(world, policy(world, model), expert(world))


class LearnedFactory(Protocol):
    """An AgentFactory that takes the name of a model, too."""

    def __call__(self, world: World, model: str = SHIPPED_MODEL) -> Agent: ...


LEARNED: dict[str, LearnedFactory] = {
    "pilot": pilot,
    "policy": policy,
    "blind": blind,
    "pupil": pupil,
}
AGENTS: dict[str, AgentFactory] = {
    "expert": expert,
    "rules": rules,
    **LEARNED,
    "idm": Idm,  # highway-env's own driver, which sees everything
    "constant-speed": lambda _: ConstantSpeed(),
    "random": Random,
}
AT = "@"  # between an agent and its model
NEED_NO_IMAGES = frozenset({"expert", "idm", "constant-speed", "random"})


def agent_named(name: str) -> AgentFactory:
    """How to make the agent of that name for a world; ValueError names the good ones, or says what
    is wrong with its model."""
    model = model_of(name)
    if model is not None:
        who, _, which = name.partition(AT)
        return functools.partial(LEARNED[who], model=which or SHIPPED_MODEL)
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


def model_of(name: str) -> Model | None:
    """The model that the agent of that name drives by, checked; None for one that has not
    learned."""
    who, at, which = name.partition(AT)
    if who in LEARNED:
        return model_named(which if at else SHIPPED_MODEL)
    if at:
        names = ", ".join(LEARNED)
        raise ValueError(f"agent: expected one with a learned driver ({names}), got {name!r}")
    return None


def with_model(agent: str, model: str | None) -> str:
    """The name of that agent with that model, `champion` replaced by whoever that is now;
    ValueError if there is no such agent."""
    if model is not None:
        if AT in agent:
            raise ValueError(f"model: expected one, got {agent!r} and {model!r}")
        agent = f"{agent}{AT}{model}"
    agent_named(agent)
    who, at, which = agent.partition(AT)
    return f"{who}{AT}{settled(which)}" if at else agent


def file_name(agent: str) -> str:
    """The name of an agent as part of a file's name."""
    return re.sub(r"[:/\\]", ".", agent)


def make_agent(name: str, world: World) -> Agent:
    """The agent of that name, to drive in `world`."""
    return agent_named(name)(world)


def needs_cameras(name: str) -> bool:
    """Whether the agent looks at images. A factory of your own says no with an attribute
    `needs_cameras = False`, which saves most of the time."""
    if name in NEED_NO_IMAGES:
        return False
    return bool(getattr(agent_named(name), "needs_cameras", True))
