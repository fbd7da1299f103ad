"""How hard the others are braking: the slope of their speed over the last scenes.

A Scene holds speeds and brake lights, no accelerations. A car counts as braking while its lights
say so, which keeps the noise of measured speeds from inventing emergencies; how hard, its speeds of
the last `WINDOW` seconds tell.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray
from datasets.driving import MAX_ACCEL
from datasets.scene import Agents

WINDOW = 0.35  # s: four scenes; more would be late to see a car brake, fewer would see noise


class MotionMemory:
    """The speeds of every agent over the last scenes, by id."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._seen: dict[int, list[tuple[float, float]]] = {}  # id: (s, m/s), latest last

    def decelerations(self, t: float, agents: Agents) -> FloatArray:
        """(N,) m/s^2 that each agent loses now, 0 for one that does not brake; `agents` compact."""
        seen: dict[int, list[tuple[float, float]]] = {}
        for name, speed in zip(agents.id.tolist(), agents.speed.tolist(), strict=True):
            recent = [row for row in self._seen.get(name, []) if 0 < t - row[0] <= WINDOW]
            seen[name] = [*recent, (t, speed)]
        self._seen = seen
        lost = [-_slope(seen[name]) for name in agents.id.tolist()]
        return np.where(agents.braking, np.clip(lost, 0.0, MAX_ACCEL), 0.0)


def _slope(rows: list[tuple[float, float]]) -> float:
    """Of the line through all rows that is nearest to them (least squares)."""
    n = len(rows)
    if n < 2:
        return 0.0
    mean_t, mean_v = sum(t for t, _ in rows) / n, sum(v for _, v in rows) / n
    spread = sum((t - mean_t) ** 2 for t, _ in rows)
    return sum((t - mean_t) * (v - mean_v) for t, v in rows) / spread
