"""The learned driver alone at the wheel: pictures -> features -> plan -> action. Nobody checks what
it does; the pilot is who drives with somebody beside it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from control.tracking import TrajectoryController
from datasets.driving import Decision
from datasets.observation import Observation
from perception.source import Look
from planning.learned import LearnedDriver


class LearnedAgent:
    """An Agent: observation -> coarse features -> learned plan -> action."""

    def __init__(self, name: str, look: Look, driver: LearnedDriver) -> None:
        self.name = name
        self.look = look
        self._driver = driver
        self._controller = TrajectoryController()

    def reset(self) -> None:
        self._driver.reset()

    def act(self, observation: Observation) -> Decision:
        coarse = self.look(observation).coarse
        if coarse is None:
            raise ValueError("a learned driver: expected eyes with a network, got others")
        plan = self._driver.plan(observation, coarse)
        action = self._controller.act(plan.trajectory, observation.ego)
        sure = f"heads within {plan.path_spread:.1f} m and {plan.speed_spread:.1f} m/s"
        return Decision(action, self.name, f"as it learned; {sure}", plan.trajectory)


class Blindfolded:
    """An Agent that is given black pictures: how much of its driving does without eyes."""

    def __init__(self, driver: LearnedAgent) -> None:
        self._driver = driver

    def reset(self) -> None:
        self._driver.reset()

    def act(self, observation: Observation) -> Decision:
        black = tuple(replace(f, rgb=np.zeros_like(f.rgb)) for f in observation.frames)
        return self._driver.act(replace(observation, frames=black))
