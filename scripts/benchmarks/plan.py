"""The time of one plan, scenario by scenario, while the expert drives.

Time is the processor's own for this thread: what else runs on the machine does not count.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from control.agent import RuleDriver, VisibleOnly
from datasets.driving import Trajectory
from datasets.scene import Scene
from planning.planner import RulePlanner
from scripts.benchmarks.timing import report
from sim.baselines import TrueScenes
from sim.loop import drive
from sim.scenarios import SCENARIOS
from sim.world import World


@dataclass(frozen=True, slots=True)
class Plan:
    """Time of one plan of the rule planner, in every scenario."""

    json: Path | None = None
    """Also write the figures here."""
    scenarios: str = "all"
    """Names with commas between, or all."""
    episodes: int = 2
    """Per scenario."""
    seed: int = 0
    """Of the first episode of each scenario."""


class TimedPlanner:
    """A RulePlanner that notes how long each plan took."""

    def __init__(self) -> None:
        self._planner = RulePlanner()
        self.spent_ms: list[float] = []

    def reset(self) -> None:
        self._planner.reset()

    def plan(self, scene: Scene) -> tuple[Trajectory, str]:
        start = time.thread_time()
        planned = self._planner.plan(scene)
        self.spent_ms.append((time.thread_time() - start) * 1e3)
        return planned


def run(args: Plan) -> None:
    names = list(SCENARIOS) if args.scenarios == "all" else args.scenarios.split(",")
    seeds = range(args.seed, args.seed + args.episodes)
    spent_ms(names[0], seeds[:1])  # the first plans of a process load the compiled code
    spent = {name: spent_ms(name, seeds) for name in names}
    everything = np.concatenate(list(spent.values()))
    report(
        {
            "benchmark": "plan",
            "episodes": args.episodes,
            "scenarios": {name: _percentiles(values) for name, values in spent.items()},
            "overall": _percentiles(everything),
        },
        args.json,
    )


def spent_ms(scenario: str, seeds: range) -> np.ndarray:
    """(N,) ms of every plan of these episodes."""
    world = World(scenario, cameras=False)
    planner = TimedPlanner()
    expert = RuleDriver("expert", VisibleOnly(TrueScenes(world)), planner)
    for seed in seeds:
        for _ in drive(world, expert, seed):
            pass
    return np.array(planner.spent_ms)


def _percentiles(values: np.ndarray) -> dict[str, float]:
    p50, p99 = np.percentile(values, (50, 99))
    return {"plans": len(values), "p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2)}
