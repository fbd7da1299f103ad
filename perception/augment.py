"""What makes training harder than driving: light that changes, and senses that fail.

Weather, light, noise and mounting are varied by the renderer already, once an episode; here every
tick is varied again. Route and ego are left out now and then, so that lanes are told by the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms import v2


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """How often, and how much."""

    light: float = 0.3  # share of the ticks whose light is varied
    brightness: float = 0.25
    contrast: float = 0.25
    saturation: float = 0.3
    no_route: float = 0.25  # share of the ticks without a route
    no_ego: float = 0.4  # share of the ticks without the ego's sensors


class Augment:
    """Changes a batch in place."""

    def __init__(self, config: AugmentConfig, generator: torch.Generator) -> None:
        self._config = config
        self._generator = generator
        self._light = v2.ColorJitter(config.brightness, config.contrast, config.saturation)

    def __call__(self, batch: dict[str, Tensor]) -> None:
        frames = batch["frames"]  # (B, C, height, width, 3)
        for i in torch.nonzero(self._chosen(len(frames), self._config.light)).flatten().tolist():
            with torch.random.fork_rng(devices=[]):  # v2 draws from torch's own generator
                torch.manual_seed(self._seed())
                varied = self._light(frames[i].permute(0, 3, 1, 2))
            frames[i] = varied.permute(0, 2, 3, 1)
        batch["route"][self._chosen(len(frames), self._config.no_route)] = 0.0
        batch["ego"][self._chosen(len(frames), self._config.no_ego)] = 0.0

    def _chosen(self, count: int, share: float) -> Tensor:
        return torch.rand(count, generator=self._generator) < share

    def _seed(self) -> int:
        return int(torch.randint(2**62, (1,), generator=self._generator))
