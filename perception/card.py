"""The model card: what a reader should know of a file of weights, as Markdown beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets.store.disk import write_whole


def write_card(weights: Path, about: dict[str, Any]) -> Path:
    """Write `weights`.md from what the file says of itself."""
    size = weights.stat().st_size / 1e6
    lines = [
        "# Roadloop perception",
        "",
        "In: five pictures of 192 x 96 px, the phone's route, the car's sensors. Out: vehicles,",
        "lanes and drivable area, each with its uncertainty (perception/network.py).",
        "",
        f"- File: {weights.name}, {size:.1f} MB, safetensors in half precision.",
        "- Made for: the simulated cameras of this project. It has never seen a real road.",
        f"- Command: `{about['command']}`",
        f"- Data: {about['data']}; ticks hash {about['data_hash'][:16]}.",
        f"- Held out, for the figures below: {about['held_out']}.",
        f"- Steps: {about['step']} of {about['train']['batch_size']} ticks.",
        "",
        "| figure, per camera and tick, before fusion and tracking | value |",
        "|---|---|",
        *(f"| {name} | {value:.3f} |" for name, value in about["figures"].items()),
        "",
    ]
    path = weights.with_suffix(".md")
    write_whole(path, "\n".join(lines).encode())
    return path
