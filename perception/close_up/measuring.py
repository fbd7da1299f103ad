"""A closer look at the vehicles that the network found: how far away are they?

What a close-up says takes the place of what was said before: both are wrong about the same cars, so
that their mean is no better. Through ONNX Runtime, which needs no torch
(perception/torch_runtime.py is the alternative).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.learning.model import CLOSER
from datasets.learning.onnx_file import open_format
from datasets.observation import CameraFrame
from perception.close_up.cutting import about, cut, worth_it
from perception.vehicle_code import INDEX, Cells

FORMAT = "roadloop-close-up-2"  # changes with the meaning of what goes in and comes out
TORCH_NAME, ONNX_NAME, _ = CLOSER  # beside perception's files
# (N, SIDE, SIDE, 3) and (N, len(ABOUT)) -> (N, 2): logarithm of the distance over the guessed one,
# and of its standard deviation
Measure = Callable[[NDArray[np.uint8], NDArray[np.float32]], NDArray[np.float32]]
_RANGE, _LOG_STD = INDEX["range"], INDEX["log_std_range"]


class OnnxMeasure:
    """The trained network through ONNX Runtime; ValueError where the file holds another."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._session, _ = open_format(path, FORMAT, threads)

    def __call__(
        self, pixels: NDArray[np.uint8], known: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        told: NDArray[np.float32] = self._session.run(None, {"pixels": pixels, "about": known})[0]
        return told


def refined(cells: Cells, frames: Sequence[CameraFrame], measure: Measure) -> Cells:
    """The cells with the distances that their close-ups tell, where they are worth it."""
    code, uv = cells.code.copy(), cells.uv_img()
    worth = worth_it(code[:, _RANGE])
    for c, frame in enumerate(frames):
        mine = np.flatnonzero(worth & (cells.camera == c))
        if not len(mine):
            continue
        guess = uv[mine], code[mine, _RANGE]
        told = measure(cut(frame.camera, frame.rgb, *guess), about(frame.camera, *guess))
        code[mine, _RANGE] += told[:, 0]
        code[mine, _LOG_STD] = told[:, 1]
    return cells._replace(code=code)
