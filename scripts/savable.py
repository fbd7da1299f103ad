"""Savable: where an agent failed, could anybody have reached the goal?

    uv run scripts/savable.py runs/evaluate/expert.json --json runs/savable.json
    uv run scripts/savable.py --scenario u-turn --seed 204

A search with the simulator as its model, over every failed episode of a result of evaluate, or
over one episode. It knows what no driver can know: what everybody will do. So what it saves shows
what there was to do, not that a driver could have known. "Not saved" is no proof: it says how many
moves were tried. A run that is killed goes on where it was when the same command is given again.
"""

from __future__ import annotations

import functools
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from scripts.agents import make_agent, needs_cameras, with_model
from scripts.evaluate import commit
from scripts.results import read_results
from sim.manoeuvres.table import named
from sim.scores.episode import ERROR
from sim.scores.resume import RowCache, run_episodes
from sim.search.verdict import Searcher, sentence


@dataclass(frozen=True)
class Args:
    """Search for a drive to the goal where an agent found none."""

    results: Annotated[Path | None, tyro.conf.Positional] = None
    """the JSON file of a run of evaluate"""
    scenario: str | None = None
    """instead of a file: one scenario, with --seed"""
    seed: int = 0
    """of the episode of --scenario"""
    agent: str = "expert"
    """who drives there: a name, or module:factory of your own"""
    budget: int = 20_000
    """moves of a second to try per episode; 100 to 300 take a second"""
    jobs: int = 1
    """processes"""
    json: Path | None = None
    """the file for the verdicts; by default runs/savable.json"""


def main(args: Args) -> None:
    # 1. Which episodes, and who drove them?
    run = read_run(args)
    run["agent"] = with_model(run["agent"], None)
    episodes = [(row["scenario"], row["seed"]) for row in run["failed"]]
    for scenario, _ in episodes:
        named(scenario)
    # 2. Drive and search them, but those that an earlier, killed run has searched.
    searcher = Searcher(
        make_agent=functools.partial(make_agent, run["agent"]),
        cameras=needs_cameras(run["agent"]),
        weather=run["weather"],
        budget=args.budget,
    )
    out = args.json or Path("runs/savable.json")
    head = {"agent": run["agent"], "commit": commit(), "budget": args.budget}
    cache = RowCache(out.with_suffix(".partial.jsonl"), head | {"episodes": episodes})
    if cache.note:
        print(cache.note)
    rows = run_episodes(searcher, episodes, cache, args.jobs)
    # 3. Write the verdicts, and say them.
    out.write_text(json.dumps(head | {"episodes": rows}, allow_nan=False))
    cache.remove()
    for row in rows:
        print(sentence(row))
    counts = Counter(row["outcome"] for row in rows)
    print(", ".join(f"{n} {outcome}" for outcome, n in counts.most_common()) or "no failures")
    print(f"written: {out}")


def read_run(args: Args) -> dict[str, Any]:
    """The agent, the weather and the failed episodes; ValueError if there is nothing to search."""
    if (args.results is None) == (args.scenario is None):
        raise ValueError("savable: expected either the file of a run or --scenario")
    if args.results is None:
        only = {"scenario": args.scenario, "seed": args.seed}
        return {"agent": args.agent, "weather": "clear", "failed": [only]}
    run = read_results(args.results)
    failed = [r for r in run["episodes"] if not r["success"] and r["outcome"] != ERROR]
    return {"agent": run["agent"], "weather": run["config"]["weather"], "failed": failed}


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
