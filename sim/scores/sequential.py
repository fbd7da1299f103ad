"""A paired comparison that may be looked at after every episode: when to stop driving.

Of two drivers on the same episodes only those count in which one reached the goal and the other did
not. If B is no better than A, it wins at most half of these. `evidence` is the likelihood of the
wins and losses under "B wins more than half", spread evenly over all such shares, against that of
exactly half: under "no better" its mean never exceeds 1, however long one goes on, so that it ever
reaches 1 / alpha with a chance of at most alpha (Ville 1939; Robbins 1970). An interval made for a
number of episodes fixed beforehand, looked at again and again, finds a difference in the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betainc, betaln

ALPHA = 0.05  # the chance to call B better that is not


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of episodes so far, seen from B."""

    wins: int = 0  # B reached the goal and A did not
    losses: int = 0
    ties: int = 0

    def __post_init__(self) -> None:
        if min(self.wins, self.losses, self.ties) < 0:
            raise ValueError(f"Score: expected counts of 0 or more, got {self}")

    @property
    def pairs(self) -> int:
        return self.wins + self.losses + self.ties

    def and_pair(self, a: bool, b: bool) -> Score:
        """With one more pair: whether A and B reached the goal."""
        won, lost = b and not a, a and not b
        return Score(self.wins + won, self.losses + lost, self.ties + (not won and not lost))

    @property
    def mirrored(self) -> Score:
        """Seen from A."""
        return Score(self.losses, self.wins, self.ties)


def evidence(score: Score) -> float:
    """How much likelier the wins are if B is better than if it is not; from 0 upwards. Reaching
    1 / alpha at any time proves B better at the level alpha."""
    w, k = score.wins + 1, score.losses + 1
    above_half = float(betainc(k, w, 0.5))  # of a share drawn from Beta(w, k)
    if above_half <= 0.0:
        return 0.0
    n = score.wins + score.losses
    log = (n + 1) * math.log(2.0) + float(betaln(w, k)) + math.log(above_half)
    return math.exp(min(log, 700.0))  # the largest that a double holds is near e^709


def is_proved(score: Score, alpha: float = ALPHA) -> bool:
    """Whether B is better beyond noise."""
    return evidence(score) >= 1.0 / alpha
