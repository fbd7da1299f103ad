"""Drive one episode and keep what the scores need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from datasets.driving import Agent, Decision
from datasets.episode import Tick
from datasets.observation import Observation
from sim.loop import drive
from sim.scores.log import EpisodeLog
from sim.state import WorldState
from sim.world import World


class _Witness:
    """Sits beside the driver and notes the world in which the episode begins."""

    def __init__(self, world: World, agent: Agent) -> None:
        self._world = world
        self._agent = agent
        self.states: list[WorldState] = []
        self.progress: list[float] = []

    def reset(self) -> None:
        self.note()
        self._agent.reset()

    def act(self, observation: Observation) -> Decision:
        return self._agent.act(observation)

    def note(self) -> None:
        self.states.append(self._world.state)
        self.progress.append(self._world.progress)


def record(
    world: World, agent: Agent, seed: int, watch: Callable[[Tick], None] | None = None
) -> EpisodeLog:
    """One whole episode; `watch` sees every tick, while the world shows the moment after it."""
    witness = _Witness(world, agent)
    decisions, compute_times, outcome = [], [], None
    for tick in drive(world, witness, seed):
        witness.note()
        decisions.append(tick.decision)
        compute_times.append(tick.compute_time)
        outcome = tick.outcome
        if watch is not None:
            watch(tick)
    if outcome is None:
        raise RuntimeError(f"record: expected an outcome of {world.scenario.name}, got none")
    return EpisodeLog(
        scenario=world.scenario.name,
        seed=seed,
        road_map=world.road_map,
        on_route=world.on_route,
        states=tuple(witness.states),
        actions=tuple(decision.action for decision in decisions),
        drivers=tuple(decision.driver for decision in decisions),
        reasons=tuple(decision.reason for decision in decisions),
        plans=tuple(decision.trajectory for decision in decisions),
        compute_times=np.array(compute_times),
        progress=np.array(witness.progress),
        goal=world.goal,
        outcome=outcome,
    )
