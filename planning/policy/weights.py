"""The trained weights of the learned driver as a file (datasets/learning/weights.py)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.learning import card
from datasets.learning.weights import load_network, save_network
from planning.policy.config import FORMAT, PolicyConfig
from planning.policy.network import PolicyNet


def save_weights(path: Path, network: PolicyNet, about: dict[str, Any]) -> None:
    """`about`: what a reader should know: data, seeds, metrics, command."""
    save_network(path, FORMAT, network, asdict(network.config), about)


def load_weights(path: Path) -> tuple[PolicyNet, dict[str, Any]]:
    """The network, ready to run, and what is known about it."""
    return load_network(path, FORMAT, lambda shape: PolicyNet(PolicyConfig(**shape)))


def write_card(weights: Path, about: dict[str, Any]) -> Path:
    """Write `weights`.md from what the file says of itself."""
    what = (
        "In: perception's features of five pictures, the phone's route, the car's sensors. Out:",
        "the path to follow and the speed to reach, by an ensemble of heads (planning/policy/).",
        f"It fits the features of one network of perception only: {about['eyes']}.",
    )
    measured = "figure, per tick, the expert asked beside it"
    return card.write_card(weights, about, "Roadloop policy", what, measured)
