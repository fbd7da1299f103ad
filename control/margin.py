"""How far from wrong: what every check says.

A margin is signed and counted in units of its limit: 1 is as good as it gets, 0 is on the limit,
below 0 is wrong, -1 as wrong as it gets. So margins of metres, seconds and grey levels can be
compared, and the least of them tells how much is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Margin:
    """One check's answer."""

    check: str  # what was looked at, in a passenger's words
    value: float  # in [-1, 1]

    @property
    def passed(self) -> bool:
        return self.value >= 0

    def __str__(self) -> str:
        return f"{self.check} {self.value:+.2f}"


def at_most(check: str, value: float, limit: float) -> Margin:
    """`value` may be no more than `limit` > 0; what is not a number is wrong."""
    return _margin(check, (limit - value) / limit)


def at_least(check: str, value: float, limit: float) -> Margin:
    """`value` must be no less than `limit` > 0."""
    return _margin(check, (value - limit) / limit)


def passed_if(check: str, good: bool) -> Margin:
    """Yes or no."""
    return Margin(check, 1.0 if good else -1.0)


def worst(margins: Iterable[Margin]) -> Margin:
    """The least margin; of none, "nothing to check"."""
    return min(margins, key=lambda margin: margin.value, default=Margin("nothing to check", 1.0))


def _margin(check: str, value: float) -> Margin:
    return Margin(check, float(np.clip(value, -1.0, 1.0)) if not np.isnan(value) else -1.0)
