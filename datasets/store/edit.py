"""New datasets from old ones: merged, split, filtered, cut. The old ones are only read.

An episode keeps its uid, so that it is never twice in one dataset; its numbers are given anew.
Damaged episodes stay behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from datasets.episode import DECISION_HZ
from datasets.store.logged import Parent
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from datasets.store.schema import arrow_schema
from datasets.store.writer import DatasetWriter

Keep = Callable[[EpisodeRow], bool]


def copy_episodes(reader: DatasetReader, writer: DatasetWriter, keep: Keep) -> list[EpisodeRow]:
    """Add the undamaged episodes that `keep` wants; those the writer has already do not count."""
    added = []
    for row in reader.rows:
        if row.index not in reader.damaged and keep(row):
            new = writer.add(row.head, reader.episode_table(row))
            if new is not None:
                added.append(new)
    return added


def cut(
    reader: DatasetReader, writer: DatasetWriter, row: EpisodeRow, first: int, last: int
) -> EpisodeRow | None:
    """Add the ticks `first` to `last` - 1 of an episode as one of its own, whose parent it is; its
    pictures are copied as they are. None where the writer has that clip already."""
    if not 0 <= first < last <= row.ticks:
        raise ValueError(f"cut: expected ticks within 0 to {row.ticks}, got {first} to {last}")
    head = replace(row.head, parent=Parent(row.uid, first))
    table = reader.episode_table(row).slice(first, last - first)
    frames = np.arange(last - first)
    counted = {
        "frame_index": pa.array(frames, pa.int64()),
        "timestamp": pa.array((frames / DECISION_HZ).astype(np.float32)),
    }
    columns = [counted.get(name, table[name]) for name in table.column_names]
    return writer.add(head, pa.table(columns, schema=arrow_schema(head, indices=False)))


def merge(sources: Sequence[Path], out: Path, video: bool = False) -> list[EpisodeRow]:
    """All episodes of several datasets in one."""
    readers = [DatasetReader(source, verify=True) for source in sources]
    with DatasetWriter(out, video) as writer:
        return [r for reader in readers for r in copy_episodes(reader, writer, lambda _: True)]


def filtered(source: Path, out: Path, keep: Keep, video: bool = False) -> list[EpisodeRow]:
    """The episodes that `keep` wants."""
    reader = DatasetReader(source, verify=True)
    with DatasetWriter(out, video) as writer:
        return copy_episodes(reader, writer, keep)


def split(
    source: Path, first: Path, second: Path, share: float, seed: int
) -> tuple[list[EpisodeRow], list[EpisodeRow]]:
    """Two datasets, about `share` of the seeds in the first. Episodes of one scenario and seed
    stay together, whoever drove them: else one part would know the other's traffic."""
    if not 0 < share < 1:
        raise ValueError(f"split: expected a share between 0 and 1, got {share}")
    reader = DatasetReader(source, verify=True)
    worlds = sorted({(row.head.scenario, row.head.seed) for row in reader.rows})
    order = np.random.default_rng(seed).permutation(len(worlds))
    chosen = {worlds[i] for i in order[: round(share * len(worlds))]}

    def copied(out: Path, wanted: bool) -> list[EpisodeRow]:
        with DatasetWriter(out) as writer:
            return copy_episodes(
                reader,
                writer,
                lambda row: ((row.head.scenario, row.head.seed) in chosen) is wanted,
            )

    return copied(first, True), copied(second, False)
