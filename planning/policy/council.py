"""From what the heads want to one wish, and how far they agree.

The likeliest side by all heads together; on it the mean of their paths; the mean of their target
speeds. The spread of the paths is that of what each head would do if it were alone: one that would
go left where the others go straight on makes it a lane wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import FloatArray
from planning.policy.code import STATION_S, decode_path, decode_speed

AHEAD = 2.0  # s: where paths are compared
LEAST_AHEAD = 4.0  # m, for a car that stands


@dataclass(frozen=True, slots=True)
class Agreed:
    """One tick."""

    side: int
    path: FloatArray  # (PATH_SIZE,)
    target_speed: float  # m/s
    path_spread: float  # m
    speed_spread: float  # m/s


def agree(sides: FloatArray, paths: FloatArray, speeds: FloatArray, speed: float) -> Agreed:
    """`sides` (K, SIDES) and `speeds` (K, len(SPEEDS)) logits, `paths` (K, SIDES, PATH_SIZE);
    `speed` m/s that the car has."""
    side = int(softmax(sides).mean(axis=0).argmax())
    path = paths[:, side].mean(axis=0)
    alone = paths[np.arange(len(paths)), sides.argmax(axis=1)]
    targets = decode_speed(softmax(speeds))
    ahead = max(AHEAD * speed, LEAST_AHEAD)
    return Agreed(
        side=side,
        path=path,
        target_speed=float(targets.mean()),
        path_spread=float(np.std([_sideways(each, path, ahead) for each in alone])),
        speed_spread=float(targets.std()),
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
