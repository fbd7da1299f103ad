"""A second speedometer: the phone's.

The points of the phone's route stand still in the world. Whatever their error is (metres, in the
phone's map), it is the same from tick to tick, so that the way they come towards the car is the
way that the car has driven. A phone's own speed, from the Doppler shift of satellites, is as good:
about 0.1 m/s.

State    the route and the speed of the tick before; the ways of the last `WINDOW` seconds.
Output   m/s by the phone and by the wheels, means over the same time, so that neither lags behind
         the other when the car brakes; None while there is too little of it.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from datasets.checks import FloatArray
from datasets.episode import TICK
from datasets.observation import Observation

WINDOW = 0.5  # s: the noise of single ticks averages out, and a change of 10 % shows soon
LONGEST = 1.0  # s between two observations that are still compared
FITS = 0.2  # m by which matched points may miss: more, and the route is another one
SHIFTS = (0, 1, 2)  # points that may have dropped off the route's beginning in a tick


class PhoneSpeed:
    """Compares the two from tick to tick."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._before: Observation | None = None
        self._ways: deque[tuple[float, float, float]] = deque()  # m by phone, m by wheels, s

    def update(self, observation: Observation) -> tuple[float, float] | None:
        """m/s by the phone, m/s by the wheels."""
        before, self._before = self._before, observation
        if before is None or not 0 < observation.t - before.t <= LONGEST:
            self._ways.clear()
            return None
        dt = observation.t - before.t
        way = _way(before.route.xy_ego, observation.route.xy_ego)
        if way is None:
            self._ways.clear()
            return None
        self._ways.append((way, (before.ego.speed + observation.ego.speed) / 2 * dt, dt))
        by_phone, by_wheels, lasted = np.sum(self._ways, axis=0)
        if lasted < WINDOW - TICK / 2:
            return None
        if lasted > WINDOW + TICK / 2:
            self._ways.popleft()
        return float(by_phone / lasted), float(by_wheels / lasted)


def _way(before: FloatArray, now: FloatArray) -> float | None:
    """m that the car has driven between two views of the same points; None if they do not fit."""
    for shift in SHIFTS:
        n = min(len(before) - shift, len(now))
        if n < 2:
            return None
        way, miss = _rigid(now[:n], before[shift : shift + n])
        if miss < FITS:
            return way
    return None


def _rigid(source: FloatArray, target: FloatArray) -> tuple[float, float]:
    """The length of the move that turns and shifts (N, 2) points into others, seen from the origin,
    and by how much it misses, m (Kabsch)."""
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    a, b = source - middle, target - aim
    turn = np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum())
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s], [s, c]])
    shift = aim - rotation @ middle
    miss = float(np.abs(a @ rotation.T - b).max())
    forwards = np.sign(shift[0]) or 1.0
    return float(forwards * np.hypot(*shift)), miss
