"""How wrong the heads of a learned driver are, each on the ticks that it is shown."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from datasets.learning.run import Terms
from planning.policy.code import STATION_S
from planning.policy.network import Wish, points_of


@dataclass(frozen=True, slots=True)
class LossWeights:
    """What each term counts."""

    path: float = 1.0  # per metre, less far away
    offset: float = 1.0  # per metre, beside the car
    heading: float = 3.0  # per radian
    side: float = 0.5
    speed: float = 0.5
    own_speed: float = 0.02  # per m/s
    key: float = 2.0  # what a tick counts more at which the expert changes its lane or its speed


def losses(wish: Wish, batch: dict[str, Tensor]) -> Terms:
    """The terms: means over heads and the ticks that each is shown. `batch`: path (B, PATH_SIZE),
    side (B,), speeds (B, len(SPEEDS)), own_speed (B,), weight (B, K)."""
    rows = torch.arange(len(batch["side"]), device=batch["side"].device)
    path = wish.paths[rows, :, batch["side"]]  # (B, K, PATH_SIZE)
    wanted = batch["path"][:, None]
    s = torch.tensor(STATION_S, dtype=torch.float32, device=path.device)
    away = (points_of(path) - points_of(wanted)).square().sum(-1).add(1e-4).sqrt()
    logits = wish.sides.transpose(1, 2)  # (B, SIDES, K)
    side = batch["side"][:, None].expand(-1, wish.sides.shape[1])
    speeds = -(batch["speeds"][:, None] * F.log_softmax(wish.speeds, -1)).sum(-1)
    terms = {
        "path": (away / (1 + 0.1 * s)).mean(-1),
        "offset": (path - wanted)[..., 0].abs(),
        "heading": (path - wanted)[..., 1:].abs().mean(-1),
        "side": F.cross_entropy(logits, side, reduction="none"),
        "speed": speeds,
        "own_speed": (wish.own_speed - batch["own_speed"][:, None]).abs(),
    }
    weight = batch["weight"] / batch["weight"].sum().clamp(min=1e-6)
    return {name: (value * weight).sum() for name, value in terms.items()}


def total(terms: Terms, weights: LossWeights) -> Tensor:
    """The one number that training makes small."""
    return torch.stack([getattr(weights, name) * value for name, value in terms.items()]).sum()
