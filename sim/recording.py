"""The closed loop with all that a dataset keeps, and the way back from there into a world."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from datasets.camera import Camera
from datasets.driving import HUMAN, Action, Agent
from datasets.episode import Tick
from datasets.observation import CameraFrame, Observation
from datasets.store.logged import Head, LoggedTick
from sim.world import World

Disturb = Callable[[Action, float], Action]  # action and speed, m/s -> what the car does instead


def drive_logged(
    world: World,
    agent: Agent,
    observation: Observation,
    disturb: Disturb | None = None,
    keep_state: bool = True,
) -> Iterator[LoggedTick]:
    """The ticks from `observation`, which `world.reset` or `world.restore` has just returned, to
    the end of the episode. As in sim.loop.drive, not asking for the next tick is a pause.

    The agent's decision is the label; the car does what `disturb` makes of it. The wheel in a
    person's hand is an intervention as soon as somebody else has held it. What a shadow takes to
    think is not counted as the agent's time.
    """
    agent.reset()
    index, driven_by_agent = 0, False
    while world.outcome is None:
        simulator = world.save_text() if keep_state else ""
        pose = world.state.world_from_ego
        began = time.perf_counter()
        truth = world.truth()
        decision = agent.act(observation)
        compute_time = time.perf_counter() - began
        if decision.shadow is not None:
            compute_time -= decision.shadow.compute_time
        executed = decision.action
        if disturb is not None:
            executed = disturb(executed, truth.ego.speed)
        next_observation, outcome = world.step(executed)
        driven_by_agent |= decision.driver != HUMAN
        yield LoggedTick(
            tick=Tick(index, observation, truth, decision, outcome, compute_time),
            executed=executed,
            intervention=driven_by_agent and decision.driver == HUMAN,
            world_from_ego=pose,
            simulator=simulator,
        )
        observation = next_observation
        index += 1


def world_of(head: Head, cameras: bool = True) -> World:
    """The world that an episode was recorded in; `world.restore(logged.simulator)` is the moment
    of a tick."""
    return World(head.scenario, head.weather, cameras and bool(head.rig), head.rig or None)


def render_again(
    logged: LoggedTick,
    head: Head,
    weather: str | None = None,
    rig: tuple[Camera, ...] | None = None,
) -> tuple[CameraFrame, ...]:
    """What the cameras saw at a tick: the same pixels, or those of another weather or rig."""
    world = World(head.scenario, weather or head.weather, rig=rig or head.rig)
    return world.restore(logged.simulator).frames
