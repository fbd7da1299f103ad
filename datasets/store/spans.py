"""Where every picture lies in the data files, so that reading one is a slice of mapped memory.

Parquet reads a column in groups of rows, which for one tick means twenty. But the pictures are
stored as they are (no compression, no dictionary), one after another; their places are found once,
when an episode is first asked for, by reading its pictures through parquet, which also checks them.
"""

from __future__ import annotations

import mmap
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.checks import IntArray
from datasets.store.datafile import open_data_file
from datasets.store.schema import IMAGES

_OPEN_FILES = 128  # each holds a file descriptor


class PictureSpans:
    """Pictures of data files as bytes, without a copy."""

    def __init__(self, cameras: Sequence[str]) -> None:
        self._cameras = list(cameras)
        self._spans: dict[Path, IntArray] = {}  # (cameras, ticks, 2) offset and length
        self._maps: OrderedDict[Path, mmap.mmap] = OrderedDict()
        self._lock = threading.Lock()

    def content(self, path: Path, camera: int, tick: int) -> NDArray[np.uint8]:
        """The bytes of one picture. Any thread may ask."""
        with self._lock:
            mapped = self._mapped(path)
            if path not in self._spans:
                self._spans[path] = _find_spans(path, mapped, self._cameras)
        offset, length = self._spans[path][camera, tick]
        return np.frombuffer(mapped, np.uint8, int(length), int(offset))

    def _mapped(self, path: Path) -> mmap.mmap:
        if path not in self._maps:
            with path.open("rb") as file:
                self._maps[path] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if len(self._maps) > _OPEN_FILES:
                self._maps.popitem(last=False)  # closed when the last slice of it is gone
        self._maps.move_to_end(path)
        return self._maps[path]


def _find_spans(path: Path, mapped: mmap.mmap, cameras: Sequence[str]) -> IntArray:
    file = open_data_file(path)
    spans = np.zeros((len(cameras), file.metadata.num_rows, 2), np.int64)
    first = 0
    for group in range(file.num_row_groups):
        starts = _page_starts(file.metadata.row_group(group))
        rows = file.metadata.row_group(group).num_rows
        for i, camera in enumerate(cameras):
            leaf = f"{IMAGES}{camera}.bytes"
            column = file.read_row_group(group, columns=[leaf], use_threads=False)[0]
            pictures = column.combine_chunks().field("bytes")
            spans[i, first : first + rows] = _spans_of(pictures, mapped, starts[leaf], path)
        first += rows
    return spans


def _page_starts(group: Any) -> dict[str, int]:
    columns = [group.column(i) for i in range(group.num_columns)]
    return {column.path_in_schema: column.data_page_offset for column in columns}


def _spans_of(pictures: Any, mapped: mmap.mmap, at: int, path: Path) -> list[tuple[int, int]]:
    spans = []
    for picture in pictures:
        content = picture.as_buffer()
        at = mapped.find(content, at)
        if at < 0:
            raise ValueError(f"{path}: expected uncompressed pictures, got others")
        spans.append((at, len(content)))
        at += len(content)
    return spans
