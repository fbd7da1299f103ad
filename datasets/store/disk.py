"""Files that are either whole or absent, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".tmp"  # ends the name of a file that is not whole yet; nobody reads those

_MEANING = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file system allows no larger file",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
}


class StorageError(RuntimeError):
    """The disk refused; what was recorded before is untouched."""


@contextlib.contextmanager
def storage_errors(root: Path) -> Iterator[None]:
    """Say in plain words why the disk refused."""
    try:
        yield
    except OSError as error:
        why = _MEANING.get(error.errno or 0)
        if why is None:
            raise
        raise StorageError(f"{root}: {why}; finished episodes are not damaged") from error


def write_whole(path: Path, content: bytes, durable: bool = True) -> None:
    """Replace a file: readers see the old one or the new one. `durable`: also after a power cut,
    which takes the time of a disk; what can be made again does without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    try:
        temporary.write_bytes(content)
        publish(temporary, path, durable)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def publish(temporary: Path, path: Path, durable: bool = True) -> None:
    """Give a complete file its name, for good."""
    if durable:
        _sync(temporary)
    temporary.replace(path)
    if durable and os.name == "posix":  # elsewhere a directory cannot be opened, nor needs it
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The checksum of a file, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
