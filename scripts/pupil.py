"""A pupil at the wheel, with its teacher's hand on it now and then: who drives while DAgger's data
are collected.

    uv run scripts/collect.py --agent pupil --weather random --out runs/dagger

The episode falls into stretches of a few seconds, each driven by the policy or, with a share of
`TEACHER`, by the expert: so the log holds the policy's own states from all over the route, also
from beyond the places where it would have left the road. Whoever drives, the labels are the
expert's, asked afresh when the lessons are made (scripts/lessons.py).
"""

from __future__ import annotations

import numpy as np

from datasets.driving import Agent, Decision
from datasets.observation import Observation
from sim.world import World

TEACHER = 0.3  # share of the stretches that the expert drives
SHORTEST, LONGEST = 20, 60  # ticks of a stretch
_STREAM = 17  # separates this use of the episode's seed from others


class Taught:
    """An Agent: the pupil, relieved by the teacher at random; the same for the same seed."""

    def __init__(self, world: World, pupil: Agent, teacher: Agent) -> None:
        self._world = world
        self._pupil, self._teacher = pupil, teacher

    def reset(self) -> None:
        self._pupil.reset()
        self._teacher.reset()
        self._rng = np.random.default_rng([self._world.seed or 0, _STREAM])
        self._left = 0

    def act(self, observation: Observation) -> Decision:
        if self._left == 0:
            self._left = int(self._rng.integers(SHORTEST, LONGEST))
            self._taught = self._rng.random() < TEACHER
        self._left -= 1
        # Both think at every tick: they remember.
        decisions = self._pupil.act(observation), self._teacher.act(observation)
        return decisions[self._taught]
