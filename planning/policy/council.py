"""From what the heads want to one wish, and how far they agree.

The likeliest side by all heads together; on it the mean of their paths. A speed a little below the
mean of what they want, the more so the less sure they are, each of itself and all of one another:
where one would stop and three would drive, the mean does neither, and who is too fast pays more
than who is too slow. The spread of the paths is that of what each head would do if it were alone:
one that would go left where the others go straight on makes it a lane wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import FloatArray
from planning.policy.code import STATION_S, decode_path, decode_speed, deviation

AHEAD = 2.0  # s: where paths are compared
LEAST_AHEAD = 4.0  # m, for a car that stands
CAUTION = 0.3  # standard deviations that the target speed lies below the mean


@dataclass(frozen=True, slots=True)
class Agreed:
    """One tick."""

    side: int
    path: FloatArray  # (PATH_SIZE,)
    expected_speed: float  # m/s, the mean of what the heads want
    target_speed: float  # m/s, the one to drive by
    path_spread: float  # m
    speed_spread: float  # m/s


def agree(sides: FloatArray, paths: FloatArray, speeds: FloatArray, speed: float) -> Agreed:
    """`sides` (K, SIDES) and `speeds` (K, len(SPEEDS)) logits, `paths` (K, SIDES, PATH_SIZE);
    `speed` m/s that the car has."""
    side = int(softmax(sides).mean(axis=0).argmax())
    path = paths[:, side].mean(axis=0)
    alone = paths[np.arange(len(paths)), sides.argmax(axis=1)]
    shares = softmax(speeds)
    wanted = decode_speed(shares)
    unsure = np.sqrt((deviation(shares) ** 2).mean() + wanted.var())
    ahead = max(AHEAD * speed, LEAST_AHEAD)
    return Agreed(
        side=side,
        path=path,
        expected_speed=float(wanted.mean()),
        target_speed=max(float(wanted.mean() - CAUTION * unsure), 0.0),
        path_spread=float(np.std([_sideways(each, path, ahead) for each in alone])),
        speed_spread=float(wanted.std()),
    )


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities over the last axis."""
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _sideways(path: FloatArray, mean: FloatArray, ahead: float) -> float:
    """m left of where the mean path would be at that arc length, across it."""
    a, b = _at(decode_path(path), ahead), _at(decode_path(mean), ahead)
    heading = float(np.interp(ahead, STATION_S, mean[1:]))
    return float(-np.sin(heading) * (a - b)[0] + np.cos(heading) * (a - b)[1])


def _at(points: FloatArray, s: float) -> FloatArray:
    return np.array([np.interp(s, STATION_S, points[:, 0]), np.interp(s, STATION_S, points[:, 1])])
