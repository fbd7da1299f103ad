"""The trained network as eyes through torch: what perception/runtime.py does without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.observation import Observation
from perception.close_up.measuring import TORCH_NAME
from perception.close_up.weights import load_weights as load_close_up
from perception.export import OneTick
from perception.nouns import Glance
from perception.runtime import TORCH_FILE, decoded, inputs_of
from perception.weights import load_weights


class TorchLook:
    """A Look through torch. The number of threads is torch's, for the whole process."""

    def __init__(self, path: Path = TORCH_FILE, threads: int = 1) -> None:
        network, _ = load_weights(path)
        self._network = OneTick(network).eval()
        beside = path.with_name(TORCH_NAME)
        self._measure = TorchMeasure(beside) if beside.is_file() else None
        torch.set_num_threads(threads)

    @torch.inference_mode()
    def __call__(self, observation: Observation) -> Glance:
        inputs = (torch.from_numpy(each) for each in inputs_of(observation))
        peaks, code, _, road, coarse = (each.numpy() for each in self._network(*inputs))
        return decoded(peaks, code, road, coarse, observation.frames, self._measure)


class TorchMeasure:
    """The network that measures close-ups through torch."""

    def __init__(self, path: Path) -> None:
        self._network, _ = load_close_up(path)

    @torch.inference_mode()
    def __call__(
        self, pixels: NDArray[np.uint8], known: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        told: NDArray[np.float32] = self._network(*map(torch.from_numpy, (pixels, known))).numpy()
        return told
