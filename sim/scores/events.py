"""Events in a row of flags, one flag a tick: neighbouring trues are one event."""

from __future__ import annotations

import numpy as np

from datasets.checks import BoolArray


def longest_run(flags: BoolArray) -> int:
    """The most neighbouring trues."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int64), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def count_runs(flags: BoolArray) -> int:
    """How many times a condition began: neighbouring trues are one event."""
    return int((np.diff(np.concatenate([[0], flags.astype(np.int64)])) == 1).sum())
