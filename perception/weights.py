"""The trained weights of perception as a file (datasets/learning/weights.py)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.learning.weights import load_network, save_network
from perception.network import NetworkConfig, PerceptionNet

FORMAT = "roadloop-perception-1"  # changes with the meaning of the network's outputs


def save_weights(path: Path, network: PerceptionNet, about: dict[str, Any]) -> None:
    """`about`: what a reader should know: data, seeds, metrics, command."""
    save_network(path, FORMAT, network, asdict(network.config), about)


def load_weights(path: Path) -> tuple[PerceptionNet, dict[str, Any]]:
    """The network, ready to run, and what is known about it."""
    return load_network(path, FORMAT, lambda shape: PerceptionNet(NetworkConfig(**shape)))
