"""Recorded ticks in other weathers: what the cameras would have seen, from the simulator's state.

A recording has one weather and one set of mounting errors for all its ticks, and all scenarios of a
seed share them. Drawn again, every few ticks have their own, so that a network meets hundreds of
them in the same traffic.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from datasets.learning.inputs import stacked
from datasets.store.logged import Head, LoggedTick
from sim.cameras.renderer import Renderer
from sim.cameras.weather import weather_for
from sim.recording import world_of

_SEEDS = 10_000  # the seeds that one may train on: 0 to 9999


class OtherWeathers:
    """Pictures with a weather of their own for every `every` ticks."""

    def __init__(self, every: int, seed: int) -> None:
        self.name = f"other weathers every {every} from {seed}"
        self._every = every
        self._seed = seed
        self._head: Head | None = None
        self._left = 0

    def __call__(self, logged: LoggedTick, head: Head) -> NDArray[np.uint8]:
        if not logged.simulator:
            raise ValueError("redraw: expected ticks with the simulator's state, got one without")
        if head is not self._head:
            self._head, self._left = head, 0
            # Of the episode's own, so that it does not matter which others are drawn before it.
            episode = [self._seed, head.seed, zlib.crc32(head.scenario.encode())]
            self._rng = np.random.default_rng(episode)
            self._world = world_of(head, cameras=False)
        self._world.restore(logged.simulator)
        if self._left == 0:
            self._left = self._every
            seed = int(self._rng.integers(_SEEDS))
            weather = weather_for("random", seed)
            self._renderer = Renderer(self._world.road_map, head.rig, weather, seed)
        self._left -= 1
        return stacked(self._renderer.render(self._world.state))
