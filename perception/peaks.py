"""Where the middles of vehicles are: the local maxima of their map. No boxes need suppressing."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def local_maxima(middles: Tensor) -> Tensor:
    """(..., rows, columns) logits -> scores, 0 wherever one of the eight cells around is higher."""
    flat = middles.flatten(0, -3).unsqueeze(1)
    highest = F.max_pool2d(flat, 3, stride=1, padding=1)
    scores = torch.sigmoid(flat) * (flat >= highest)
    return scores.reshape(middles.shape)
