"""Who holds the wheel: a state machine of three drivers.

    POLICY     the learned plan is driven
    RULES      the plan of the rules is driven
    EMERGENCY  the minimal-risk stop is driven

            policy unsafe, rules safe                 rules unsafe
    POLICY ---------------------------> RULES ---------------------------> EMERGENCY
      |  ^                              |   ^                                |   ^
      |  '------------------------------'   '--------------------------------'   |
      |   policy safe by GIVE_BACK for      rules safe by GIVE_BACK for          |
      |   `calm` s, dwell over              `calm` s, dwell over                 |
      '--------------------------------------------------------------------------'
                               policy unsafe, rules unsafe

To take the wheel one margin below zero is enough, at once. To give it back every margin must have
stood at GIVE_BACK or more for a while, and the driver of now must have had the wheel for its
`dwell`: between the two thresholds nothing changes, so that a margin which trembles about zero does
not hand the wheel to and fro. The wheel goes up one step at a time. What is handed over to has been
checked in the same tick (Simplex, Sha 2001; asymmetric thresholds: LazyDAgger, Hoque 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from control.margin import Margin


class Driver(StrEnum):
    """The three; their values are the drivers of decisions, but for a policy that is held back
    (control.easing)."""

    POLICY = "policy"
    RULES = "rules"
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class SupervisorConfig:
    """How slowly the wheel is given back."""

    give_back: float = 0.15  # of a limit, that every margin must be off it
    calm: float = 0.5  # s for which they must
    rules_dwell: float = 1.0  # s that the rules keep the wheel at least
    emergency_dwell: float = 1.5  # s that the stop goes on at least


@dataclass(frozen=True, slots=True)
class Switch:
    """The wheel changed hands."""

    t: float  # s
    was: Driver
    now: Driver
    why: Margin

    def __str__(self) -> str:
        return f"{self.t:.1f} s: {self.was} -> {self.now}, {self.why}"


class Supervisor:
    """Chooses the driver of each tick from the worst margins of the plans."""

    def __init__(self, config: SupervisorConfig | None = None) -> None:
        self.config = config or SupervisorConfig()
        self.reset()

    def reset(self) -> None:
        self.driver = Driver.POLICY
        self.switches: list[Switch] = []
        self._since: float | None = None  # s, when the driver of now took the wheel
        self._calm_since: float | None = None  # s, since when it could be given back

    def choose(self, t: float, policy: Margin, rules: Margin) -> Driver:
        """The driver of the tick at `t`, given the worst margin of either plan."""
        if self._since is None:
            self._since = t
        taker = _taker(self.driver, policy, rules)
        if taker is not None:
            why = rules if self.driver is Driver.RULES or policy.passed else policy
            self._hand_over(t, taker, why)
        elif self.driver is not Driver.POLICY:
            self._perhaps_give_back(t, policy, rules)
        return self.driver

    def _perhaps_give_back(self, t: float, policy: Margin, rules: Margin) -> None:
        config = self.config
        if self.driver is Driver.RULES:
            margin, receiver, dwell = policy, Driver.POLICY, config.rules_dwell
        else:
            margin, receiver, dwell = rules, Driver.RULES, config.emergency_dwell
        if margin.value < config.give_back:
            self._calm_since = None
            return
        if self._calm_since is None:
            self._calm_since = t
        assert self._since is not None, "somebody holds the wheel"
        # Times are sums of ticks: a billionth of a second is no reason to wait for another one.
        if t - self._calm_since > config.calm - 1e-6 and t - self._since > dwell - 1e-6:
            self._hand_over(t, receiver, margin)

    def _hand_over(self, t: float, driver: Driver, why: Margin) -> None:
        self.switches.append(Switch(t, self.driver, driver, why))
        self.driver, self._since, self._calm_since = driver, t, None


def _taker(driver: Driver, policy: Margin, rules: Margin) -> Driver | None:
    """Who must take the wheel at once, if anybody."""
    if driver is Driver.POLICY and not policy.passed:
        return Driver.RULES if rules.passed else Driver.EMERGENCY
    if driver is Driver.RULES and not rules.passed:
        return Driver.EMERGENCY
    return None
