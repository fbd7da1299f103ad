"""Drivers to compare with. They need no cameras; `Idm` looks into the world itself."""

from __future__ import annotations

import numpy as np

from datasets.driving import Action, Decision
from datasets.episode import TICK
from datasets.observation import Observation
from datasets.scene import Scene
from sim.world import World


class TrueScenes:
    """A source of scenes that looks at the truth: what makes the rules an expert."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reset(self) -> None:
        """Nothing is kept from tick to tick."""

    def perceive(self, observation: Observation) -> Scene:  # noqa: ARG002, the truth needs no senses
        return self._world.truth()


class Idm:
    """highway-env's own IDM/MOBIL, which sees everything, through the actions and at the rate that
    every other driver has."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reset(self) -> None:
        self._driver = self._world.idm_driver()

    def act(self, observation: Observation) -> Decision:  # noqa: ARG002, it sees everything
        action = self._world.ask_native(self._driver)
        self._driver.timer += TICK
        return Decision(action, "idm", "IDM and MOBIL")


class ConstantSpeed:
    """Goes straight on at the speed it began with."""

    def reset(self) -> None:
        """Nothing is kept from tick to tick."""

    def act(self, observation: Observation) -> Decision:  # noqa: ARG002
        return Decision(Action(0.0, 0.0), "constant-speed", "never touches anything")


class Random:
    """Random actions, the same whenever the episode's seed is."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reset(self) -> None:
        self._rng = np.random.default_rng(self._world.seed)

    def act(self, observation: Observation) -> Decision:  # noqa: ARG002
        accel, steering = self._rng.uniform(-1, 1, 2)
        return Decision(Action.clipped(2 * accel, 0.05 * steering), "random", "dice")
