"""Trained weights as a file: safetensors, which hold numbers and a text and nothing that runs.

Kept in half precision, which costs a hundredth of what a network does not know; the text says which
network they are of, and where they come from. A file of another network, a damaged or a shortened
one is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from datasets.store.disk import write_whole

Network = TypeVar("Network", bound=nn.Module)
Plain = dict[str, Any]  # what JSON can hold


def save_network(path: Path, kind: str, network: nn.Module, shape: Plain, about: Plain) -> None:
    """`kind` names the meaning of the outputs, `shape` is what the network is made from, `about`
    what a reader should know: data, seeds, metrics, command."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for name, value in network.state_dict().items()
    }
    text = {"format": kind, "network": shape, "about": about}
    write_whole(path, save(tensors, {"roadloop": json.dumps(text, sort_keys=True)}))


def load_network(path: Path, kind: str, make: Callable[[Plain], Network]) -> tuple[Network, Plain]:
    """The network, ready to run, and what is known about it; ValueError says what is wrong with the
    file. `make` makes an untrained network of a shape."""
    text, tensors = _read(path)
    if text.get("format") != kind:
        raise ValueError(f"{path}: expected format {kind}, got {text.get('format')!r}")
    try:
        network = make(text["network"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected the shape of a network, got {error}") from error
    wide = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    try:
        network.load_state_dict(wide, strict=True)
    except RuntimeError as error:
        raise ValueError(f"{path}: expected the weights of its network, got {error}") from error
    if not all(bool(torch.isfinite(value).all()) for value in wide.values()):
        raise ValueError(f"{path}: expected finite weights, got others")
    return network.eval(), text["about"]


def read_about(path: Path) -> Plain:
    """What is known about the network in a file, whatever network it is; ValueError where it holds
    no weights."""
    text, _ = _read(path)
    return dict(text.get("about", {}))


def _read(path: Path) -> tuple[Plain, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = json.loads(metadata.get("roadloop", "{}"))
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: expected weights as safetensors, got {error}") from error
    return text, tensors
