"""The state of a training run on disk, to go on from after a kill.

Written whole or not at all, and read without unpickling code. What is trained is told apart from
how: a run goes on only with the configuration and the data that it began with.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from datasets.store.disk import write_whole


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a run needs to go on."""

    step: int
    config: str  # JSON
    data_hash: str
    model: dict[str, Any]
    average: dict[str, Any]  # of the exponential moving average
    optimizer: dict[str, Any]


def save(path: Path, checkpoint: Checkpoint) -> None:
    content = io.BytesIO()
    named = {field.name: getattr(checkpoint, field.name) for field in fields(Checkpoint)}
    torch.save(named, content)
    write_whole(path, content.getvalue())


def load(path: Path, config: str, data_hash: str) -> Checkpoint:
    """ValueError where the run on disk is another one."""
    checkpoint = Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    for name, wanted in (("config", config), ("data_hash", data_hash)):
        found = getattr(checkpoint, name)
        if found != wanted:
            raise ValueError(f"{path}: expected {name} {wanted}, got {found}; use another folder")
    return checkpoint
