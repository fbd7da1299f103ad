"""What makes training harder than driving: light that changes, and senses that fail.

Weather, light, noise and mounting are varied by the renderer already, once an episode; here every
tick is varied again. Route and ego are left out now and then, so that lanes are told by the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F


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

    def __init__(self, config: AugmentConfig) -> None:
        self._config = config

    def __call__(self, batch: dict[str, Tensor], chance: torch.Generator) -> None:
        config = self._config
        frames = batch["frames"]  # (B, C, height, width, 3)
        changes = (
            (F.adjust_brightness, config.brightness),
            (F.adjust_contrast, config.contrast),
            (F.adjust_saturation, config.saturation),
        )
        for i in torch.nonzero(_chosen(len(frames), config.light, chance)).flatten().tolist():
            varied = frames[i].permute(0, 3, 1, 2)
            for which in torch.randperm(len(changes), generator=chance).tolist():
                change, most = changes[which]
                factor = 1 + most * (2 * float(torch.rand((), generator=chance)) - 1)
                varied = change(varied, factor)
            frames[i] = varied.permute(0, 2, 3, 1)
        batch["route"][_chosen(len(frames), config.no_route, chance)] = 0.0
        batch["ego"][_chosen(len(frames), config.no_ego, chance)] = 0.0


def _chosen(count: int, share: float, chance: torch.Generator) -> Tensor:
    return torch.rand(count, generator=chance) < share
