"""Whether a dataset is what was written: every file has its checksum, every episode can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from datasets.store.disk import TEMPORARY, sha256
from datasets.store.journal import journals
from datasets.store.meta import PER_CHUNK, load_rows
from datasets.store.sums import SUMS, Checksums

_EPISODE_FILE = re.compile(r"(?:data|videos/[^/]+)/chunk-(\d+)/file-(\d+)\.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    path: str  # in the dataset
    episode: int | None  # the one it belongs to
    problem: str

    def __str__(self) -> str:
        whose = "" if self.episode is None else f"episode {self.episode}: "
        return f"{whose}{self.path}: {self.problem}"


def check(root: Path) -> list[Finding]:
    """Everything that is wrong, in the order of the files; an intact dataset has no findings.
    Nothing is changed."""
    findings: list[Finding] = []
    sums = Checksums(root).of
    if not sums:
        findings.append(Finding(SUMS.name, None, "missing: nothing here can be verified"))
    for name, digest in sums.items():
        path = root / name
        if not path.exists():
            findings.append(Finding(name, _episode_of(name), "missing"))
        elif sha256(path) != digest:
            findings.append(Finding(name, _episode_of(name), "differs from its checksum"))
    for path in [*sorted(root.glob("data/*/*.parquet")), *sorted(root.glob("videos/*/*/*.mp4"))]:
        name = path.relative_to(root).as_posix()
        if name not in sums:
            problem = "unknown to meta/: whoever next writes to the dataset takes it in"
            findings.append(Finding(name, _episode_of(name), problem))
    findings += [Finding(_name(root, p), None, "left by a killed writer") for p in _left(root)]
    findings += [
        Finding(_name(root, p), None, "cut off: whoever next writes to the dataset recovers it")
        for p in journals(root)
    ]
    return findings + _unreadable_meta(root)


def damaged_episodes(findings: list[Finding]) -> list[int]:
    """The numbers of the episodes that findings belong to."""
    return sorted({f.episode for f in findings if f.episode is not None})


def _left(root: Path) -> list[Path]:
    return sorted(root.glob(f"**/.*{TEMPORARY}"))


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _episode_of(name: str) -> int | None:
    match = _EPISODE_FILE.match(name)
    return None if match is None else PER_CHUNK * int(match[1]) + int(match[2])


def _unreadable_meta(root: Path) -> list[Finding]:
    try:
        load_rows(root)
    except (ValueError, KeyError, OSError, pa.ArrowException) as error:
        problem = f"cannot be read; whoever next writes to the dataset makes it again ({error})"
        return [Finding("meta/episodes", None, problem)]
    return []
