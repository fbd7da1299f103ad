"""LeRobot's statistics of every column: of one episode, and of several put together.

Means and deviations add up exactly. Quantiles of several episodes are the means of theirs, weighted
by length: LeRobot's own approximation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.checks import FloatArray, IntArray
from datasets.store.columns import column_array
from datasets.store.pictures import Picture, decode_picture
from datasets.store.schema import IMAGES, INDICES, NEWER, number_columns

Stats = dict[str, dict[str, FloatArray]]  # column -> statistic -> value

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
_SAMPLED_PICTURES = 16  # of each camera


def sampled_ticks(ticks: int) -> IntArray:
    """The ticks whose pictures count in the statistics: neighbours in time look alike."""
    return np.unique(np.linspace(0, ticks - 1, _SAMPLED_PICTURES).astype(np.int64))


def sampled_pictures(table: Any, camera: str) -> list[Picture]:
    column = table[IMAGES + camera].combine_chunks().field("bytes")
    return [decode_picture(content.as_py()) for content in column.take(sampled_ticks(len(table)))]


def episode_stats(table: Any, pictures: Mapping[str, Sequence[Picture]]) -> Stats:
    """Of a table with INDICES, and of a sample of each camera's pictures."""
    columns = [c for c in (*number_columns(1), *INDICES) if c.name in table.column_names]
    stats = {c.name: _stats(column_array(table, c.name).reshape(len(table), -1)) for c in columns}
    for camera, sample in pictures.items():
        stats[IMAGES + camera] = _picture_stats(sample)
    return stats


def complete(stats: Stats, ticks: int) -> Stats:
    """With those of the columns that an episode of that many ticks is too old to have."""
    numbers = {c.name: c.absent for c in NEWER if c.dtype != "string"}
    absent = {name: _stats(np.full((ticks, 1), value)) for name, value in numbers.items()}
    return absent | stats


def _stats(values: NDArray[Any]) -> dict[str, FloatArray]:
    """(N, K) values -> statistics of shape (K,)."""
    x = values.astype(np.float64)
    quantiles = np.quantile(x, list(QUANTILES.values()), axis=0)
    return {
        "min": x.min(axis=0),
        "max": x.max(axis=0),
        "mean": x.mean(axis=0),
        "std": x.std(axis=0),
        "count": np.array([len(x)]),
        **dict(zip(QUANTILES, quantiles, strict=True)),
    }


def _picture_stats(pictures: Sequence[Picture]) -> dict[str, FloatArray]:
    """Per channel, of values in [0, 1], in LeRobot's shape (3, 1, 1)."""
    channels = np.stack(pictures).reshape(-1, 3)
    counts = np.stack([np.bincount(channels[:, i], minlength=256) for i in range(3)])  # (3, 256)
    level = np.arange(256) / 255
    share = np.cumsum(counts, axis=1) / len(channels)
    mean = counts @ level / len(channels)
    stats = {
        "min": level[np.argmax(counts > 0, axis=1)],
        "max": level[255 - np.argmax(counts[:, ::-1] > 0, axis=1)],
        "mean": mean,
        "std": np.sqrt(np.maximum(counts @ level**2 / len(channels) - mean**2, 0.0)),
    }
    for name, q in QUANTILES.items():
        stats[name] = level[np.argmax(share >= q, axis=1)]
    shaped = {name: value.reshape(3, 1, 1) for name, value in stats.items()}
    return shaped | {"count": np.array([len(pictures)])}


def together(parts: Sequence[Mapping[str, Mapping[str, FloatArray]]]) -> Stats:
    """The statistics of several episodes as one."""
    return {name: _together([part[name] for part in parts]) for name in parts[0]}


def _together(parts: Sequence[Mapping[str, FloatArray]]) -> dict[str, FloatArray]:
    stacked = {k: np.stack([np.asarray(part[k]) for part in parts]) for k in parts[0]}
    count = stacked["count"]  # (E, 1)
    weight = count.reshape(-1, *[1] * (stacked["mean"].ndim - 1)) / count.sum()
    mean = (weight * stacked["mean"]).sum(axis=0)
    variance = (weight * (stacked["std"] ** 2 + (stacked["mean"] - mean) ** 2)).sum(axis=0)
    return {
        "min": stacked["min"].min(axis=0),
        "max": stacked["max"].max(axis=0),
        "mean": mean,
        "std": np.sqrt(variance),
        "count": count.sum(axis=0),
        **{q: (weight * stacked[q]).sum(axis=0) for q in QUANTILES},
    }
