"""The model card of perception's weights (datasets/learning/card.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets.learning import card


def write_card(weights: Path, about: dict[str, Any]) -> Path:
    """Write `weights`.md from what the file says of itself."""
    what = (
        "In: five pictures of 192 x 96 px, the phone's route, the car's sensors. Out: vehicles,",
        "lanes and drivable area, each with its uncertainty (perception/network.py).",
    )
    measured = "figure, per camera and tick, before fusion and tracking"
    return card.write_card(weights, about, "Roadloop perception", what, measured)
