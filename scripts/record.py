"""The record of a speedrun: what was run, on what, how long each step took, what came of it.

    uv run scripts/record.py runs/speedrun

Written as OUT/record.md by scripts/speedrun.sh; a record worth keeping goes into docs/records.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import tyro

from scripts.benchmarks.timing import cpu_name
from scripts.evaluate import commit
from sim.report.tables import Table, as_markdown, cell

PACKAGES = ("torch", "torchvision", "onnxruntime", "numpy", "highway-env", "numba")


@dataclass(frozen=True)
class Args:
    """Tell a speedrun as a table and a log."""

    out: tyro.conf.Positional[Path]
    """the folder of the run"""


def main(args: Args) -> None:
    steps = read_steps(args.out / "steps.tsv")
    score = json.loads((args.out / "pilot.json").read_text())
    decisions = [
        json.loads(path.read_text())
        for path in sorted(args.out.glob("improve/round-*/decision.json"))
    ]
    path = args.out / "record.md"
    path.write_text(record(steps, decisions, score))
    print(as_markdown(summary(steps, score)))
    print(f"written: {path}")


def read_steps(path: Path) -> list[tuple[str, int, str]]:
    """Name, seconds and command of each step; one that a kill cut in two counts once, with what
    its parts took that ended."""
    found: dict[str, tuple[int, str]] = {}
    for line in path.read_text().splitlines():
        name, seconds, command = line.split("\t")
        found[name] = (found.get(name, (0, ""))[0] + int(seconds), command)
    return [(name, seconds, command) for name, (seconds, command) in found.items()]


def record(
    steps: Sequence[tuple[str, int, str]], decisions: Iterable[Any], score: dict[str, Any]
) -> str:
    """The whole record as Markdown."""
    commands = "\n".join(f"    {command}" for _, _, command in steps)
    parts = [
        "# Record\n",
        f"Commit {commit()}. {hardware()}.\n",
        as_markdown(summary(steps, score)),
        as_markdown(curve(decisions)),
        as_markdown(by_scenario(score)),
        as_markdown(versions()),
        f"## Commands\n\n{commands}\n",
    ]
    return "\n".join(parts)


def summary(steps: Sequence[tuple[str, int, str]], score: dict[str, Any]) -> Table:
    """Time of each step, and the final score."""
    rows = [(name, clock(seconds)) for name, seconds, _ in steps]
    rows.append(("all", clock(sum(seconds for _, seconds, _ in steps))))
    overall = score["overall"]
    goals = cell(overall["success_rate"], overall["success_ci95"])
    rows.append((f"{score['agent']}: goals of {overall['episodes']}", goals))
    return Table("Time, and what came of it", ("step", "min:s"), tuple(rows))


def clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def curve(decisions: Iterable[Any]) -> Table:
    """Goals of champion and challenger, round by round."""
    rows = tuple(
        (
            told["challenger"],
            f"{told['goals'][0]} of {told['pairs']}",
            f"{told['goals'][1]} of {told['pairs']}",
            "promoted" if told["promoted"] else "; ".join(told["objections"]),
        )
        for told in decisions
    )
    return Table("Rounds", ("challenger", "champion's goals", "its own", "decision"), rows)


def by_scenario(score: dict[str, Any]) -> Table:
    names = ("success_rate", "at_fault_rate", "nuplan_cls", "mean_speed")
    rows = tuple(
        (scenario, cell(told["episodes"]), *(cell(told[name]) for name in names))
        for scenario, told in score["scenarios"].items()
    )
    return Table(f"{score['agent']}, scenario by scenario", ("scenario", "episodes", *names), rows)


def versions() -> Table:
    rows = tuple((name, version(name)) for name in PACKAGES)
    return Table("Versions", ("package", "version"), (("python", platform.python_version()), *rows))


def hardware() -> str:
    """The processor and, where there is one, the GPU, by name."""
    cores = len(os.sched_getaffinity(0))
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ", no GPU"
    return f"{cores} cores of {cpu_name()}{gpu}"


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
