"""Standard deviations that hold on ticks the network was not trained on.

What was trained on is known a little too well: errors on other ticks are larger than the network
says. So, at the end, every kind of standard deviation is multiplied by the factor that puts 95 % of
the errors on held-out ticks within two of them. The factors go into the last layers' biases: the
network stays what it was, and its files need nothing more.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import torch
from torch import Tensor

from perception.cache import Caches
from perception.losses import Targets, road_errors, vehicle_errors
from perception.network import Output, PerceptionNet
from perception.road_code import PLACE
from perception.vehicle_code import INDEX

WITHIN, SIGMAS = 0.95, 2.0
_LEAST = 100  # errors that a factor must rest on


@torch.no_grad()
def calibrate(network: PerceptionNet, held_out: Caches, batch_size: int) -> dict[str, float]:
    """Change the network's last biases; the factors by the name of what they widened."""
    network.eval()
    device = next(network.parameters()).device
    surprises: dict[str, list[Tensor]] = defaultdict(list)
    for ticks in np.array_split(np.arange(len(held_out)), max(1, len(held_out) // batch_size)):
        arrays = held_out.batch(ticks)
        batch: Targets = {name: torch.from_numpy(a).to(device) for name, a in arrays.items()}
        output = Output(
            *(x.float() for x in network(batch["frames"], batch["route"], batch["ego"]))
        )
        errors = road_errors(output.road, batch["road"])
        errors |= vehicle_errors(output.code, batch["vehicles"], batch["picture"])
        for name, (error, log_std) in errors.items():
            surprises[name].append(error.abs() * torch.exp(-log_std))
    factors = {}
    for name, parts in surprises.items():
        surprise = torch.cat(parts)
        if len(surprise) >= _LEAST:
            factors[name] = float(torch.quantile(surprise[:: len(surprise) // 100_000 + 1], WITHIN))
            factors[name] /= SIGMAS
            _widen(network, name, math.log(factors[name]))
    return factors


def _widen(network: PerceptionNet, name: str, log_factor: float) -> None:
    if name in PLACE:
        network.road.tell.bias[PLACE[name]] += log_factor
    else:
        bias = network.vehicles.tell.bias
        assert bias is not None, "the vehicles' last layer has a bias"
        bias[len(bias) - len(INDEX) + INDEX[name]] += log_factor
