"""Rows of figures as columns: what one tick adds to a score, and many ticks together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

Table = dict[str, np.ndarray[Any, Any]]  # columns, all with one row per thing


def together(tables: Iterable[Table]) -> Table:
    """The rows of many tables with the same columns, one after the other."""
    every = list(tables)
    if not every:
        return {}
    return {name: np.concatenate([table[name] for table in every]) for name in every[0]}


def rows(table: Table, keep: np.ndarray[Any, Any]) -> Table:
    """The rows that a mask selects."""
    return {name: column[keep] for name, column in table.items()}


def labelled(table: Table, **labels: str) -> Table:
    """The same with columns that hold one value throughout."""
    n = len(next(iter(table.values()), np.zeros(0)))
    return table | {name: np.full(n, value, dtype=object) for name, value in labels.items()}


def mean(values: np.ndarray[Any, Any]) -> float | None:
    """JSON knows no NaN: the mean of nothing is None."""
    return float(np.mean(values)) if len(values) else None


def median(values: np.ndarray[Any, Any]) -> float | None:
    return float(np.median(values)) if len(values) else None
