"""Fair timing on a busy machine: the things compared take turns, and medians are reported."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np


def interleaved_ms(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Call everything in turn, `rounds` times after one warm-up each; ms of every call by name."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for call in work.values():
        call()
    for _ in range(rounds):
        for name, call in work.items():
            start = time.perf_counter()
            call()
            spent[name].append((time.perf_counter() - start) * 1e3)
    return spent


def p50(values: list[float]) -> float:
    return float(np.median(values))


def percentiles(times: list[float]) -> dict[str, float]:
    """s of many calls -> ms"""
    return {f"p{p}": round(float(np.percentile(times, p)) * 1e3, 3) for p in (50, 99)} | {
        "max": round(max(times) * 1e3, 3)
    }


def header() -> dict[str, str]:
    """What the figures were measured with."""
    return {
        "cpu": cpu_name(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
    }


def cpu_name() -> str:
    """The processor's, as it calls itself."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def report(figures: Mapping[str, object], file: Path | None) -> None:
    """Print the figures with their header, and write them if asked to."""
    text = json.dumps(header() | dict(figures), indent=2)
    print(text)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
