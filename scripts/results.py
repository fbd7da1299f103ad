"""The results of evaluate.py, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

KEYS = ("agent", "config", "episodes")  # what those who read results rely on


def read_results(path: Path) -> dict[str, Any]:
    """What evaluate.py wrote; ValueError where a file is missing or holds something else."""
    try:
        run: dict[str, Any] = json.loads(path.read_text())
        missing = [key for key in KEYS if key not in run]
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: expected the results of evaluate, got {error!r}") from error
    if missing:
        raise ValueError(f"{path}: expected the results of evaluate, got none of its {missing}")
    return run
