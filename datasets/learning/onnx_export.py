"""Networks written as ONNX files, which run without torch."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from datasets.learning.weights_file import KEY
from datasets.store.disk import write_whole

_LARGE = 1000  # numbers: what is smaller stays as it is
_SINGLE = onnx.TensorProto.FLOAT


def write_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    path: Path,
    about: str = "",
    any_number: bool = False,
) -> None:
    """Write the file of a network, its large constants in half precision; `about` is what whoever
    runs it should know of it. `any_number`: of whatever its inputs' first axes count, it takes as
    many as it is given."""
    count = tuple({0: torch.export.Dim.DYNAMIC} for _ in example) if any_number else None
    # The exporter speaks at length, and warns of what it will change in itself.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            example,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamo=True,
            dynamic_shapes=count,
        )
    assert program is not None, "the exporter of torch.export returns a program"
    model = program.model_proto
    _halve(model.graph)
    _anonymous(model.graph)
    if about:
        helper.set_model_props(model, {KEY: about})
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


def _anonymous(graph: onnx.GraphProto) -> None:
    """Without the exporter's notes, which name the files and folders of whoever exported it."""
    for part in (*graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.metadata_props[:]
