"""Recording and reading: what a tick costs to keep, and how fast kept ticks come back."""

from __future__ import annotations

import itertools
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.episode import TICK
from datasets.store.journal import Journal
from datasets.store.logged import Head
from datasets.store.reader import DatasetReader
from datasets.store.training import ResidentFrames, SampleSpec, TickDataset
from datasets.store.writer import DatasetWriter
from scripts.agents import make_agent
from scripts.benchmarks.timing import report
from sim.recording import drive_logged
from sim.world import World


@dataclass(frozen=True, slots=True)
class Data:
    """Ticks read a second, cost of recording, size of a tick."""

    json: Path | None = None
    """Also write the figures here."""
    agent: str = "expert"
    """Who drives what is recorded."""
    scenario: str = "highway"
    """Where."""
    episodes: int = 4
    """How many, with and without recording in turns."""
    seed: int = 0
    """Of the first one."""
    batch: int = 256
    """Ticks read at a time."""
    rounds: int = 8
    """Batches read."""


def run(args: Data) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plain, recorded, ticks = _drive(args, root)
        reader = DatasetReader(root)
        kilobytes = sum((root / row.data_path).stat().st_size for row in reader.rows) / 1e3
        report(
            {
                "benchmark": "data",
                "agent": args.agent,
                "scenario": args.scenario,
                "ticks": ticks,
                "random_ticks_per_s": _read(args, reader),
                "collect_realtime_factor": round(ticks * TICK / recorded, 2),
                "recording_overhead": round(recorded / plain - 1, 3),
                "kb_per_tick": round(kilobytes / ticks, 2),
            },
            args.json,
        )


def _drive(args: Data, root: Path) -> tuple[float, float, int]:
    """Drive every episode twice, tick by tick in turns: seconds without and with
    recording, and the ticks recorded. Both see the same moments of the same machine."""
    spent = np.zeros(2)
    ticks = 0
    with DatasetWriter(root) as writer:
        for seed in range(args.seed, args.seed + args.episodes):
            worlds = [World(args.scenario), World(args.scenario)]
            observations = [world.reset(seed) for world in worlds]
            agents = [make_agent(args.agent, world) for world in worlds]
            loops = [
                drive_logged(world, agent, observation, keep_state=keep)
                for world, agent, observation, keep in zip(
                    worlds, agents, observations, (False, True), strict=True
                )
            ]
            for loop in loops:
                next(loop)  # whatever is compiled or built at the first tick is not counted
            head = Head(args.scenario, seed, "clear", args.agent, worlds[0].rig)
            with Journal(root, str(seed), head) as journal:
                while True:
                    began = time.perf_counter()
                    if next(loops[0], None) is None:
                        break
                    between = time.perf_counter()
                    journal.add(next(loops[1]))
                    spent += between - began, time.perf_counter() - between
                    ticks += 1
            began = time.perf_counter()
            writer.adopt(journal.path)
            spent[1] += time.perf_counter() - began
    return float(spent[0]), float(spent[1]), ticks


def _read(args: Data, reader: DatasetReader) -> dict[str, float]:
    """Random ticks a second, five cameras decoded: from disk on all cores, and from memory."""
    dataset = TickDataset(reader, SampleSpec())
    rng = np.random.default_rng(args.seed)
    cache = ResidentFrames(dataset, "cpu")
    reader.pictures(reader.usable)  # every file was touched once
    rates = {}
    for name, batch in (("disk", dataset.batch), ("cache", cache.batch)):
        seen = []
        for _ in itertools.repeat(None, args.rounds):
            chosen = rng.integers(0, len(dataset), args.batch)
            began = time.perf_counter()
            batch(chosen)
            seen.append(args.batch / (time.perf_counter() - began))
        rates[name] = round(float(np.median(seen)))
    return rates
