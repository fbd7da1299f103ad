"""Reads a dataset, every tick at random; only the files of the ticks asked for are opened.

Ticks are numbered through the dataset, as in LeRobot's column `index`. Numbers are held in memory
once asked for; texts and pictures are read from disk each time. An episode whose file is missing or
damaged is named, and the rest stays usable.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from datasets.checks import IntArray
from datasets.store.columns import column_array
from datasets.store.datafile import ROW_GROUP, open_data_file, text_names
from datasets.store.disk import sha256
from datasets.store.logged import LoggedTick
from datasets.store.meta import EpisodeRow, load_rows, video_path
from datasets.store.pictures import Picture, PictureFormat, decode_picture, encode_picture
from datasets.store.schema import IMAGES, arrow_schema, from_row, number_columns, with_newer
from datasets.store.spans import PictureSpans
from datasets.store.sums import Checksums
from datasets.store.video import VideoShelf

_GROUPS = 32  # row groups of texts kept decoded
_FILES = 64  # data files kept open
_AHEAD = 16  # ticks that one thread decodes before it comes back for more


class DamagedEpisodeError(ValueError):
    """A file of an episode does not hold what was written to it."""

    def __init__(self, root: Path, episode: int, why: object) -> None:
        super().__init__(f"{root}: episode {episode} is damaged: {why}")
        self.episode = episode


class DatasetReader:
    """A dataset on disk, for reading.

    reader = DatasetReader(root)
    reader.logged(123).tick.decision.action
    reader.pictures([3, 1200], ["front_wide"])  # (2, 1, height, width, 3)
    reader.numbers("action")[reader.usable]
    reader.texts("driver")[reader.numbers("apart") > 2.0]

    `damaged` names the episodes that are left out and says why; `verify` compares every data file
    with its checksum first, instead of only looking whether it is there and complete.
    """

    def __init__(self, root: Path, verify: bool = False) -> None:
        self.root = root
        try:
            self.rows = load_rows(root)
        except (OSError, KeyError, pa.ArrowException) as error:
            raise ValueError(
                f"{root}: meta/ is damaged; whoever next writes to it makes it again ({error})"
            ) from error
        if not self.rows:
            raise ValueError(f"{root}: expected a dataset with episodes, got none")
        self.cameras = self.rows[0].cameras
        self.damaged: dict[int, str] = {}
        sums = Checksums(root).of if verify else {}
        for row in self.rows:
            why = self._why_damaged(row, sums.get(row.data_path.as_posix()))
            if why:
                self.damaged[row.index] = why
        self._first = np.array([row.first for row in self.rows])
        self._numbers: dict[str, NDArray[Any]] = {}
        self._groups: OrderedDict[tuple[int, int], dict[str, list[Any]]] = OrderedDict()
        self._files: OrderedDict[int, Any] = OrderedDict()
        self._spans = PictureSpans(self.cameras)
        self._videos = VideoShelf()

    def __reduce__(self) -> tuple[Any, ...]:  # a worker process opens its own files
        return DatasetReader, (self.root,)

    def _why_damaged(self, row: EpisodeRow, checksum: str | None) -> str:
        path = self.root / row.data_path
        try:
            if checksum is not None and sha256(path) != checksum:
                return "its data file differs from its checksum"
            ticks = open_data_file(path).metadata.num_rows
        except (OSError, pa.ArrowException) as error:
            return f"{row.data_path}: {error}"
        return "" if ticks == row.ticks else f"expected {row.ticks} ticks, got {ticks}"

    # --- what there is ---

    def __len__(self) -> int:
        """Ticks, those of damaged episodes among them."""
        return self.rows[-1].last

    @cached_property
    def usable(self) -> IntArray:
        """The numbers of all ticks of undamaged episodes."""
        good = [row for row in self.rows if row.index not in self.damaged]
        parts = [np.arange(row.first, row.last, dtype=np.int64) for row in good]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    @cached_property
    def is_video(self) -> bool:
        return bool(self.cameras) and (self.root / video_path(0, self.cameras[0])).exists()

    def row_of(self, tick: int) -> EpisodeRow:
        """The episode that a tick belongs to."""
        if not 0 <= tick < len(self):
            raise IndexError(f"tick: expected 0 to {len(self) - 1}, got {tick}")
        return self.rows[int(np.searchsorted(self._first, tick, side="right")) - 1]

    # --- columns ---

    def numbers(self, name: str) -> NDArray[Any]:
        """(N,) or (N, K) a column of numbers for all N ticks; zero where an episode is damaged."""
        if name not in self._numbers:
            self._numbers[name] = self._read_numbers(name)
        return self._numbers[name]

    def _read_numbers(self, name: str) -> NDArray[Any]:
        column = {c.name: c for c in number_columns(len(self.cameras))}.get(name)
        if column is None:
            known = [c.name for c in number_columns(len(self.cameras))]
            raise ValueError(f"numbers: expected one of {', '.join(known)}; got {name!r}")
        shape = (len(self),) if column.size == 1 else (len(self), column.size)
        values = np.zeros(shape, column.dtype)
        for row in self.rows:
            if row.index not in self.damaged:
                values[row.first : row.last] = column_array(self.table(row, [name]), name)
        return values

    def texts(self, name: str) -> NDArray[np.object_]:
        """(N,) a column of texts for all N ticks; "" where an episode is damaged. Nothing else is
        read: `driver` of a hundred episodes takes a tenth of a second."""
        if name not in text_names():
            raise ValueError(f"texts: expected one of {', '.join(text_names())}; got {name!r}")
        values = np.full(len(self), "", object)
        for row in self.rows:
            if row.index not in self.damaged:
                values[row.first : row.last] = self.table(row, [name])[name].to_pylist()
        return values

    def table(
        self, row: EpisodeRow, columns: Sequence[str], first: int = 0, last: int | None = None
    ) -> Any:
        """Some columns of ticks `first` to `last` - 1 of an episode, by default of all, as an Arrow
        table; only the row groups that they lie in are read."""
        last = row.ticks if last is None else last
        groups = range(first // ROW_GROUP, -(-last // ROW_GROUP))
        try:
            table = self._file(row).read_row_groups(groups, list(columns), use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise DamagedEpisodeError(self.root, row.index, error) from error
        table = table.slice(first - groups.start * ROW_GROUP, last - first)
        return with_newer(table, columns)

    def episode_table(self, row: EpisodeRow, first: int = 0, last: int | None = None) -> Any:
        """Ticks `first` to `last` - 1 of an episode, by default all, with their pictures, as
        `DatasetWriter.add` takes them."""
        schema = arrow_schema(row.head, indices=False)
        if not self.is_video:
            return self.table(row, schema.names, first, last).select(schema.names)
        without = arrow_schema(row.head, pictures=False, indices=False).names
        table = self.table(row, without, first, last)
        columns = {name: table[name] for name in table.column_names}
        for camera in self.cameras:
            path = self.root / video_path(row.index, camera)
            decoded = self._videos.pictures(path)[first:last]
            content = [encode_picture(rgb, PictureFormat.JPEG) for rgb in decoded]
            plain = [{"bytes": c, "path": None} for c in content]
            columns[IMAGES + camera] = pa.array(plain, schema.field(IMAGES + camera).type)
        return pa.table([columns[name] for name in schema.names], schema=schema)

    def _file(self, row: EpisodeRow) -> Any:
        if row.index not in self._files:
            self._files[row.index] = open_data_file(self.root / row.data_path)
            if len(self._files) > _FILES:
                self._files.popitem(last=False)
        return self._files[row.index]

    # --- whole ticks ---

    def logged(self, tick: int, cameras: Sequence[str] | None = None) -> LoggedTick:
        """All that was kept of a tick, with the pictures of these cameras (None: of all)."""
        row = self.row_of(tick)
        wanted = self.cameras if cameras is None else cameras
        values = self._values(row, tick - row.first)
        for name in wanted:
            values[IMAGES + name] = self.picture(row, tick - row.first, name)
        return from_row(values, row.head)

    def episode(self, index: int, cameras: Sequence[str] | None = None) -> Iterator[LoggedTick]:
        """The ticks of one episode in order."""
        row = self.rows[index]
        return (self.logged(tick, cameras) for tick in range(row.first, row.last))

    def _values(self, row: EpisodeRow, offset: int) -> dict[str, Any]:
        """The row of a tick, without its pictures."""
        group, at = divmod(offset, ROW_GROUP)
        key = (row.index, group)
        if key not in self._groups:
            names = [c.name for c in number_columns(len(self.cameras))] + text_names()
            try:
                table = self._file(row).read_row_group(group, columns=names, use_threads=False)
            except (OSError, pa.ArrowException) as error:
                raise DamagedEpisodeError(self.root, row.index, error) from error
            self._groups[key] = with_newer(table, names).to_pydict()
            if len(self._groups) > _GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return {name: values[at] for name, values in self._groups[key].items()}

    # --- pictures ---

    def pictures(
        self,
        ticks: Sequence[int] | IntArray,
        cameras: Sequence[str] | None = None,
        threads: int | None = None,
    ) -> NDArray[np.uint8]:
        """(len(ticks), len(cameras), height, width, 3), decoded on `threads` cores (None: all).
        The cameras must have pictures of one size."""
        names = self.cameras if cameras is None else tuple(cameras)
        rig = {camera.name: camera for camera in self.rows[0].head.rig}
        size = {(rig[name].height_px, rig[name].width_px) for name in names}
        if len(size) != 1:
            raise ValueError(f"pictures: expected cameras of one size, got {sorted(size)} px")
        out = np.empty((len(ticks), len(names), *size.pop(), 3), np.uint8)

        def fill(start: int) -> None:
            for i in range(start, min(start + _AHEAD, len(ticks))):
                row = self.row_of(int(ticks[i]))
                for j, name in enumerate(names):
                    out[i, j] = self.picture(row, int(ticks[i]) - row.first, name)

        workers = threads or len(os.sched_getaffinity(0))
        starts = range(0, len(ticks), _AHEAD)
        if workers == 1 or len(starts) < 2:
            for start in starts:
                fill(start)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(fill, starts))
        return out

    def picture(self, row: EpisodeRow, offset: int, camera: str) -> Picture:
        """One picture of the tick that is `offset` ticks into its episode."""
        try:
            if self.is_video:
                path = self.root / video_path(row.index, camera)
                return np.asarray(self._videos.pictures(path)[offset])
            number = self.cameras.index(camera)
            return decode_picture(self._spans.content(self.root / row.data_path, number, offset))
        except (OSError, pa.ArrowException) as error:
            raise DamagedEpisodeError(self.root, row.index, error) from error
