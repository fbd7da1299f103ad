"""Traffic: one decision (0.1 s, two physics steps) of stock highway-env and of ours, in turn.

Three clocks per scenario: highway-env's own `env.step` with its observation and reward, the same
decision of its bare road, and ours. The bare roads run side by side from the same seeds under the
same actions, so that the times belong to the same states, and what differs is measured as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from datasets.episode import DECISION_HZ, PHYSICS_HZ
from scripts.benchmarks.timing import p50, report
from scripts.twins import Twins
from sim.highway import AbstractEnv, IntersectionIDMVehicle, gymnasium
from sim.scenarios import SCENARIOS, Scenario, scenario_named

RATES = {"simulation_frequency": PHYSICS_HZ, "policy_frequency": DECISION_HZ}
IDLE = 1  # DiscreteMetaAction


@dataclass(frozen=True, slots=True)
class Traffic:
    """Time of one decision, stock highway-env against ours, in every scenario."""

    json: Path | None = None
    """Also write the figures here."""
    scenarios: tuple[str, ...] = tuple(SCENARIOS)
    """Which to measure."""
    rounds: int = 100
    """Decisions measured per scenario."""
    vehicles: tuple[int, ...] = (11, 51, 101, 201)
    """Sizes of the highway for the scaling, the ego among them; none: leave it out."""


@dataclass
class Clocks:
    """ms of every decision, by whose it is: processor time, because on a busy machine a long call
    is interrupted more often than a short one, which would flatter us."""

    spent: dict[str, list[float]] = field(default_factory=dict)

    def time(self, name: str, call: Callable[[], object]) -> None:
        start = time.process_time()
        call()
        self.spent.setdefault(name, []).append((time.process_time() - start) * 1e3)

    def p50(self, name: str) -> float:
        return p50(self.spent[name])


class StockEnv:
    """highway-env as it comes, with an ego that keeps to itself."""

    def __init__(self, scenario: Scenario) -> None:
        self.env = _stock_env(scenario)
        self.idle = (
            np.zeros(self.env.action_space.shape, np.float32)
            if hasattr(self.env.action_space, "low")
            else IDLE
        )

    def reset(self, seed: int) -> None:
        self.env.reset(seed=seed)

    def step(self) -> None:
        self.env.step(self.idle)


def _stock_env(scenario: Scenario) -> AbstractEnv:
    config = RATES | scenario.config
    if scenario.env_id.startswith("intersection"):  # it changes the class of its traffic
        config["other_vehicles_type"] = (
            f"{IntersectionIDMVehicle.__module__}.IntersectionIDMVehicle"
        )
    return gymnasium.make(scenario.env_id, config=config).unwrapped


def measure(scenario: Scenario, rounds: int) -> dict[str, float]:
    """The row of one scenario."""
    twins, stock_env, clocks = Twins(scenario), StockEnv(scenario), Clocks()
    worst, seed = 0.0, 0
    _reset(twins, stock_env, seed)
    for _ in range(rounds):
        if twins.over:
            seed += 1
            _reset(twins, stock_env, seed)
        action = twins.action(weave=False)
        clocks.time("stock", stock_env.step)
        clocks.time("stock_road", lambda: twins.decide(twins.stock, action))  # noqa: B023
        clocks.time("ours", lambda: twins.decide(twins.ours, action))  # noqa: B023
        twins.tick += 1
        apart = twins.difference()
        worst = max(worst, apart.position, apart.number, np.inf if apart.decisions else 0.0)
    return {
        "vehicles": len(twins.stock.road.vehicles),
        "stock_ms_p50": round(clocks.p50("stock"), 4),
        "stock_road_ms_p50": round(clocks.p50("stock_road"), 4),
        "ours_ms_p50": round(clocks.p50("ours"), 4),
        "speedup": round(clocks.p50("stock") / clocks.p50("ours"), 1),
        "road_speedup": round(clocks.p50("stock_road") / clocks.p50("ours"), 1),
        "max_abs_diff": worst,
    }


def _reset(twins: Twins, stock_env: StockEnv, seed: int) -> None:
    """Begin, and let both do one decision unmeasured."""
    twins.reset(seed)
    stock_env.reset(seed)
    stock_env.step()
    twins.step(twins.action(weave=False))


def scaling(sizes: tuple[int, ...], rounds: int) -> dict[str, object]:
    """ms of one decision over the number of vehicles on the highway, and the fitted exponents."""
    rows = {}
    for size in sizes:
        scenario = replace(SCENARIOS["highway"], config={"vehicles_count": size - 1})
        row = measure(scenario, max(15, rounds * 11 // size))
        rows[size] = {key: row[key] for key in ("stock_ms_p50", "stock_road_ms_p50", "ours_ms_p50")}

    def exponent(key: str) -> float:
        ms = [row[key] for row in rows.values()]
        return round(float(np.polyfit(np.log(list(rows)), np.log(ms), 1)[0]), 3)

    return {
        "vehicles": rows,
        "exponent": exponent("ours_ms_p50"),
        "stock_exponent": exponent("stock_road_ms_p50"),
    }


def run(args: Traffic) -> None:
    rows = {name: scenario_named(name) for name in args.scenarios}
    figures: dict[str, object] = {"benchmark": "traffic", "rounds": args.rounds}
    figures["scenarios"] = {name: measure(row, args.rounds) for name, row in rows.items()}
    if args.vehicles:
        figures["scaling"] = scaling(args.vehicles, args.rounds)
    report(figures, args.json)
