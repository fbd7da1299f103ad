"""Which of two agents drives better? Paired on the same scenarios and seeds, in plain words.

uv run scripts/compare.py runs/a.json runs/b.json
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from datasets.episode import End
from scripts.results import read_results
from sim.scores.statistics import Comparison, Verdict, compare_pairs

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that two agents are compared by."""

    name: str
    read: Callable[[Row], float | None]  # None: this episode did not measure it
    higher_is_better: bool = True


FIGURES = (
    Figure("success rate", lambda row: float(row["success"])),
    Figure("collision rate", lambda row: float(row["outcome"] == End.COLLISION), False),
    Figure("at-fault rate", lambda row: float(row["at_fault"]), False),
    Figure("off-road rate", lambda row: float(row["outcome"] == End.OFF_ROAD), False),
    Figure("CARLA driving score", lambda row: row["carla_ds"]),
    Figure("CARLA driving score 2.1", lambda row: row["carla_ds_21"]),
    Figure("nuPlan closed-loop score", lambda row: row["nuplan_cls"]),
    Figure("NAVSIM PDM score", lambda row: row["pdms"]),
    Figure("comfort rate", lambda row: row.get("comfort")),
    Figure("mean speed, m/s", lambda row: row.get("mean_speed")),
    Figure("harsh brakes per episode", lambda row: row.get("harsh_brakes"), False),
)


@dataclass(frozen=True)
class Args:
    """Compare the results of two runs of evaluate on the episodes that both have."""

    a: Annotated[Path, tyro.conf.Positional]  # the JSON file of the agent to beat
    b: Annotated[Path, tyro.conf.Positional]  # the JSON file of the other agent


def main(args: Args) -> None:
    # 1. read both runs; 2. pair their episodes; 3. compare figure by figure, then by scenario
    run_a, run_b = read_results(args.a), read_results(args.b)
    pairs = paired(run_a, run_b)
    name_a, name_b = f"{run_a['agent']} (A)", f"{run_b['agent']} (B)"
    print(f"{name_b} against {name_a}, on {len(pairs)} episodes that both drove:\n")
    for figure in FIGURES:
        print(f"- {figure.name}: {sentence(compare_figure(figure, pairs))}")
    print("\nSuccess rate by scenario:\n")
    for scenario in dict.fromkeys(a["scenario"] for a, _ in pairs):
        here = [pair for pair in pairs if pair[0]["scenario"] == scenario]
        print(f"- {scenario}: {sentence(compare_figure(FIGURES[0], here))}")


def paired(run_a: Row, run_b: Row) -> list[tuple[Row, Row]]:
    """The episodes of A and B with the same scenario and seed; ValueError where the runs do not
    compare."""
    weather_a, weather_b = run_a["config"]["weather"], run_b["config"]["weather"]
    if weather_a != weather_b:
        raise ValueError(f"compare: expected the same weather, got {weather_a} and {weather_b}")
    others = {(row["scenario"], row["seed"]): row for row in run_b["episodes"]}
    keyed = [((row["scenario"], row["seed"]), row) for row in run_a["episodes"]]
    pairs = [(row, others[key]) for key, row in keyed if key in others]
    if len(pairs) < 2:
        raise ValueError(f"compare: expected at least 2 common episodes, got {len(pairs)}")
    return pairs


def compare_figure(figure: Figure, pairs: list[tuple[Row, Row]]) -> Comparison | None:
    """B against A by one figure, over the pairs in which both measured it."""
    values = [(figure.read(a), figure.read(b)) for a, b in pairs]
    known = np.array([v for v in values if None not in v], dtype=np.float64).reshape(-1, 2)
    if len(known) < 2:
        return None
    return compare_pairs(known[:, 0], known[:, 1], figure.higher_is_better)


def sentence(told: Comparison | None) -> str:
    """A comparison in plain words."""
    if told is None:
        return "cannot tell: fewer than 2 common episodes."
    low, high = told.ci95
    numbers = f"B - A = {told.difference:+.3g} [{low:+.3g}, {high:+.3g}], {told.pairs} pairs"
    if told.verdict is not Verdict.CANNOT_TELL:
        return f"B is {told.verdict} ({numbers})."
    if told.more_episodes is None:
        return f"cannot tell, no difference was seen ({numbers})."
    return (
        f"cannot tell ({numbers}); if the difference is real, it takes about "
        f"{told.more_episodes} more episodes to see it."
    )


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
