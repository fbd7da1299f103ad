"""Evaluate perception: what of the world do the cameras tell? Vehicles, lanes, and how sure.

    uv run scripts/evaluate_perception.py --json runs/perception.json --report runs/perception
    uv run scripts/evaluate_perception.py --scenarios highway,merge --weather rain --episodes 1
    uv run scripts/evaluate_perception.py --eyes my_package.my_module:make_my_look

The expert drives; perception rides along and is scored against the truth. By default every scenario
is driven in weather drawn by its seed, from clear to rain and night.
"""

from __future__ import annotations

import functools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import tyro
from tqdm import tqdm

from perception.scores.drive import PerceptionScore
from perception.scores.table import Table
from scripts.agents import expert
from scripts.evaluate import chosen_scenarios, commit
from scripts.eyes import SHIPPED, RideAlong, perception_named
from scripts.perception_report import Moment, in_short, make_report, worst
from sim.cameras.weather import kind_of, weather_for
from sim.loop import drive
from sim.world import World


@dataclass(frozen=True)
class Args:
    """Score perception against the truth."""

    eyes: str = SHIPPED
    """whose: the shipped network on ONNX Runtime or torch, or module:factory of your own"""
    scenarios: str = "all"
    """names with commas between"""
    episodes: int = 2
    """per scenario"""
    seed: int = 0
    """of the first episode of each scenario; the others count up from it"""
    weather: str = "random"
    """what the cameras look through: a name, or random, which draws one per seed"""
    every: int = 5
    """ticks from one that is scored to the next; perceived are all of them"""
    jobs: int = 1
    """processes"""
    json: Path | None = None
    """the file for the figures; by default runs/perception.json"""
    report: Path | None = None
    """a folder for the page that a person reads, with pictures of the worst moments"""
    pictures: int = 12
    """how many of them"""


def main(args: Args) -> None:
    # 1. Refuse what does not exist, before anything runs.
    weather_for(args.weather, args.seed)
    scenarios = chosen_scenarios(args.scenarios)
    if args.every < 1 or args.episodes < 1:
        raise ValueError(f"expected at least 1 episode and tick, got {args.episodes}, {args.every}")
    perception_named(args.eyes, World(scenarios[0], cameras=False))
    # 2. Drive and look.
    seeds = range(args.seed, args.seed + args.episodes)
    episodes = [(scenario, seed) for scenario in scenarios for seed in seeds]
    ride = functools.partial(ride_along, args.eyes, args.weather, args.every)
    running = joblib.Parallel(args.jobs, return_as="generator")(
        joblib.delayed(ride)(*episode) for episode in episodes
    )
    score, moments = PerceptionScore(), []
    for tables, seen in tqdm(running, total=len(episodes), unit="ep"):
        score.extend(tables)
        moments = worst([*moments, *seen], args.pictures)
    # 3. Put the figures together.
    result: dict[str, Any] = {
        "eyes": args.eyes,
        "commit": commit(),
        "config": {"weather": args.weather, "episodes": args.episodes, "every": args.every},
        "seeds": list(seeds),
        **score.summary(),
    }
    out = args.json or Path("runs/perception.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1, allow_nan=False))
    print(in_short(result))
    print(f"written: {out}")
    # 4. Write the page that a person reads.
    if args.report is not None:
        print(f"report: {make_report(result, score.tables(), moments, args.report, args.eyes)}")


def ride_along(
    eyes: str, weather: str, every: int, scenario: str, seed: int
) -> tuple[dict[str, list[Table]], list[Moment]]:
    """The rows of one drive, and its worst moments, some seconds apart."""
    world = World(scenario, weather)
    perception = perception_named(eyes, world)
    score, moments = PerceptionScore(), []
    labels = {"scenario": scenario, "weather": kind_of(weather, seed)}
    for tick in drive(world, RideAlong(expert(world), perception), seed):
        if tick.index % every == 0:
            assert perception.last is not None
            pose = perception.odom_from_ego
            badness = score.add(tick.truth, perception.last, pose, world.rig, labels)
            moments.append(Moment(badness, scenario, seed, weather, tick.index))
    return score.parts(), worst(moments, 3)


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except ValueError as error:
        sys.exit(str(error))
