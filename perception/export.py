"""The network as an ONNX file, to run without torch.

In: frames uint8 (C, height, width, 3), route (ROUTE_INPUTS,), ego (EGO_INPUTS,); one tick, as the
driver has it. Out: see OUTPUTS. The file is made from the weights and holds nothing else; it is
checked against torch when it is made.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from datasets.learning.onnx_export import write_onnx
from perception.network import NetworkConfig, PerceptionNet
from perception.nouns import CAMERAS
from perception.peaks import local_maxima

INPUTS = ("frames", "route", "ego")
OUTPUTS = (
    "peaks",  # (C, rows, columns) score of a vehicle at each local maximum, 0 elsewhere
    "code",  # (C, CODE, rows, columns) see perception.vehicle_code
    "drivable",  # (C, rows, columns) logits
    "road",  # (ROAD_SIZE,) see perception.road_code
    "coarse",  # (C, channels, rows / 16, columns / 16) features, for a policy
)


class OneTick(nn.Module):
    """The network without its batch, and with its middles found."""

    def __init__(self, network: PerceptionNet) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, frames: Tensor, route: Tensor, ego: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        middles, code, drivable, road, coarse = self.network(frames[None], route[None], ego[None])
        return local_maxima(middles[0]), code[0], drivable[0], road[0], coarse[0]


def example_inputs(config: NetworkConfig, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures of noise, a route and an ego."""
    generator = torch.Generator().manual_seed(seed)
    shape = (CAMERAS, config.height_px, config.width_px, 3)
    return (
        torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator),
        torch.randn(ROUTE_INPUTS, generator=generator),
        torch.randn(EGO_INPUTS, generator=generator),
    )


def export_onnx(network: PerceptionNet, path: Path) -> None:
    """Write the ONNX file of a network."""
    one = OneTick(network).eval()
    write_onnx(one, example_inputs(network.config), INPUTS, OUTPUTS, path)
