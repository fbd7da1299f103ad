"""The network as an ONNX file, to run without torch.

In: frames uint8 (C, height, width, 3), route (ROUTE_INPUTS,), ego (EGO_INPUTS,); one tick, as the
driver has it. Out: see OUTPUTS. The file is made from the weights and holds nothing else; it is
checked against torch when it is made.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from datasets.store.disk import write_whole
from perception.network import CAMERAS, NetworkConfig, PerceptionNet
from perception.peaks import local_maxima

INPUTS = ("frames", "route", "ego")
OUTPUTS = (
    "peaks",  # (C, rows, columns) score of a vehicle at each local maximum, 0 elsewhere
    "code",  # (C, CODE, rows, columns) see perception.vehicle_code
    "drivable",  # (C, rows, columns) logits
    "road",  # (ROAD_SIZE,) see perception.road_code
    "coarse",  # (C, channels, rows / 16, columns / 16) features, for a policy
)
_LARGE = 1000  # numbers: what is smaller stays as it is
_SINGLE = onnx.TensorProto.FLOAT


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
    inputs = example_inputs(network.config)
    # The exporter speaks at length, and warns of what it will change in itself.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            one, inputs, input_names=list(INPUTS), output_names=list(OUTPUTS), dynamo=True
        )
    assert program is not None, "the exporter of torch.export returns a program"
    model = program.model_proto
    _halve(model.graph)
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString())


def _halve(graph: onnx.GraphProto) -> None:
    """Keep large constants in half precision, as the weights are kept anyway; whoever loads the
    file computes with them in single precision."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= _LARGE:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=_SINGLE))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
