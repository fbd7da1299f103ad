"""Learned drivers that have learned nothing, to test what watches over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from control.pilot import Pilot
from datasets.driving import Trajectory
from datasets.observation import Observation
from datasets.scene import Scene
from perception.nouns import Glance
from perception.source import Look, Perception
from planning.learned import LearnedPlan
from planning.planner import RulePlanner
from scripts.true_eyes import TrueEyes
from sim.world import World

Spoil = Callable[[float, LearnedPlan], LearnedPlan]  # s, what it would want -> what it says


class Remembered(Perception):
    """Perception whose last scene can be asked for again."""

    def perceive(self, observation: Observation) -> Scene:
        self.scene = super().perceive(observation)
        return self.scene


class TrueEyesWithFeatures(TrueEyes):
    """True eyes, with empty features for a driver that does not look at them."""

    def __call__(self, observation: Observation) -> Glance:
        return super().__call__(observation)._replace(coarse=np.zeros((5, 4, 5, 12), np.float32))


class RulesAgain:
    """A LearnedDriver that wants what the rules want, or what `spoil` makes of it."""

    def __init__(self, perception: Remembered, spoil: Spoil | None = None) -> None:
        self._perception = perception
        self._planner = RulePlanner()
        self._spoil = spoil

    def reset(self) -> None:
        self._planner.reset()

    def plan(self, observation: Observation, coarse: object) -> LearnedPlan:  # noqa: ARG002
        trajectory, _ = self._planner.plan(self._perception.scene)
        plan = LearnedPlan(trajectory, path_spread=0.1, speed_spread=0.2)
        return plan if self._spoil is None else self._spoil(observation.t, plan)


def pilot(world: World, spoil: Spoil | None = None, look: Look | None = None) -> Pilot:
    """A pilot whose learned driver is a stand-in, with true eyes unless told otherwise."""
    perception = Remembered(look or TrueEyesWithFeatures(world))
    return Pilot(perception, RulesAgain(perception, spoil), world.rig)


def moved(trajectory: Trajectory, **changes: object) -> Trajectory:
    return replace(trajectory, **changes)  # type: ignore[arg-type]
