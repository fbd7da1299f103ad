"""Keep what matters of recorded drives: a dataset of clips. What matters, selection.py says."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from datasets.driving import HUMAN
from datasets.episode import End
from datasets.store.disk import write_whole
from datasets.store.edit import cut
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from datasets.store.writer import DatasetWriter
from scripts.engine.drives import TEACHER
from scripts.engine.selection import (
    Reason,
    Stretch,
    Trace,
    joined,
    most_worth,
    random_choice,
    stretches,
)
from sim.replay import near


@dataclass(frozen=True, slots=True)
class KeepConfig:
    """How much is kept, and how it is chosen."""

    share: float = 0.4
    """of the driven ticks"""
    choice: Literal["worth", "random"] = "worth"
    """random: the control that a selection has to beat"""
    span: int = 32
    """ticks of a stretch: 3.2 s"""
    seed: int = 0
    """of the random choice"""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"keep.share: expected a share above 0, at most 1, got {self.share}")


def keep(sources: Sequence[Path], out: Path, config: KeepConfig) -> None:
    """Cut what is chosen out of the `sources` into the dataset `out`, and write beside it, as
    out.json, what was kept and why. Done again after a kill it comes to the same."""
    readers = [DatasetReader(source) for source in sources]
    traces = [(i, trace) for i, reader in enumerate(readers) for trace in read_traces(reader)]
    found = stretches(traces, config.span)
    room = round(config.share * sum(len(trace) for _, trace in traces))
    if config.choice == "random":
        chosen = random_choice(found, room, np.random.default_rng(config.seed))
    else:
        chosen = most_worth(found, room)
    clips = joined(chosen)
    if not clips:
        raise ValueError(f"keep: expected room for a stretch of {config.span} ticks, got {room}")
    with DatasetWriter(out) as writer:
        for clip in clips:
            reader = readers[clip.source]
            cut(reader, writer, reader.rows[clip.episode], clip.first, clip.last)
    told = {
        "choice": config.choice,
        "sources": [str(source) for source in sources],
        "driven_ticks": sum(len(trace) for _, trace in traces),
        "episodes": len(traces),
        "clips": [asdict(clip) for clip in clips],
    }
    write_whole(summary_of(out), json.dumps(told).encode())


def summary_of(out: Path) -> Path:
    """What was kept and why, beside the dataset of clips; the last thing that `keep` writes."""
    return out.with_suffix(".json")


def read_clips(out: Path) -> list[Stretch]:
    """The clips of a dataset that `keep` made."""
    plain = json.loads(summary_of(out).read_text())["clips"]
    return [Stretch(**clip | {"reasons": tuple(map(Reason, clip["reasons"]))}) for clip in plain]


def read_traces(reader: DatasetReader) -> list[Trace]:
    """What every undamaged episode leaves behind to choose by."""
    good = [row for row in reader.rows if row.index not in reader.damaged]
    return [_trace(reader, row) for row in tqdm(good, desc="look for what matters", unit="ep")]


def _trace(reader: DatasetReader, row: EpisodeRow) -> Trace:
    logged = list(reader.episode(row.index, ()))
    decisions = [each.tick.decision for each in logged]
    drivers = [decision.driver for decision in decisions]
    # The pupil's teacher takes the wheel by the dice, which tells nothing.
    changed = [a != b and TEACHER not in (a, b) for a, b in itertools.pairwise(drivers)]
    return Trace(
        episode=row.index,
        scenario=row.head.scenario,
        apart=np.array([d.shadow.apart if d.shadow else 0.0 for d in decisions], np.float64),
        hand_over=np.array([False, *changed], np.bool_),
        near=np.array([near(each.tick.truth) for each in logged], np.bool_),
        person=np.array([driver == HUMAN for driver in drivers], np.bool_),
        failed=bool(row.end) and row.end != End.GOAL,
    )
