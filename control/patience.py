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
        heeded, failing = [], {}
        for margin in margins:
            if margin.passed or margin.check not in JUDGEMENTS:
                heeded.append(margin)
                continue
            since = self._since.get(margin.check, t)
            failing[margin.check] = since
            lasting = t - since > PATIENCE - 1e-6  # times are sums of ticks
            heeded.append(margin if lasting else Margin(margin.check, 0.0))
        self._since = failing
        return heeded
