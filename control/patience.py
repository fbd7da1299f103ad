"""Which failures take the wheel at once, and which must last.

Physics, collisions, the road and the senses count in the tick in which they fail. Judgements about
others rest on tracks and forecasts that flicker: a car seen twice for a tick, a neighbour that
seems to drift, heads that waver where a lane begins. One of these counts once it has failed without
a break for `PATIENCE` s; until then it stands on its limit, so that nothing is given back on it.
"""

from __future__ import annotations

from collections.abc import Iterable

from control.margin import Margin

JUDGEMENTS = frozenset(
    {
        "gap",
        "cut-in",
        "heads agree on the path",
        "heads agree on the speed",
        "no faster than the rules",
        "beside the rules' path",
    }
)
PATIENCE = 0.2  # s: three ticks in a row


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
        """The margins of another plan of the same tick, by the clocks of the heeded one."""
        return [Margin(m.check, 0.0) if self._too_soon(t, m) else m for m in margins]

    def _too_soon(self, t: float, margin: Margin) -> bool:
        if margin.passed or margin.check not in JUDGEMENTS:
            return False
        lasting = t - self._since.get(margin.check, t)
        return lasting <= PATIENCE - 1e-6  # times are sums of ticks
