"""What a learned driver learns from: features of the pictures of many ticks, and what the expert
would do there. One file per episode, N ticks taken of it as a struct of arrays.

The trunk that made the features is frozen, so they are worked out once; a folder holds the features
of one trunk only, and its name says of which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from datasets.checks import BoolArray, IntArray, check_array
from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from datasets.store.disk import write_whole
from planning.policy.code import PATH_SIZE


@dataclass(frozen=True, slots=True)
class Lessons:
    """N ticks; those of one stretch follow one another evenly in time."""

    coarse: NDArray[np.float16]  # (N, C, channels, rows, columns) see perception.nouns.Glance
    route: NDArray[np.float32]  # (N, ROUTE_INPUTS)
    ego: NDArray[np.float32]  # (N, EGO_INPUTS)
    path: NDArray[np.float32]  # (N, PATH_SIZE) that the expert means to follow, see code.py
    speed: NDArray[np.float32]  # (N,) m/s that the expert means to have a little later
    stretch: IntArray  # (N,)
    moved: BoolArray  # (N,) seen from a car moved aside and turned

    def __post_init__(self) -> None:
        n = len(self.speed)
        shapes: dict[str, tuple[int | None, ...]] = {
            "coarse": (n, None, None, None, None),
            "route": (n, ROUTE_INPUTS),
            "ego": (n, EGO_INPUTS),
            "path": (n, PATH_SIZE),
        }
        kinds: dict[str, type] = {"coarse": np.float16, "stretch": np.int64, "moved": np.bool_}
        for field in fields(self):
            shape = shapes.get(field.name, (n,))
            dtype = kinds.get(field.name, np.float32)
            check_array(f"Lessons.{field.name}", getattr(self, field.name), shape, dtype)

    def __len__(self) -> int:
        return len(self.speed)

    def where(self, keep: Any) -> Lessons:
        """Those that an index or a mask (N,) selects."""
        return Lessons(*(getattr(self, field.name)[keep] for field in fields(self)))

    def past(self, ticks: int) -> IntArray:
        """(N, ticks) the ticks before each one, the last of them itself; where a stretch has no
        more, its first one again."""
        first = np.flatnonzero(np.append(True, np.diff(self.stretch) != 0))
        start = np.repeat(first, np.diff(np.append(first, len(self))))
        back = np.arange(len(self))[:, None] - np.arange(ticks - 1, -1, -1)
        return np.asarray(np.maximum(back, start[:, None]))


def save_lessons(path: Path, lessons: Lessons, about: Mapping[str, str]) -> None:
    """A file that is whole or absent."""
    arrays = {f.name: np.ascontiguousarray(getattr(lessons, f.name)) for f in fields(lessons)}
    write_whole(path, save(arrays, dict(about)), durable=False)


def load_lessons(files: Iterable[Path], moved: bool = True) -> tuple[Lessons, str]:
    """All ticks of these files as one, and a hash that tells them from others; not `moved`:
    without those seen from a moved car."""
    parts, names = [], []
    stretches = 0
    for path in files:
        with safe_open(path, framework="np") as file:
            part = Lessons(*(file.get_tensor(field.name) for field in fields(Lessons)))
        if not moved:
            part = part.where(~part.moved)
        if len(part):
            part.stretch[:] += stretches  # of this part alone: nobody else holds the array
            stretches = int(part.stretch[-1]) + 1
            parts.append(part)
            names.append(f"{path.parent.name}/{path.name} {len(part)}")
    if not parts:
        raise ValueError("load_lessons: expected files with lessons, got none")
    together = {
        f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Lessons)
    }
    return Lessons(**together), hashlib.sha256("\n".join(names).encode()).hexdigest()


def count_lessons(files: Iterable[Path], moved: bool = True) -> int:
    """How many ticks `load_lessons` finds in these files."""
    count = 0
    for path in files:
        with safe_open(path, framework="np") as file:
            is_moved = file.get_tensor("moved")
        count += len(is_moved) if moved else int((~is_moved).sum())
    return count
