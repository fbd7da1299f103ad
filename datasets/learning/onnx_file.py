"""Networks as ONNX files, to run without torch: how they are written, and how they are run."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from datasets.store.disk import write_whole

QUIET = 3  # of ONNX Runtime's levels: errors only
_LARGE = 1000  # numbers: what is smaller stays as it is
_SINGLE = onnx.TensorProto.FLOAT


def write_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    path: Path,
    about: str = "",
) -> None:
    """Write the file of a network, its large constants in half precision; `about` is what whoever
    runs it should know of it."""
    # The exporter speaks at length, and warns of what it will change in itself.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network, example, input_names=list(inputs), output_names=list(outputs), dynamo=True
        )
    assert program is not None, "the exporter of torch.export returns a program"
    model = program.model_proto
    _halve(model.graph)
    if about:
        helper.set_model_props(model, {"roadloop": about})
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


def session(onnx: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A network on the processor, with that many threads, which sleep while they wait."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """The network in a file; ValueError where it holds none."""
    if not path.is_file():
        raise ValueError(f"expected a trained network in {path}, found none")
    try:
        return session(path.read_bytes(), threads)
    except Exception as error:  # ONNX Runtime's errors have no common class
        raise ValueError(f"{path}: expected a network as ONNX, got {error}") from error
