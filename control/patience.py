"""Which failures take the wheel at once, and which must last.

Physics, collisions, the road and the senses count in the tick in which they fail. Judgements
rest on tracks, lanes and forecasts that flicker: a car seen twice for a tick, a neighbour that
seems to drift, heads that waver where a lane begins. One of these counts once it has failed without
a break for as long as JUDGEMENTS says; until then it stands on its limit, so that nothing is given
back on it.
"""

from __future__ import annotations

from collections.abc import Iterable

from control.agreement import (
    BESIDE,
    HEADS_ON_PATH,
    HEADS_ON_SPEED,
    LANE_OF_THE_ROUTE,
    NO_FASTER,
)
from control.margin import Margin
from control.traffic_checks import CUT_IN, GAP

PATIENCE = 0.2  # s: three ticks in a row
JUDGEMENTS = {  # s
    GAP: PATIENCE,
    CUT_IN: PATIENCE,
    HEADS_ON_PATH: PATIENCE,
    HEADS_ON_SPEED: PATIENCE,
    NO_FASTER: PATIENCE,
    BESIDE: PATIENCE,
    LANE_OF_THE_ROUTE: 1.0,  # there is time, and two drivers need not begin together
}


class Patience:
    """Since when each judgement has failed."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._since: dict[str, float] = {}  # s

    def heed(self, t: float, margins: Iterable[Margin]) -> list[Margin]:
        """The margins of the tick at `t`, those of judgements that failed just now set to 0."""
        margins = list(margins)
        failing = [m.check for m in margins if not m.passed and m.check in JUDGEMENTS]
        self._since = {check: self._since.get(check, t) for check in failing}
        return self.heed_another(t, margins)

    def heed_another(self, t: float, margins: Iterable[Margin]) -> list[Margin]:
        """The margins of another plan of the same tick, by the clocks of the heeded one. What only
        that other plan fails has no clock, and counts at once: nobody needs to drive it."""
        return [Margin(m.check, 0.0) if self._too_soon(t, m) else m for m in margins]

    def _too_soon(self, t: float, margin: Margin) -> bool:
        if margin.passed or margin.check not in self._since:
            return False
        lasting = t - self._since[margin.check]
        return lasting <= JUDGEMENTS[margin.check] - 1e-6  # times are sums of ticks
