"""Trained weights as a file: safetensors, which hold numbers and a text and nothing that runs.

Kept in half precision, which costs a hundredth of what the network does not know; the text says
which network they are of, and where they come from. A file of another network, a damaged or a
shortened one is refused.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from datasets.store.disk import write_whole
from perception.network import NetworkConfig, PerceptionNet

FORMAT = "roadloop-perception-1"  # changes with the meaning of the network's outputs


def save_weights(path: Path, network: PerceptionNet, about: dict[str, Any]) -> None:
    """`about`: what a reader should know: data, seeds, metrics, command."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for name, value in network.state_dict().items()
    }
    text = {"format": FORMAT, "network": asdict(network.config), "about": about}
    write_whole(path, save(tensors, {"roadloop": json.dumps(text, sort_keys=True)}))


def load_weights(path: Path) -> tuple[PerceptionNet, dict[str, Any]]:
    """The network, ready to run, and what is known about it."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path}: expected weights as safetensors, got {error}") from error
    text = json.loads(metadata.get("roadloop", "{}"))
    if text.get("format") != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, got {text.get('format')!r}")
    network = PerceptionNet(NetworkConfig(**text["network"]))
    wide = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    try:
        network.load_state_dict(wide, strict=True)
    except RuntimeError as error:
        raise ValueError(f"{path}: expected the weights of its network, got {error}") from error
    if not all(bool(torch.isfinite(value).all()) for value in wide.values()):
        raise ValueError(f"{path}: expected finite weights, got others")
    return network.eval(), text["about"]
