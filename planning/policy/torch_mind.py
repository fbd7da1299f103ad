"""The trained policy's network through torch: what OnnxMind does without it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from planning.policy.driver import TORCH_FILE, Single
from planning.policy.export import OneTick
from planning.policy.weights import load_weights


class TorchMind:
    """A Mind through torch. The number of threads is torch's, for the whole process."""

    def __init__(self, path: Path = TORCH_FILE, threads: int = 1) -> None:
        network, _ = load_weights(path)
        self.config = network.config
        self._one = OneTick(network).eval()
        torch.set_num_threads(threads)

    @torch.inference_mode()
    def __call__(self, inputs: Sequence[Single]) -> Sequence[Single]:
        return [each.numpy() for each in self._one(*(torch.from_numpy(i) for i in inputs))]
