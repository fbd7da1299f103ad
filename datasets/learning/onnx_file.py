"""Networks as ONNX files, run without torch; datasets/learning/onnx_export.py writes them."""

from __future__ import annotations

import json
from pathlib import Path

import onnxruntime

from datasets.learning.weights_file import KEY, Plain

QUIET = 3  # of ONNX Runtime's levels: errors only


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


def open_format(path: Path, kind: str, threads: int) -> tuple[onnxruntime.InferenceSession, Plain]:
    """The network in a file and the text that is kept with it; ValueError where it holds none, or
    one of another format than `kind`."""
    opened = open_session(path, threads)
    about = json.loads(opened.get_modelmeta().custom_metadata_map.get(KEY, "{}"))
    if about.get("format") != kind:
        raise ValueError(f"{path}: expected format {kind}, got {about.get('format')!r}")
    return opened, about
