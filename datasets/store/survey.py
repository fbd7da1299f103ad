"""What is in a dataset: counts, balance, and what looks wrong or double."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from datasets.checks import FloatArray, IntArray
from datasets.episode import TICK
from datasets.store.reader import DatasetReader

_GAP = 1e-6  # s, that a time stamp may be off
_FAR = 12.0  # robust standard deviations that make an outlier
_COMPARED = 1500  # ticks whose pictures are compared with one another
_ALIKE = 2.0  # grey levels, root mean square between two thumbnails that count as the same
_STANDING = 0.1  # m/s
_WATCHED = {
    "observation.state": ("speed", "yaw_rate", "accel", "steering_angle"),
    "action": ("action accel", "action steering_angle"),
}


@dataclass(frozen=True)
class Survey:
    """Of the undamaged episodes."""

    episodes: int
    ticks: int
    counts: dict[str, Counter[str]]  # scenario, weather, agent, end, driver -> episodes or ticks
    speed: FloatArray  # (N,) m/s
    accel: FloatArray  # (N,) m/s^2, of the label
    steering_angle: FloatArray  # (N,) rad, of the label
    standing_share: float
    intervention_share: float
    noise: tuple[float, float]  # standard deviation of the injected accel and steering angle
    gaps: list[tuple[int, int, float]]  # episode, tick, s from the tick before
    outliers: list[tuple[int, int, str, float]]  # episode, tick, what, value
    duplicate_share: float  # of ticks whose pictures another moment has, too
    damaged: dict[int, str]


def survey(reader: DatasetReader, seed: int = 0) -> Survey:
    """Look at everything; pictures are sampled with `seed`."""
    good = [row for row in reader.rows if row.index not in reader.damaged]
    use = reader.usable
    counts = {
        "scenario": Counter(row.head.scenario for row in good),
        "weather": Counter(row.head.weather for row in good),
        "agent": Counter(row.head.agent for row in good),
        "end": Counter(row.end or "cut off" for row in good),
    }
    action = reader.numbers("action")[use]
    executed = reader.numbers("executed_action")[use]
    speed = reader.numbers("observation.state")[use, 0]
    noise = (executed - action).std(axis=0) if len(use) else np.zeros(2)
    return Survey(
        episodes=len(good),
        ticks=len(use),
        counts=counts,
        speed=speed,
        accel=action[:, 0],
        steering_angle=action[:, 1],
        standing_share=_mean(np.abs(speed) < _STANDING),
        intervention_share=_mean(reader.numbers("intervention")[use]),
        noise=(float(noise[0]), float(noise[1])),
        gaps=_gaps(reader),
        outliers=_outliers(reader, use),
        duplicate_share=_duplicate_share(reader, use, np.random.default_rng(seed)),
        damaged=reader.damaged,
    )


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _gaps(reader: DatasetReader) -> list[tuple[int, int, float]]:
    """Where the world's clock did not move by one tick."""
    t = reader.numbers("observation.t")
    found = []
    for row in reader.rows:
        if row.index not in reader.damaged:
            step = np.diff(t[row.first : row.last])
            for i in np.flatnonzero(np.abs(step - TICK) > _GAP):
                found.append((row.index, int(i) + 1, float(step[i])))
    return found


def _outliers(reader: DatasetReader, use: IntArray) -> list[tuple[int, int, str, float]]:
    """Values that lie far from all others, the farthest first."""
    found: list[tuple[float, tuple[int, int, str, float]]] = []
    for column, names in _WATCHED.items():
        values = reader.numbers(column)[use]
        for name, x in zip(names, values.T, strict=True):
            # The middle 98 % of a normal distribution span 4.65 standard deviations; counting from
            # there leaves alone what is rare but driven, such as a turn among straight roads.
            low, middle, high = np.quantile(x, [0.01, 0.5, 0.99]) if len(x) else (0.0, 0.0, 0.0)
            far = np.abs(x - middle) / max((high - low) / 4.65, 1e-3)
            for i in np.flatnonzero(~(far < _FAR)):  # NaN is far from everything
                row = reader.row_of(int(use[i]))
                where = (row.index, int(use[i]) - row.first, name, float(x[i]))
                found.append((float(np.nan_to_num(far[i], nan=np.inf)), where))
    return [where for _, where in sorted(found, key=lambda pair: -pair[0])]


def _duplicate_share(reader: DatasetReader, use: IntArray, rng: np.random.Generator) -> float:
    """How many of a sample of ticks look like another one of it, in all cameras."""
    if not reader.cameras or len(use) < 2:
        return 0.0
    ticks = np.sort(rng.choice(use, min(_COMPARED, len(use)), replace=False))
    small = np.stack([_thumbnail(reader, int(tick)) for tick in ticks])  # (S, K)
    square = (small**2).sum(axis=1)
    distance2 = square[:, None] + square - 2 * small @ small.T  # (S, S)
    np.fill_diagonal(distance2, np.inf)
    return _mean(distance2.min(axis=1) / small.shape[1] < _ALIKE**2)


def _thumbnail(reader: DatasetReader, tick: int) -> FloatArray:
    """(K,) every camera's picture in 8 x 16 grey squares."""
    row = reader.row_of(tick)
    parts = []
    for camera in reader.cameras:
        grey = reader.picture(row, tick - row.first, camera).mean(axis=2)
        h, w = grey.shape[0] // 8, grey.shape[1] // 16
        parts.append(grey[: 8 * h, : 16 * w].reshape(8, h, 16, w).mean(axis=(1, 3)).ravel())
    return np.concatenate(parts)
