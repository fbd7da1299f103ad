"""The learned driver as an ONNX file, to run without torch: one tick, as the car has it.

In: coarse (C, channels, rows, columns), route (ROUTE_INPUTS,), ego (EGO_INPUTS,), past (ticks - 1,
K, seen). Out: what the heads want, without the batch of network.Wish, and `now` (K, seen), which
the next ticks get as their past.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from datasets.learning.onnx_export import write_onnx
from planning.policy.config import FORMAT, PolicyConfig
from planning.policy.network import PolicyNet

OUTPUTS = ("sides", "paths", "speeds", "now")


def input_names(config: PolicyConfig) -> tuple[str, ...]:
    """Who has no memory is given no past."""
    return ("coarse", "route", "ego", "past")[: 3 + (config.ticks > 1)]


class OneTick(nn.Module):
    """The network without its batch."""

    def __init__(self, network: PolicyNet) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, coarse: Tensor, route: Tensor, ego: Tensor, past: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        now = self.network.look(coarse[None])
        seen = now if past is None else torch.cat([past, now])
        wish = self.network.decide(seen[None], route[None], ego[None])
        return wish.sides[0], wish.paths[0], wish.speeds[0], now[0]


def example_inputs(config: PolicyConfig, seed: int = 0) -> tuple[Tensor, ...]:
    """Features of noise, a route, an ego and a past."""
    generator = torch.Generator().manual_seed(seed)
    shape = (config.cameras, config.channels, config.rows, config.columns)
    inputs = (
        torch.rand(shape, generator=generator),
        torch.randn(ROUTE_INPUTS, generator=generator),
        torch.randn(EGO_INPUTS, generator=generator),
        torch.rand(config.ticks - 1, config.heads, config.seen, generator=generator),
    )
    return inputs[: len(input_names(config))]


def export_onnx(network: PolicyNet, path: Path) -> None:
    """Write the ONNX file of a network."""
    one = OneTick(network).eval()
    config = network.config
    about = json.dumps({"format": FORMAT, "network": asdict(config)}, sort_keys=True)
    write_onnx(one, example_inputs(config), input_names(config), OUTPUTS, path, about)
