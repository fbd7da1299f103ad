"""Drivers for tests of the world: simple, and without anything of ours that may change."""

from __future__ import annotations

import hashlib

import numpy as np

from datasets.driving import Action
from sim.world import World


def weaving(tick: int) -> Action:
    """A gentle weave: enough to make traffic react."""
    return Action(0.5 * np.cos(tick / 7), 0.01 * np.sin(tick / 5))


def tick_log(world: World, seed: int, ticks: int) -> list[bytes]:
    """A digest of everything sensed and everything true, tick by tick."""
    observation = world.reset(seed)
    log = [_digest(world, observation)]
    while world.outcome is None and world.tick < ticks:
        observation, _ = world.step(weaving(world.tick))
        log.append(_digest(world, observation))
    return log


def _digest(world: World, observation) -> bytes:
    state, digest = world.state, hashlib.sha256()
    for array in (
        state.id,
        state.xy_world,
        state.heading,
        state.speed,
        state.accel,
        state.target_lane,
        observation.ego.as_array(),
        observation.route.xy_ego,
        *(frame.rgb for frame in observation.frames),
    ):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
