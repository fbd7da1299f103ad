"""Networks of torch to and from files of weights (datasets/learning/weights_file.py).

Weights are kept in half precision, which costs a hundredth of what a network does not know. A file
of another network is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import save
from torch import nn

from datasets.learning.weights_file import KEY, Plain, read_weights
from datasets.store.disk import write_whole

Network = TypeVar("Network", bound=nn.Module)


def save_network(path: Path, kind: str, network: nn.Module, shape: Plain, about: Plain) -> None:
    """`kind` names the meaning of the outputs, `shape` is what the network is made from, `about`
    what a reader should know: data, seeds, metrics, command."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for name, value in network.state_dict().items()
    }
    text = {"format": kind, "network": shape, "about": about}
    write_whole(path, save(tensors, {KEY: json.dumps(text, sort_keys=True)}))


def load_network(path: Path, kind: str, make: Callable[[Plain], Network]) -> tuple[Network, Plain]:
    """The network, ready to run, and what is known about it; ValueError says what is wrong with the
    file. `make` makes an untrained network of a shape."""
    text, numbers = read_weights(path)
    if text.get("format") != kind:
        raise ValueError(f"{path}: expected format {kind}, got {text.get('format')!r}")
    try:
        network = make(text["network"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected the shape of a network, got {error}") from error
    tensors = {name: torch.from_numpy(array) for name, array in numbers.items()}
    wide = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    try:
        network.load_state_dict(wide, strict=True)
    except RuntimeError as error:
        raise ValueError(f"{path}: expected the weights of its network, got {error}") from error
    if not all(bool(torch.isfinite(value).all()) for value in wide.values()):
        raise ValueError(f"{path}: expected finite weights, got others")
    return network.eval(), text["about"]
