"""Trained weights as a file: safetensors, which hold numbers and a text and nothing that runs.

The text says which network they are of, and where they come from. Read without torch, which who
only drives or looks after models has no need of; a damaged or a shortened file is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

KEY = "roadloop"  # under which a file holds its text
Plain = dict[str, Any]  # what JSON can hold


def read_weights(path: Path) -> tuple[Plain, dict[str, NDArray[Any]]]:
    """The text and the arrays of a file, by name; ValueError says what is wrong with it."""
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = json.loads(metadata.get(KEY, "{}"))
        if any(array.dtype.isbuiltin != 1 for array in arrays.values()):
            raise TypeError("numbers that numpy does not know by itself")
        if not isinstance(text, dict):
            raise TypeError(f"a text that is {type(text).__name__} instead of an object")
    except (OSError, TypeError, AttributeError, SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: expected weights as safetensors, got {error}") from error
    return text, arrays


def read_about(path: Path) -> Plain:
    """What is known about the network in a file, whatever network it is; ValueError where it holds
    no weights."""
    text, _ = read_weights(path)
    return dict(text.get("about", {}))
