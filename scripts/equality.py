"""Whole episodes of stock highway-env beside ours, tick by tick: the proof of equal trajectories.

    uv run scripts/equality.py --episodes 50 --json equality.json

Both worlds run freely from the same seed under the same actions: those of highway-env's own driver
on even seeds, the same with swerves and surges on odd ones, which bring more crashes. Compared at
every tick is every attribute of every body. Every tenth tick also takes one physics step of ours
from stock's state.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import tyro

from scripts.twins import Twins
from sim.scenarios import SCENARIOS, scenario_named

ONE_STEP_EVERY = 10  # ticks
ONE_STEP_TOLERANCE, FREE_TOLERANCE = 1e-9, 1e-6  # m, rad, m/s


@dataclass(frozen=True)
class Args:
    """Compare whole episodes of stock highway-env with ours."""

    scenarios: tuple[str, ...] = tuple(SCENARIOS)  # which to compare
    episodes: int = 50  # seeds 0, 1, ...
    processes: int = 1  # side by side
    json: Path | None = None  # write the table here


@dataclass
class Episode:
    """One pair of episodes."""

    scenario: str
    seed: int
    ticks: int = 0
    max_position: float = 0.0  # m, over all ticks
    max_number: float = 0.0  # any other number of any body
    decisions: list[str] = field(default_factory=list)  # the first differences that are no numbers
    max_one_step: float = 0.0
    one_step_decisions: list[str] = field(default_factory=list)
    first_above: int | None = None  # the first tick beyond the tolerance
    crashes: int = 0  # vehicles crashed at the end, in stock

    @property
    def equal(self) -> bool:
        return self.max_position <= FREE_TOLERANCE and not self.decisions

    @property
    def one_step_equal(self) -> bool:
        return self.max_one_step <= ONE_STEP_TOLERANCE and not self.one_step_decisions


def run_episode(twins: Twins, seed: int) -> Episode:
    """Both worlds from their reset to the end of the stock one."""
    episode = Episode(twins.scenario.name, seed)
    twins.reset(seed)
    _compare(twins, episode)
    while not twins.over:
        if twins.tick % ONE_STEP_EVERY == 0:
            one = twins.one_step()
            episode.max_one_step = max(episode.max_one_step, one.position, one.number)
            episode.one_step_decisions += one.decisions[:1]
        twins.step(twins.action(weave=seed % 2 == 1))
        _compare(twins, episode)
    episode.ticks = twins.tick
    episode.crashes = sum(bool(vehicle.crashed) for vehicle in twins.stock.road.vehicles)
    return episode


def _compare(twins: Twins, episode: Episode) -> None:
    apart = twins.difference()
    episode.max_position = max(episode.max_position, apart.position)
    episode.max_number = max(episode.max_number, apart.number)
    if episode.first_above is None and not apart.within(FREE_TOLERANCE):
        episode.first_above = twins.tick
        episode.decisions += apart.decisions[:3]


def _run(work: tuple[str, int]) -> Episode:
    name, seed = work
    return run_episode(Twins(scenario_named(name)), seed)


def summary(episodes: list[Episode]) -> dict[str, object]:
    """The row of one scenario."""
    equal = sum(episode.equal for episode in episodes)
    return {
        "episodes": len(episodes),
        "equal": equal,
        "equal_share": equal / len(episodes),
        "identical": sum(
            episode.max_position == 0 and episode.max_number == 0 and not episode.decisions
            for episode in episodes
        ),
        "one_step_equal": sum(episode.one_step_equal for episode in episodes),
        "max_position": max(episode.max_position for episode in episodes),
        "max_one_step": max(episode.max_one_step for episode in episodes),
        "ticks": sum(episode.ticks for episode in episodes),
        "crashed_vehicles": sum(episode.crashes for episode in episodes),
        "different": [asdict(episode) for episode in episodes if not episode.equal],
    }


def main(args: Args) -> None:
    for name in args.scenarios:
        scenario_named(name)  # a bad name is refused before any work
    table: dict[str, object] = {}
    with ProcessPoolExecutor(args.processes) as pool:
        for name in args.scenarios:
            began = time.perf_counter()
            work = [(name, seed) for seed in range(args.episodes)]
            table[name] = row = summary(list(pool.map(_run, work)))
            print(
                f"{name:20} equal {row['equal']}/{row['episodes']}, identical {row['identical']}, "
                f"worst {row['max_position']:.1e} m, one step {row['max_one_step']:.1e}, "
                f"{row['ticks']} ticks, {time.perf_counter() - began:.0f} s",
                flush=True,
            )
            if args.json:
                args.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except ValueError as error:
        sys.exit(str(error))
