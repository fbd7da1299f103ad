"""Recorded ticks seen differently: in other weathers, and from a car further aside and turned.

A recording has one weather and one set of mounting errors for all its ticks, and all scenarios of a
seed share them; and whoever drives well is always in the middle of the lane. Drawn again from the
simulator's state, every few ticks have a weather of their own and every tick a place of its own, so
that a network meets hundreds of them in the same traffic.
"""

from __future__ import annotations

import zlib

import numpy as np

from datasets.camera import Camera
from datasets.geometry import SE2
from datasets.observation import CameraFrame
from datasets.scene import Scene
from datasets.store.logged import Head, LoggedTick
from sim.cameras.renderer import Renderer
from sim.cameras.weather import weather_for
from sim.recording import world_of
from sim.world import World

_SEEDS = 10_000  # the seeds that one may train on: 0 to 9999


def restore(world: World, logged: LoggedTick) -> None:
    """The world as it was at that tick; ValueError where no state was kept."""
    if not logged.simulator:
        raise ValueError("redraw: expected ticks with the simulator's state, got one without")
    world.restore(logged.simulator)


def in_some_weather(world: World, rig: tuple[Camera, ...], rng: np.random.Generator) -> Renderer:
    """Who draws what a rig sees of that world, in a weather and with mounting errors by chance."""
    seed = int(rng.integers(_SEEDS))
    return Renderer(world.road_map, rig, weather_for("random", seed), seed)


class ChangingWeather:
    """The recorded moments of an episode, back in its world, and who draws them: in a weather and
    with mounting errors that are others after every `every` moments."""

    def __init__(self, head: Head, every: int, rng: np.random.Generator) -> None:
        self._world = world_of(head, cameras=False)
        self._every = every
        self._rng = rng
        self._drawn = 0

    def restored(self, logged: LoggedTick) -> tuple[World, Renderer]:
        """The world at that moment, and who draws it; ValueError where no state was kept."""
        restore(self._world, logged)
        if self._drawn % self._every == 0:
            self._renderer = in_some_weather(self._world, self._world.rig, self._rng)
        self._drawn += 1
        return self._world, self._renderer


class OtherViews:
    """Frames and truth with another weather for every `every` ticks and a place of the car that
    is, for each tick, up to `sideways` m aside and up to `turn_deg` degrees turned."""

    def __init__(self, every: int, seed: int, sideways: float = 1.0, turn_deg: float = 5.0) -> None:
        self.name = f"other views every {every} from {seed}, {sideways} m, {turn_deg} deg"
        self._every = every
        self._seed = seed
        self._most = np.array([sideways, np.deg2rad(turn_deg)])
        self._head: Head | None = None

    def __call__(self, logged: LoggedTick, head: Head) -> tuple[tuple[CameraFrame, ...], Scene]:
        if head is not self._head:
            self._head = head
            # Of the episode's own, so that it does not matter which others are drawn before it.
            episode = [self._seed, head.seed, zlib.crc32(head.scenario.encode())]
            self._rng = np.random.default_rng(episode)
            self._weather = ChangingWeather(head, self._every, self._rng)
        world, renderer = self._weather.restored(logged)
        side, turn = self._most * self._rng.uniform(-1, 1, 2)
        world.state = world.state.with_ego_at(SE2(0.0, float(side), float(turn)))
        return renderer.render(world.state), world.truth()
