"""The trained weights of perception as a file (datasets/learning/weights.py)."""

from __future__ import annotations

import hashlib
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


def trunk_hash(network: PerceptionNet) -> str:
    """Tells the features of one trunk from those of another: who has learned to drive by the one
    cannot drive by the other."""
    digest = hashlib.sha256()
    for name, value in sorted(network.trunk.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.half().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
