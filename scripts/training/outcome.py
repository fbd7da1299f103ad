"""What every training leaves: weights, ONNX file and card, and the command that made them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.store.disk import write_whole


def finish(
    name: str,
    out: Path,
    folder: Path,
    load: Callable[[Path], tuple[Any, dict[str, Any]]],
    export: Callable[[Any, Path], None],
    write_card: Callable[[Path, dict[str, Any]], Path],
) -> str:
    """Write weights, ONNX file and card of what a run left in `out` into `folder`, under a name;
    the card's text."""
    weights = out / "weights.safetensors"
    network, about = load(weights)
    there = folder / f"{name}.safetensors"
    write_whole(there, weights.read_bytes())
    export(network, folder / f"{name}.onnx")
    return write_card(there, about).read_text()


def command() -> str:
    """What was typed, as cards tell it."""
    return shlex.join(["scripts/train.py", *sys.argv[1:]])
