"""The one writer of a dataset.

Why one data file per episode, where LeRobot would put many into one: a finished episode is then a
file that appears at once (write, fsync, rename) and is never touched again. LeRobot accepts it: the
rows of meta/episodes say which file holds which episode, and its reader takes every file under
data/ in the order of their names, which is the order of the episodes.

An episode exists from the moment its data file has its name. meta/ follows; a writer that finds
meta/ behind the data files, because its predecessor was killed in between, makes it again.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from datasets.store.datafile import head_of, open_data_file, to_parquet
from datasets.store.disk import TEMPORARY, publish, storage_errors, write_whole
from datasets.store.journal import FOLDER, Journal, journals, read_journal, remove_journal
from datasets.store.logged import Head, picture_shapes, same_pictures
from datasets.store.meta import (
    INFO,
    EpisodeRow,
    data_path,
    describe,
    episode_uid,
    is_whole,
    load_rows,
    video_path,
    write_meta,
)
from datasets.store.pictures import PictureFormat, decode_picture
from datasets.store.schema import IMAGES, INDICES, arrow_schema, with_newer
from datasets.store.stats import Stats, sampled_pictures, sampled_ticks, together
from datasets.store.video import read_video, write_video

LOCK = Path(".writer.lock")


class DatasetWriter:
    """Opens a dataset for writing, makes whole what an earlier writer left, adds episodes.

    with DatasetWriter(root) as writer:
        with writer.begin(head) as journal:
            for logged in ...:
                journal.add(logged)
        writer.adopt(journal.path)

    `video` packs the pictures of a new dataset as mp4; `recovered` lists the episodes that were
    found cut off. With `keep_cut_off=False` these are dropped: for collectors that drive the same
    seed again.
    """

    def __init__(self, root: Path, video: bool = False, keep_cut_off: bool = True) -> None:
        self.root = root
        self.recovered: list[EpisodeRow] = []
        with storage_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(root / LOCK, is_singleton=False)
            try:
                self._lock.acquire(blocking=False)
            except Timeout as error:
                raise ValueError(f"{root}: another process writes to this dataset") from error
        try:
            with storage_errors(root):
                self.video = _is_video(root, video)
                self.rows = self._open()
                self._stats = together([row.stats for row in self.rows]) if self.rows else {}
                self._recover(keep_cut_off)
        except BaseException:
            self._lock.release()
            raise

    # --- opening ---

    def _open(self) -> list[EpisodeRow]:
        """The episodes on disk; meta/ is made again where it does not tell of all of them, or is
        older than a column that we have."""
        for left in self.root.glob(f"data/*/.*{TEMPORARY}"):
            left.unlink()
        try:
            rows = load_rows(self.root)
        except (ValueError, KeyError, OSError, pa.ArrowException):
            rows = []  # damaged: made again from the data files
        known = len(rows)
        while (self.root / data_path(len(rows))).exists():
            rows.append(self._describe_file(len(rows)))
        whole = is_whole(self.root, rows[:known], self.video)
        if rows and (len(rows) > known or not whole):
            stats = together([row.stats for row in rows])
            write_meta(self.root, rows, stats, self.video, known if whole else 0)
        return rows

    def _describe_file(self, index: int) -> EpisodeRow:
        path = self.root / data_path(index)
        try:
            file = open_data_file(path)
            head, table = head_of(file, path), file.read()
        except (OSError, pa.ArrowException) as error:
            raise ValueError(
                f"{path}: episode {index} is damaged, and so is meta/: `scripts/dataset.py filter` "
                f"copies what is left ({error})"
            ) from error
        return describe(table, head, self._sample(table, head, index))

    def _sample(self, table: Any, head: Head, index: int) -> dict[str, Any]:
        if not self.video:
            return {camera.name: sampled_pictures(table, camera.name) for camera in head.rig}
        return {
            camera.name: read_video(self.root / video_path(index, camera.name))[
                sampled_ticks(len(table))
            ]
            for camera in head.rig
        }

    def _recover(self, keep_cut_off: bool) -> None:
        for path in journals(self.root):
            found = read_journal(path)
            cut_off = found is not None and found[1]["end"][-1].as_py() == ""
            if found is None or (cut_off and not keep_cut_off):
                remove_journal(path)
                continue
            row = self.adopt(path)
            if row is not None:
                self.recovered.append(row)

    # --- adding ---

    def begin(
        self,
        head: Head,
        name: str | None = None,
        picture_format: PictureFormat = PictureFormat.JPEG,
    ) -> Journal:
        """A journal for an episode that is driven now."""
        self.check_fits(head)
        chosen = name or f"episode-{len(self.rows):06d}"
        return Journal(self.root, chosen, head, picture_format)

    def check_fits(self, head: Head) -> None:
        """ValueError unless an episode of that rig can join this dataset."""
        if self.rows and not same_pictures(self.rows[0].head.rig, head.rig):
            raise ValueError(
                f"{self.root}: expected pictures of {picture_shapes(self.rows[0].head.rig)}, got "
                f"{picture_shapes(head.rig)}"
            )

    def adopt(self, journal: Path) -> EpisodeRow | None:
        """Make a closed journal an episode of the dataset. None where it holds no tick, or an
        episode that the dataset has (a writer was killed before it could remove the journal)."""
        found = read_journal(journal)
        row = None if found is None else self.add(*found)
        remove_journal(journal)
        return row

    def add(self, head: Head, table: Any) -> EpisodeRow | None:
        """Add an episode's table (without INDICES). None where the dataset has it."""
        uid = episode_uid(head, table)
        if any(row.uid == uid for row in self.rows):
            return None
        self.check_fits(head)
        index = len(self.rows)
        table = _with_indices(table, head, self._numbers(head, len(table)))
        sample = {camera.name: sampled_pictures(table, camera.name) for camera in head.rig}
        row = describe(table, head, sample)
        with storage_errors(self.root):
            if self.video:
                self._write_videos(table, head, index)
                table = table.select(arrow_schema(head, pictures=False).names)
            # From here on the episode exists.
            write_whole(self.root / row.data_path, to_parquet(table))
            self.rows.append(row)
            self._stats = _more(self._stats, row)
            write_meta(self.root, self.rows, self._stats, self.video, changed_from=index)
        return row

    def _numbers(self, head: Head, ticks: int) -> dict[str, Any]:
        """The values of INDICES for the next episode."""
        first = self.rows[-1].last if self.rows else 0
        tasks = {row.head.scenario: row.task_index for row in self.rows}
        return {
            "episode_index": [len(self.rows)] * ticks,
            "index": list(range(first, first + ticks)),
            "task_index": [tasks.get(head.scenario, len(tasks))] * ticks,
        }

    def _write_videos(self, table: Any, head: Head, index: int) -> None:
        for camera in head.rig:
            column = table[IMAGES + camera.name].combine_chunks().field("bytes")
            path = self.root / video_path(index, camera.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}{TEMPORARY}")
            write_video(temporary, [decode_picture(content.as_py()) for content in column])
            publish(temporary, path)

    def close(self) -> None:
        """Let others write."""
        with contextlib.suppress(OSError):  # not there, or with a journal that still runs
            (self.root / FOLDER).rmdir()
        self._lock.release()

    def __enter__(self) -> DatasetWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _is_video(root: Path, wanted: bool) -> bool:
    """Whether a dataset keeps videos: as it began, whatever is wanted now."""
    if not (root / INFO).exists():
        return wanted or (root / "videos").exists()
    try:
        return json.loads((root / INFO).read_text())["video_path"] is not None
    except (ValueError, KeyError):
        return (root / "videos").exists()


def _with_indices(table: Any, head: Head, numbers: dict[str, Any]) -> Any:
    schema = arrow_schema(head)
    table = with_newer(table, schema.names)
    columns = {name: table[name] for name in table.column_names}
    for column in INDICES:
        columns[column.name] = pa.array(numbers[column.name], pa.int64())
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _more(stats: Stats, row: EpisodeRow) -> Stats:
    return together([stats, row.stats]) if stats else together([row.stats])
