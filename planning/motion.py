"""How the others have been moving: how hard they brake or speed up, and for how long they have
stood.

A Scene holds speeds and brake lights, no accelerations. A car counts as braking while its lights
say so, which keeps the noise of measured speeds from inventing emergencies; how hard, its speeds of
the last `WINDOW` seconds tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.driving import MAX_ACCEL
from datasets.scene import Agents
from planning.boxes import touching

WINDOW = 0.35  # s: four scenes; more would be late to see a car brake, fewer would see noise
AIR = 0.6  # m: those nearer to one another have crashed
SLOW = 3.0  # m/s, and a crash leaves no more speed than this
SLIDE = 1.0  # s: a wreck loses its speed with this time constant, as highway-env's do
SURE = 5  # scenes on end in which two touched: no ghost, which flickers
HALT = 2.0  # m: who has not got that far has not moved; cars in a jam creep to and fro


@dataclass(frozen=True, slots=True)
class Motion:
    """What the N agents of a scene (compact) have been doing."""

    lost: FloatArray  # (N,) m/s^2 of speed that each loses now, 0 for one that does not brake
    gained: FloatArray  # (N,) m/s^2 of speed that each gains now
    still: FloatArray  # (N,) s in which each has not got anywhere
    wrecked: BoolArray  # (N,) has run into somebody: it will not go on by itself

    def and_new(self, count: int) -> Motion:
        """Of so many more agents, of whom nothing is known yet."""
        numbers = (self.lost, self.gained, self.still)
        wrecked = np.append(self.wrecked, np.zeros(count, np.bool_))
        return Motion(*(np.append(each, np.zeros(count)) for each in numbers), wrecked)


class MotionMemory:
    """The speeds of every agent over the last scenes, by id."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._t = 0.0
        self._seen: dict[int, list[tuple[float, float]]] = {}  # id: (s, m/s), latest last
        self._halted: dict[int, tuple[float, float]] = {}  # id: (since, s; m driven since)
        self._touched: dict[int, int] = {}  # id: scenes on end in which it touched somebody

    def update(self, t: float, agents: Agents) -> Motion:
        """Take in the agents (compact) of the scene at `t`; how they have been moving until now."""
        names, speeds = agents.id.tolist(), agents.speed.tolist()
        seen: dict[int, list[tuple[float, float]]] = {}
        halted: dict[int, tuple[float, float]] = {}
        for name, speed in zip(names, speeds, strict=True):
            recent = [row for row in self._seen.get(name, []) if 0 < t - row[0] <= WINDOW]
            seen[name] = [*recent, (t, speed)]
            since, driven = self._halted.get(name, (t, 0.0))
            driven += speed * (t - self._t)
            halted[name] = (since, driven) if abs(driven) < HALT else (t, 0.0)
        self._t, self._seen, self._halted = t, seen, halted
        slope = np.array([_slope(seen[name]) for name in names], np.float64)
        lost, gained = np.clip(-slope, 0.0, MAX_ACCEL), np.clip(slope, 0.0, MAX_ACCEL)
        still = np.array([t - halted[name][0] for name in names], np.float64)
        wrecked = self._wrecked(agents, names)
        return Motion(np.where(agents.braking, lost, 0.0), gained, still, wrecked)

    def _wrecked(self, agents: Agents, names: list[int]) -> BoolArray:
        """(N,) who touches somebody, and who did for long enough and has hardly moved since: his
        counterpart may be out of sight by now."""
        slow = np.abs(agents.speed) < SLOW
        touches = touching(agents, AIR) & slow
        before = np.array([self._touched.get(name, 0) for name in names], np.int64)
        kept = np.where(before >= SURE, before, 0)
        count = np.where(slow, np.where(touches, before + 1, kept), 0)
        self._touched = dict(zip(names, count.tolist(), strict=True))
        return np.asarray(touches | (count >= SURE))


def _slope(rows: list[tuple[float, float]]) -> float:
    """Of the line through all rows that is nearest to them (least squares)."""
    n = len(rows)
    if n < 2:
        return 0.0
    mean_t, mean_v = sum(t for t, _ in rows) / n, sum(v for _, v in rows) / n
    spread = sum((t - mean_t) ** 2 for t, _ in rows)
    return sum((t - mean_t) * (v - mean_v) for t, v in rows) / spread
