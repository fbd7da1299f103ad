"""The model card: what a reader should know of a file of weights, as Markdown beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.store.disk import write_whole


def write_card(
    weights: Path,
    about: dict[str, Any],
    title: str,
    what: Sequence[str],
    measured: str,
    unit: str = "ticks",
) -> Path:
    """Write `weights`.md from what the file says of itself. `what` goes in and comes out, in a few
    lines; `measured` says what the figures are of, `unit` what a batch holds."""
    size = weights.stat().st_size / 1e6
    lines = [
        f"# {title}",
        "",
        *what,
        "",
        f"- File: {weights.name}, {size:.1f} MB, safetensors in half precision.",
        "- Made for: the simulated cameras of this project. It has never seen a real road.",
        f"- Command: `{about['command']}`",
        f"- Data: {about['data']}; {unit} hash {about['data_hash'][:16]}.",
        f"- Held out, for the figures below: {about['held_out']}.",
        f"- Steps: {about['step']} of {about['train']['batch_size']} {unit}.",
        "",
        f"| {measured} | value |",
        "|---|---|",
        *(f"| {name} | {value:.3f} |" for name, value in about["figures"].items()),
        "",
    ]
    path = weights.with_suffix(".md")
    write_whole(path, "\n".join(lines).encode())
    return path
