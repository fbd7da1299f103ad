"""The trained network as eyes through torch: what perception/runtime.py does without it."""

from __future__ import annotations

from pathlib import Path

import torch

from datasets.observation import Observation
from perception.export import OneTick
from perception.nouns import Glance
from perception.runtime import TORCH_FILE, decoded, inputs_of
from perception.weights import load_weights


class TorchLook:
    """A Look through torch. The number of threads is torch's, for the whole process."""

    def __init__(self, path: Path = TORCH_FILE, threads: int = 1) -> None:
        network, _ = load_weights(path)
        self._network = OneTick(network).eval()
        torch.set_num_threads(threads)

    @torch.inference_mode()
    def __call__(self, observation: Observation) -> Glance:
        inputs = (torch.from_numpy(each) for each in inputs_of(observation))
        peaks, code, _, road, coarse = (each.numpy() for each in self._network(*inputs))
        return decoded(peaks, code, road, coarse, observation.frames)
