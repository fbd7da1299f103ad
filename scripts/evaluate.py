"""Evaluate: how well does an agent drive? Every figure, with intervals, over scenarios and seeds.

    uv run scripts/evaluate.py --agent idm
    uv run scripts/evaluate.py --agent constant-speed --scenarios merge,exit --episodes 20 --jobs 2
    uv run scripts/evaluate.py --agent idm --scenarios manoeuvres --report runs/manoeuvres
    uv run scripts/evaluate.py --agent pilot --scenarios highway --fault camera-left-black
    uv run scripts/evaluate.py --agent pilot --model champion
    uv run scripts/evaluate.py --agent my_package.my_module:make_my_driver

The same episodes for every agent: seeds S to S + N - 1 of each scenario. A run that is killed goes
on where it was when the same command is given again.
"""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import tyro

from datasets.learning.model import ONNX
from scripts.agents import file_name, make_agent, model_of, needs_cameras, with_model
from scripts.faults import check_fault, with_fault
from sim.cameras.weather import weather_for
from sim.manoeuvres.table import MANOEUVRES, named
from sim.report.make import make_report
from sim.scenarios import SCENARIOS
from sim.scores.play import Player
from sim.scores.resume import RowCache, run_episodes
from sim.scores.summary import summarise, summarise_by_scenario


@dataclass(frozen=True)
class Args:
    """Score an agent in closed loop."""

    agent: str = "expert"
    """who drives: a name, or module:factory of your own"""
    scenarios: str = "all"
    """names with commas between; all: every scenario; manoeuvres: every manoeuvre"""
    episodes: int = 10
    """per scenario"""
    seed: int = 0
    """of the first episode of each scenario; the others count up from it"""
    weather: str = "clear"
    """what the cameras look through: a name, or random, which draws one per seed"""
    fault: str | None = None
    """what breaks on the way, at a moment that each seed draws; "list" names them"""
    jobs: int = 1
    """processes"""
    backend: str = "loky"
    """of joblib: loky (processes here), dask or ray"""
    cluster: str | None = None
    """the address of a Dask or Ray cluster; without it, one is started on this machine"""
    json: Path | None = None
    """the file for the results; by default runs/evaluate/AGENT.json"""
    report: Path | None = None
    """a folder for the page that a person reads"""
    clips: int = 4
    """how many of the worst episodes the page shows as films"""
    model: str | None = None
    """by which model a learned driver drives (docs/models.md): AGENT@MODEL says the same"""


def main(args: Args) -> None:
    # 1. Refuse what does not exist, before anything runs.
    if args.episodes < 1 or args.jobs == 0:
        raise ValueError(
            f"expected at least 1 episode and 1 job (-1: one on every core), got {args.episodes} "
            f"and {args.jobs}"
        )
    args = replace(args, agent=with_model(args.agent, args.model), model=None)
    check_fault(args.fault)
    weather_for(args.weather, args.seed)
    scenarios = chosen_scenarios(args.scenarios)
    seeds = list(range(args.seed, args.seed + args.episodes))
    # 2. Play every episode that an earlier, killed run has not played.
    player = make_player(args)
    name = file_name(args.agent) + (f"+{args.fault}" if args.fault else "")
    model = model_of(args.agent)
    out = args.json or Path("runs/evaluate") / f"{name}.json"
    head = {
        "agent": args.agent,
        "model": None if model is None else model.sha256[ONNX],
        "commit": commit(),
        "fault": args.fault,
        "config": {"weather": args.weather, "episodes": args.episodes},
        "seeds": seeds,
    }
    cache = RowCache(out.with_suffix(".partial.jsonl"), head | {"scenarios": scenarios})
    if cache.note:
        print(cache.note)
    episodes = [(scenario, seed) for scenario in scenarios for seed in seeds]
    with backend(args.backend, args.cluster):
        rows = run_episodes(player, episodes, cache, args.jobs)
    # 3. Put the figures together, write them, and only then forget the parts.
    result = head | {
        "scenarios": summarise_by_scenario(rows),
        "overall": summarise(rows),
        "episodes": rows,
    }
    out.write_text(json.dumps(result, indent=1, allow_nan=False))
    cache.remove()
    print(in_short(result, out))
    # 4. Write the page that a person reads.
    if args.report is not None:
        print(f"report: {make_report(result, player, args.report, args.clips)}")


def chosen_scenarios(text: str) -> list[str]:
    """Names from the command line, in order; ValueError names the good ones."""
    groups = {"all": list(SCENARIOS), "manoeuvres": list(MANOEUVRES)}
    names = [name for word in text.split(",") for name in groups.get(word, [word])]
    for name in names:
        named(name)
    return list(dict.fromkeys(names))


def make_player(args: Args) -> Player:
    return Player(
        make_agent=functools.partial(
            with_fault, args.fault, functools.partial(make_agent, args.agent)
        ),
        cameras=needs_cameras(args.agent),
        weather=args.weather,
        fault=args.fault,
        reference_dir=Path("runs/reference"),
    )


@contextmanager
def backend(name: str, cluster: str | None) -> Iterator[None]:
    """Inside it, joblib plays the episodes on that backend; without an address, a cluster of this
    machine is started."""
    match name:
        case "loky":
            yield
            return
        case "dask":
            distributed = optional_module("distributed")
            context = distributed.Client(cluster)
        case "ray":
            context = optional_module("ray").init(address=cluster)
            optional_module("ray.util.joblib").register_ray()
        case _:
            raise ValueError(f"backend: expected loky, dask or ray, got {name!r}")
    with context, joblib.parallel_config(backend=name):
        yield


def optional_module(name: str) -> ModuleType:
    """A module that is not one of our dependencies; ValueError says what is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"backend: expected {name} to be installed, {error}") from error


def commit() -> str:
    """The commit of this code, "-dirty" where files differ from it; "unknown" outside git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    here = Path(__file__).parent
    try:
        told = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()


def in_short(result: dict[str, Any], out: Path) -> str:
    """The run in a few lines for the terminal."""
    lines = [
        f"{'scenario':22s} {'n':>4} {'success':>8} {'DS':>6} {'CLS':>6} {'PDMS':>6} {'m/s':>6}"
    ]
    for name, s in [*result["scenarios"].items(), ("all", result["overall"])]:
        speed = "-" if s["mean_speed"] is None else f"{s['mean_speed']:.1f}"
        lines.append(
            f"{name:22s} {s['episodes']:4d} {s['success_rate']:8.2f} {s['carla_ds']:6.2f} "
            f"{s['nuplan_cls']:6.2f} {s['pdms']:6.2f} {speed:>6}"
        )
    return "\n".join([*lines, f"written: {out}"])


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except ValueError as error:
        sys.exit(str(error))
