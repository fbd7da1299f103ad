"""New datasets from old ones: merged, split, filtered, cut. The old ones are only read.

An episode keeps its uid, so that it is never twice in one dataset; its numbers are given anew.
A stretch cut out of one is an episode of its own that names where it comes from. Damaged episodes
stay behind.
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
from datasets.store.reader import DamagedEpisodeError, DatasetReader
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


def cut(
    reader: DatasetReader, writer: DatasetWriter, row: EpisodeRow, first: int, last: int
) -> EpisodeRow | None:
    """Add ticks `first` to `last` - 1 of an episode as an episode of their own. None where the
    writer has that very stretch already.

    Its parent is the episode, even where that has a parent itself. Its ticks count from 0; the
    world's clock, poses, the simulator's states stay as they were. How the episode ended goes with
    its last tick: a stretch without that tick is cut off.
    """
    if not 0 <= first < last <= row.ticks:
        raise ValueError(
            f"cut: expected a stretch within the {row.ticks} ticks of episode {row.index}, got "
            f"{first} to {last}"
        )
    if row.index in reader.damaged:
        raise DamagedEpisodeError(reader.root, row.index, reader.damaged[row.index])
    table = reader.episode_table(row, first, last)
    number = np.arange(last - first, dtype=np.int64)
    for name, values in (("frame_index", number), ("timestamp", number / DECISION_HZ)):
        at = table.schema.get_field_index(name)
        field = table.schema.field(at)
        table = table.set_column(at, field, pa.array(values).cast(field.type))
    return writer.add(replace(row.head, parent=Parent(row.uid, first)), table)
