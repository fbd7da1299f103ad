"""The trained network as eyes: pictures in, a Glance out; one tick at a time.

Through ONNX Runtime, which needs no torch (perception/torch_runtime.py is the alternative); both
from files in perception/weights, which are made from the same training. A tick takes one thread
unless told otherwise: the other cores belong to the rest of the stack, and one thread without
spinning has the steadiest tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.learning.inputs import ego_inputs, route_inputs, stacked
from datasets.learning.onnx_file import open_session
from datasets.observation import CameraFrame, Observation
from perception.close_up.measuring import ONNX_NAME, Measure, OnnxMeasure, refined
from perception.nouns import CAMERAS, Glance
from perception.road_code import decode_road
from perception.vehicle_code import decode, found_in

WEIGHTS = Path(__file__).parent / "weights"
ONNX_FILE, TORCH_FILE = WEIGHTS / "perception.onnx", WEIGHTS / "perception.safetensors"
THRESHOLD = 0.1  # score from which a peak is a detection: doubtful ones are the tracker's business


class OnnxLook:
    """A Look through ONNX Runtime; a `closer` one where the network for it lies beside the file.
    Who only wants the trunk's features does without."""

    def __init__(self, path: Path = ONNX_FILE, threads: int = 1, closer: bool = True) -> None:
        self._session = open_session(path, threads)
        beside = path.with_name(ONNX_NAME)
        looks_closer = closer and beside.is_file()
        self._measure = OnnxMeasure(beside, threads) if looks_closer else None
        self._names = [each.name for each in self._session.get_inputs()]

    def __call__(self, observation: Observation) -> Glance:
        inputs = dict(zip(self._names, inputs_of(observation), strict=True))
        told = self._session.run(["peaks", "code", "road", "coarse"], inputs)
        return decoded(*told, observation.frames, self._measure)


def inputs_of(
    observation: Observation,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Frames (C, height, width, 3), route and ego of one tick, as the network takes them."""
    if len(observation.frames) != CAMERAS:
        raise ValueError(
            f"expected the {CAMERAS} pictures of the rig, got {len(observation.frames)}: "
            "perception needs a world with cameras"
        )
    frames = stacked(observation.frames)
    return frames, route_inputs(observation.route), ego_inputs(observation.ego)


def decoded(
    peaks: NDArray[np.float32],
    code: NDArray[np.float32],
    road: NDArray[np.float32],
    coarse: NDArray[np.float32],
    frames: Sequence[CameraFrame],
    measure: Measure | None,
) -> Glance:
    """The Glance that the outputs of the network (perception.export.OUTPUTS) tell, with distances
    measured again where there is a `measure`."""
    cells = found_in(peaks, code, THRESHOLD)
    if measure is not None:
        cells = refined(cells, frames, measure)
    cameras = [frame.camera for frame in frames]
    return Glance(decode(cells, cameras), decode_road(road), coarse)
