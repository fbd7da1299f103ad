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
from torch.nn import functional as F

from perception.cache import Caches
from perception.either_lane import nearest_truth
from perception.losses import TRUTH, Targets
from perception.network import Output, PerceptionNet
from perception.nouns import OWN, STATION_S
from perception.road_code import PLACE, SHAPES
from perception.vehicle_code import INDEX, SPEED_UNIT

WITHIN, SIGMAS = 0.95, 2.0
LEAST = 100  # errors that a factor must rest on, or there is none


@torch.no_grad()
def calibrate(
    network: PerceptionNet, held_out: Caches, batch_size: int, least: int = LEAST
) -> dict[str, float]:
    """Change the network's last biases; the factors by the name of what they widened."""
    network.eval()
    device = next(network.parameters()).device
    surprises: dict[str, list[Tensor]] = defaultdict(list)
    for ticks in np.array_split(np.arange(len(held_out)), max(1, len(held_out) // batch_size)):
        arrays = held_out.batch(ticks)
        batch: Targets = {name: torch.from_numpy(a).to(device) for name, a in arrays.items()}
        said = network(batch["frames"], batch["route"], batch["ego"])
        output = Output(*(value.float() for value in said))
        errors = _road_errors(output.road, batch["road"]) | _vehicle_errors(output.code, batch)
        for name, (error, log_std) in errors.items():
            surprises[name].append(error.abs() * torch.exp(-log_std))
    factors = {}
    for name, parts in surprises.items():
        surprise = torch.cat(parts)
        if len(surprise) >= least:
            factors[name] = float(torch.quantile(surprise[:: len(surprise) // 100_000 + 1], WITHIN))
            factors[name] /= SIGMAS
            _widen(network, name, math.log(factors[name]))
    return factors


def _road_errors(road: Tensor, truth: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Errors and logarithms of their standard deviations, of all that is there."""
    told = {name: road[:, PLACE[name]].reshape(-1, *shape) for name, shape in SHAPES.items()}
    true = {name: truth[:, PLACE[name]].reshape(-1, *shape) for name, shape in SHAPES.items()}
    true, known, slots = nearest_truth(told, true)
    s = torch.tensor(STATION_S, dtype=torch.float32, device=road.device)
    there = known & (true["exists"] > 0)[:, None] & (s <= true["length"][:, None])
    tangent = F.normalize(torch.gradient(true["xy_ego"], dim=1)[0], dim=2)
    error = told["xy_ego"] - true["xy_ego"]
    across = error[..., 1] * tangent[..., 0] - error[..., 0] * tangent[..., 1]
    beside = slots.clone()
    beside[:, OWN] = False  # the own lane's offset is 0
    lanes = (true["lane_exists_at"] > 0) & beside[:, :, None] & there[:, None]
    edges = there[:, None].expand(-1, 2, -1)
    return {
        "lateral_std": (across[there], told["lateral_std"][there]),
        **{
            f"{name}_std": ((told[name] - true[name])[where], told[f"{name}_std"][where])
            for name, where in (("lane_offset", lanes), ("edge_offset", edges))
        },
    }


def _vehicle_errors(code: Tensor, batch: Targets) -> dict[str, tuple[Tensor, Tensor]]:
    """The same at the cells of the true vehicles."""
    true = {name: batch["vehicles"][:, i] for name, i in TRUTH.items()}
    cells = code.flatten(0, 1).permute(0, 2, 3, 1)
    said = cells[batch["picture"], true["row"].long(), true["column"].long()]
    told = {name: said[:, i] for name, i in INDEX.items()}
    turn = torch.atan2(told["sin"], told["cos"]) - true["heading"]
    errors = {
        "log_std_u": told["du"] - (true["u"] - true["column"] - 0.5),
        "log_std_range": told["range"] - true["range"],
        "log_std_heading": torch.atan2(torch.sin(turn), torch.cos(turn)),
        "log_std_speed": told["speed"] - true["speed"] / SPEED_UNIT,
    }
    return {name: (error, told[name]) for name, error in errors.items()}


def _widen(network: PerceptionNet, name: str, log_factor: float) -> None:
    if name in PLACE:
        network.road.tell.bias[PLACE[name]] += log_factor
    else:
        bias = network.vehicles.tell.bias
        assert bias is not None, "the vehicles' last layer has a bias"
        bias[len(bias) - len(INDEX) + INDEX[name]] += log_factor
