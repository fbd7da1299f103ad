"""The trained weights of the network that measures close-ups, as files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from datasets.learning import card
from datasets.learning.onnx_export import write_onnx
from datasets.learning.weights import load_network, save_network
from perception.close_up.cutting import ABOUT, SIDE
from perception.close_up.measuring import FORMAT
from perception.close_up.network import CloseUpNet, CloseUpShape

_EXAMPLE = 3  # close-ups: any number but one, which the exporter takes for a fact


def save_weights(path: Path, network: CloseUpNet, about: dict[str, Any]) -> None:
    """`about`: what a reader should know: data, seeds, metrics, command."""
    save_network(path, FORMAT, network, asdict(network.config), about)


def load_weights(path: Path) -> tuple[CloseUpNet, dict[str, Any]]:
    """The network, ready to run, and what is known about it."""

    def make(shape: dict[str, Any]) -> CloseUpNet:
        return CloseUpNet(CloseUpShape(tuple(shape["channels"]), shape["hidden"]))

    return load_network(path, FORMAT, make)


def export_onnx(network: CloseUpNet, path: Path) -> None:
    """Write the ONNX file of a network, for any number of close-ups at once."""
    example = (
        torch.zeros((_EXAMPLE, SIDE, SIDE, 3), dtype=torch.uint8),
        torch.zeros(_EXAMPLE, len(ABOUT)),
    )
    about = json.dumps({"format": FORMAT})
    write_onnx(network, example, ("pixels", "about"), ("told",), path, about, any_number=True)


def write_card(weights: Path, about: dict[str, Any]) -> Path:
    """Write `weights`.md from what the file says of itself."""
    what = (
        f"In: vehicles cut out of a picture, {SIDE} px wide, and how far",
        "away they are thought to be. Out: how far they are, with its standard deviation",
        "(perception/close_up/).",
    )
    measured = "figure, m and shares"
    return card.write_card(weights, about, "Roadloop close-ups", what, measured, "close-ups")
