"""Intervals and paired comparisons: what a number of episodes can and cannot tell.

Sources: Wilson (1927) for a rate; Efron's percentile bootstrap for a mean score; Bonett and Price
(2012) for the difference of two paired rates. All intervals are 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from datasets.checks import FloatArray

Z = 1.959964  # the normal deviate of a 95 % interval
Z_POWER = 0.841621  # of a power of 80 %: how sure to be of finding a difference that is there
RESAMPLES = 2000
BOOTSTRAP_SEED = 0  # the same table from the same episodes

Interval = tuple[float, float]


def wilson(successes: int, episodes: int) -> Interval:
    """The interval of a rate; (0, 1) when nothing was tried."""
    if not 0 <= successes <= episodes:
        raise ValueError(f"wilson: expected 0 <= successes <= episodes, got {successes}/{episodes}")
    if episodes == 0:
        return 0.0, 1.0
    rate = successes / episodes
    scale = 1 + Z**2 / episodes
    centre = (rate + Z**2 / (2 * episodes)) / scale
    half = Z * math.sqrt(rate * (1 - rate) / episodes + Z**2 / (4 * episodes**2)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap_mean(groups: Sequence[FloatArray]) -> Interval | None:
    """The interval of the mean over all episodes, resampled within each group (a scenario), since
    scenarios are chosen and seeds are drawn; None without a single episode."""
    groups = [group for group in groups if len(group)]
    if not groups:
        return None
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    total = np.zeros(RESAMPLES)
    for group in groups:
        total += group[rng.integers(len(group), size=(RESAMPLES, len(group)))].sum(axis=1)
    low, high = np.percentile(total / sum(map(len, groups)), (2.5, 97.5))
    return float(low), float(high)


class Verdict(StrEnum):
    """What a paired comparison says of B, seen from A."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Comparison:
    """B minus A over the same episodes."""

    pairs: int
    difference: float
    ci95: Interval
    verdict: Verdict
    more_episodes: int | None  # to tell a difference this large; None: none was seen, or it is told


def compare_pairs(a: FloatArray, b: FloatArray, higher_is_better: bool = True) -> Comparison:
    """(N,) values of two agents on the same episodes, in the same order."""
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2:
        raise ValueError(
            f"compare_pairs: expected two equal rows of at least 2 values, got {a.shape}, {b.shape}"
        )
    change = b - a
    yes_or_no = np.isin(np.concatenate([a, b]), (0.0, 1.0)).all()
    ci95 = paired_rates_interval(change) if yes_or_no else bootstrap_mean([change])
    assert ci95 is not None
    verdict = Verdict.CANNOT_TELL
    if ci95[0] > 0 or ci95[1] < 0:
        verdict = Verdict.BETTER if (ci95[0] > 0) == higher_is_better else Verdict.WORSE
    more = more_episodes(change) if verdict is Verdict.CANNOT_TELL else None
    return Comparison(len(change), float(change.mean()), ci95, verdict, more)


def paired_rates_interval(change: FloatArray) -> Interval:
    """(N,) differences of two yes-or-no outcomes, each -1, 0 or 1 -> the interval of their mean."""
    n = len(change) + 2
    won, lost = ((change > 0).sum() + 1) / n, ((change < 0).sum() + 1) / n
    half = Z * math.sqrt((won + lost - (won - lost) ** 2) / n)
    return max(-1.0, float(won - lost) - half), min(1.0, float(won - lost) + half)


def more_episodes(change: FloatArray) -> int | None:
    """How many more pairs would tell the seen difference from none, if it is real: the sample size
    of a paired test at 5 % and a power of 80 %, less what is there. None if no difference was
    seen; at least 1, since what is there did not do."""
    mean, spread = float(change.mean()), float(change.std(ddof=1))
    if mean == 0:
        return None
    needed = ((Z + Z_POWER) * spread / mean) ** 2
    return max(1, math.ceil(needed) - len(change))
