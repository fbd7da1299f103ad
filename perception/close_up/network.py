"""The network that measures close-ups: how much further away is the vehicle than was guessed?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torchvision.ops import Conv2dNormActivation

from perception.close_up.cutting import ABOUT, SIDE

_GREY, _CONTRAST = 110.0, 60.0  # grey levels: mean and spread of the pictures
_UNIT = 0.1  # of the logarithm of a distance: what one unit of the last layer means
_LEAST_STD, _MOST_STD = -6.0, 1.0  # logarithms


@dataclass(frozen=True, slots=True)
class CloseUpShape:
    """The shape of the network."""

    channels: tuple[int, ...] = (16, 32, 80, 96)  # each at half the resolution of the one before
    hidden: int = 128


class CloseUpNet(nn.Module):
    """uint8 close-ups (N, SIDE, SIDE, 3) and what is known about them (N, len(ABOUT)) -> (N, 2):
    the logarithm of the distance over the guessed one, and that of its standard deviation."""

    def __init__(self, config: CloseUpShape) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = [Conv2dNormActivation(3, config.channels[0], 3, 2)]
        for inputs, outputs in pairwise(config.channels):
            layers += [
                Conv2dNormActivation(inputs, outputs, 3, 2),
                Conv2dNormActivation(outputs, outputs, 3),
            ]
        self.look = nn.Sequential(*layers)
        cells = (SIDE // 2 ** len(config.channels)) ** 2
        self.think = nn.Sequential(
            nn.Linear(cells * config.channels[-1] + len(ABOUT), config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
        )
        self.tell = nn.Linear(config.hidden, 2)
        nn.init.normal_(self.tell.weight, std=0.01)

    def forward(self, pixels: Tensor, about: Tensor) -> Tensor:
        x = (pixels.permute(0, 3, 1, 2).float() - _GREY) / _CONTRAST
        thought = self.think(torch.cat([self.look(x).flatten(1), about], 1))
        with torch.autocast(thought.device.type, enabled=False):  # metres want all their digits
            further, log_std = self.tell(thought.float()).unbind(1)
            log_std = (log_std - 3.0).clamp(_LEAST_STD, _MOST_STD)
            return torch.stack([_UNIT * further, log_std], 1)
