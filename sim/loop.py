"""The closed loop: sense, decide, act, again."""

from __future__ import annotations

import time
from collections.abc import Iterator

from datasets.driving import Agent
from datasets.episode import Tick
from sim.world import World


def drive(world: World, agent: Agent, seed: int) -> Iterator[Tick]:
    """The ticks of one episode; the last one carries its outcome.

    A generator, so that whoever watches sets the pace: not asking for the next tick is a pause.
    `world` shows the moment after the tick that was yielded last.
    """
    observation = world.reset(seed)
    agent.reset()
    index = 0
    while world.outcome is None:
        truth = world.truth()
        began = time.perf_counter()
        decision = agent.act(observation)
        compute_time = time.perf_counter() - began
        next_observation, outcome = world.step(decision.action)
        yield Tick(index, observation, truth, decision, outcome, compute_time)
        observation = next_observation
        index += 1
