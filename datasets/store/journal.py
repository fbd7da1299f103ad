"""The running episode on disk: a stream of Arrow record batches, one a second.

A process that is killed loses what it has not handed to the operating system: at most the ticks of
one second. The rest of its journal becomes an episode when the dataset is next opened for writing.
A journal needs no lock on the dataset, so that several processes can record for one writer; each
holds a lock on its own journal, by which the writer tells one that runs from one that was left.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from datasets.episode import DECISION_HZ
from datasets.store.disk import storage_errors
from datasets.store.logged import Head, LoggedTick, picture_shapes
from datasets.store.pictures import PictureFormat, encode_picture
from datasets.store.schema import HEAD_KEY, IMAGES, arrow_schema, to_row

FOLDER = "recording"
SUFFIX = ".arrows"


class Journal:
    """Takes the ticks of one episode.

    with Journal(root, "roundabout-7", head) as journal:
        for logged in ...:
            journal.add(logged)
    writer.adopt(journal.path)
    """

    def __init__(
        self,
        root: Path,
        name: str,
        head: Head,
        picture_format: PictureFormat = PictureFormat.JPEG,
    ) -> None:
        self.path = root / FOLDER / f"{name}{SUFFIX}"
        self.head = head
        self.ticks = 0
        self._root = root
        self._format = picture_format
        self._schema = arrow_schema(head, indices=False)
        self._pending: list[dict[str, Any]] = []
        self._helper = ThreadPoolExecutor(1)
        with storage_errors(root):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _lock_of(self.path)
            try:
                self._lock.acquire(blocking=False)
            except Timeout as error:
                raise ValueError(f"{self.path}: another process records this episode") from error
            self._file = self.path.open("wb")
            self._stream = pa.ipc.new_stream(self._file, self._schema)

    def add(self, logged: LoggedTick) -> None:
        """Keep one tick; it is safe from a kill within a second."""
        rig = tuple(frame.camera for frame in logged.tick.observation.frames)
        if picture_shapes(rig) != picture_shapes(self.head.rig):
            raise ValueError(
                f"Journal.add: expected pictures of {picture_shapes(self.head.rig)}, got "
                f"{picture_shapes(rig)}"
            )
        row = to_row(logged, self.ticks)
        for frame in logged.tick.observation.frames:
            # Compressed beside the loop: OpenCV lets other threads run meanwhile.
            content = self._helper.submit(encode_picture, frame.rgb, self._format)
            row[IMAGES + frame.camera.name] = content
        self._pending.append(row)
        self.ticks += 1
        if len(self._pending) >= DECISION_HZ:
            self._flush()

    def _flush(self) -> None:
        rows = [{name: _finished(value) for name, value in row.items()} for row in self._pending]
        batch = pa.RecordBatch.from_pylist(rows, self._schema)
        with storage_errors(self._root):
            self._stream.write_batch(batch)
            self._file.flush()
        self._pending.clear()

    def close(self) -> None:
        """The episode ended, or its driver left."""
        if self._file.closed:
            return
        try:
            if self._pending:
                self._flush()
            with storage_errors(self._root):
                self._stream.close()
        finally:
            self._helper.shutdown()
            self._file.close()
            self._lock.release()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def journals(root: Path) -> list[Path]:
    """The journals of a dataset that nobody records any more, oldest first."""
    found = sorted(
        (root / FOLDER).glob(f"*{SUFFIX}"), key=lambda path: (path.stat().st_mtime, path.name)
    )
    return [path for path in found if not _is_running(path)]


def read_journal(path: Path) -> tuple[Head, Any] | None:
    """The whole batches of a journal as one table; None where there is not one."""
    batches = []
    with path.open("rb") as file:
        try:
            stream = pa.ipc.open_stream(file)
            head = Head.from_json(stream.schema.metadata[HEAD_KEY].decode())
            batches.extend(stream)
        except (pa.ArrowInvalid, OSError):
            # What a kill cut off. The batches before it are whole.
            if not batches:
                return None
    if not batches:
        return None
    return head, pa.Table.from_batches(batches)


def remove_journal(path: Path) -> None:
    path.unlink(missing_ok=True)
    Path(_lock_of(path).lock_file).unlink(missing_ok=True)


def _finished(value: Any) -> Any:
    return {"bytes": value.result(), "path": None} if isinstance(value, Future) else value


def _lock_of(path: Path) -> FileLock:
    return FileLock(path.with_suffix(".lock"), is_singleton=False)


def _is_running(path: Path) -> bool:
    lock = _lock_of(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False
