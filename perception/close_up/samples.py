"""Close-ups to learn from: what each shows, and how far off its guess of the distance is. One file
per episode, N close-ups as a struct of arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from datasets.checks import check_array
from datasets.store.disk import write_whole
from perception.close_up.cutting import ABOUT, SIDE


@dataclass(frozen=True, slots=True)
class CloseUps:
    """N vehicles looked at from near."""

    pixels: NDArray[np.uint8]  # (N, SIDE, SIDE, 3)
    about: NDArray[np.float32]  # (N, len(ABOUT)) see cutting.about
    further: NDArray[np.float32]  # (N,) logarithm of the true distance over the guessed one
    distance: NDArray[np.float32]  # (N,) m, the true one

    def __post_init__(self) -> None:
        n = len(self.further)
        check_array("CloseUps.pixels", self.pixels, (n, SIDE, SIDE, 3), np.uint8)
        check_array("CloseUps.about", self.about, (n, len(ABOUT)), np.float32)
        check_array("CloseUps.further", self.further, (n,), np.float32)
        check_array("CloseUps.distance", self.distance, (n,), np.float32)

    def __len__(self) -> int:
        return len(self.further)


def save_close_ups(path: Path, close_ups: CloseUps) -> None:
    """A file that is whole or absent."""
    arrays = {f.name: np.ascontiguousarray(getattr(close_ups, f.name)) for f in fields(CloseUps)}
    write_whole(path, save(arrays), durable=False)


def load_close_ups(files: Iterable[Path]) -> tuple[CloseUps, str]:
    """All close-ups of these files as one, and a hash that tells them from others."""
    parts, names = [], []
    for path in files:
        with safe_open(path, framework="np") as file:
            parts.append({field.name: file.get_tensor(field.name) for field in fields(CloseUps)})
        names.append(f"{path.parent.name}/{path.name} {len(parts[-1]['further'])}")
    if not parts:
        raise ValueError("load_close_ups: expected files with close-ups, got none")
    together = {
        field.name: np.concatenate([part[field.name] for part in parts])
        for field in fields(CloseUps)
    }
    return CloseUps(**together), hashlib.sha256("\n".join(names).encode()).hexdigest()
