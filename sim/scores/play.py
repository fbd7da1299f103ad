"""One episode of a benchmark, in whatever process it falls to: drive, score, and never raise."""

from __future__ import annotations

import hashlib
import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from datasets.driving import Agent
from datasets.episode import End
from sim.baselines import Idm
from sim.manoeuvres.table import judge, world_named
from sim.scores.episode import Row, error_row, score_episode
from sim.scores.log import EpisodeLog
from sim.scores.record import record
from sim.world import World

_ONLY_WATCHES = {"cameras", "report", "scores", "window"}  # parts of sim/ that move nobody


@dataclass(frozen=True)
class Player:
    """Plays the episodes of one agent."""

    make_agent: Callable[[World], Agent]
    cameras: bool  # whether the agent looks at images
    weather: str
    reference_dir: Path  # where what IDM/MOBIL reached is kept
    fault: str | None = None  # what its agent is made to suffer: the rows say so

    def __call__(self, scenario: str, seed: int) -> Row:
        """The row of one episode; one that raises is a failure with its traceback."""
        try:
            world = world_named(scenario, self.weather, self.cameras)
            log = record(world, self.make_agent(world), seed)
            reference = reference_progress(scenario, seed, self.reference_dir)
            return score_episode(log, reference) | judge(log) | self._named_fault()
        except Exception:  # the run goes on, the row says what happened
            return error_row(scenario, seed, traceback.format_exc()) | self._named_fault()

    def _named_fault(self) -> Row:
        return {} if self.fault is None else {"fault": self.fault}


def reference_progress(scenario: str, seed: int, folder: Path) -> float:
    """Metres of progress of IDM/MOBIL on this seed, driven once and kept on disk for as long as the
    world's code stays the same."""
    path = folder / world_fingerprint() / f"{scenario}-{seed}.json"
    if not path.exists():
        world = world_named(scenario, cameras=False)
        progress = extrapolated_progress(record(world, Idm(world), seed), world.scenario.time_limit)
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = path.with_suffix(f".{os.getpid()}")  # another process may be at the same seed
        mine.write_text(json.dumps({"progress": progress}))
        mine.replace(path)
    return float(json.loads(path.read_text())["progress"])


def extrapolated_progress(log: EpisodeLog, time_limit: float) -> float:
    """The progress of a reference. Where it crashed or left the road it counts as if it had gone on
    at its mean speed, at most to the goal: an early crash is no low bar."""
    if log.outcome.end not in (End.COLLISION, End.OFF_ROAD):
        return log.progress_made
    return max(log.progress_made, min(log.goal, log.progress_made * time_limit / log.duration))


@cache
def world_fingerprint() -> str:
    """Changes when the world may: with the modules of sim/ that make it, and with highway-env."""
    digest = hashlib.sha256(version("highway-env").encode())
    sim = Path(__file__).parent.parent
    for path in sorted(sim.rglob("*.py")):
        if path.relative_to(sim).parts[0] in _ONLY_WATCHES:
            continue
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
