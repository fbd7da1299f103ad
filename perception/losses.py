"""How wrong an Output is, term by term.

Quantities are told with a standard deviation and judged by the likelihood of a Laplace
distribution with it: far-off truths do not take over, and about 95 % of all errors stay below two
standard deviations. Middles are judged by CenterNet's focal loss. All in float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from perception.either_lane import nearest_truth
from perception.network import Output
from perception.nouns import OWN, SLOTS, STATION_S
from perception.road_code import PLACE, SHAPES
from perception.vehicle_code import INDEX, LENGTH_UNIT, SPEED_UNIT
from perception.vehicle_targets import DONT_CARE, PEAK, ROW

Targets = dict[str, Tensor]
TRUTH = {name: i for i, name in enumerate(ROW)}
_NEIGHBOUR = 0.25  # weight of the cells around a middle: a peak may land on one of them
_AROUND = ((0, 0, 1.0), *((r, c, _NEIGHBOUR) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c))
_ALONG_SPINE = 0.05  # weight of an error along the spine, which hardly matters, per m
_DIRECTION = 3.0  # weight of an error in the spine's direction, per rad


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Factors on the terms."""

    middles: float = 2.0
    place: float = 1.5
    vehicle: float = 1.0  # heading, speed, size, lamps, ...
    drivable: float = 0.5
    spine: float = 2.0
    lanes: float = 1.0
    edges: float = 0.5
    facts: float = 0.5  # speed limit, length, junction


def losses(output: Output, targets: Targets) -> dict[str, Tensor]:
    """The terms by the names of LossWeights, each a mean."""
    terms = {"middles": middles_loss(output.middles.float(), targets["middles"])}
    terms |= vehicle_losses(output.code, targets["vehicles"], targets["picture"])
    drivable = targets["drivable"].float()
    terms["drivable"] = F.binary_cross_entropy_with_logits(output.drivable.float(), drivable)
    return terms | road_losses(output.road, targets["road"])


def total(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """The weighted sum, which is what is trained."""
    return torch.stack([getattr(weights, name) * value for name, value in terms.items()]).sum()


def middles_loss(logits: Tensor, middles: Tensor) -> Tensor:
    """CenterNet's: hard cells count more, cells near a middle less; per vehicle."""
    heat = middles.float() / PEAK
    here, counts = middles == PEAK, middles != DONT_CARE
    p = torch.sigmoid(logits)
    found = -F.logsigmoid(logits) * (1 - p) ** 2
    ghost = -F.logsigmoid(-logits) * p**2 * (1 - heat.clamp(max=1.0)) ** 4
    loss = torch.where(here, found, ghost) * counts
    return loss.sum() / here.sum().clamp(min=1)


def laplace(error: Tensor, log_std: Tensor) -> Tensor:
    """Negative logarithm of the likelihood, without its constant."""
    return math.sqrt(2) * error.abs() * torch.exp(-log_std) + log_std


def vehicle_losses(code: Tensor, truth: Tensor, picture: Tensor) -> dict[str, Tensor]:
    """Of the cells of all K vehicles, and of those around them. `truth` (K, ROW)."""
    down, across, weights = torch.tensor(_AROUND, device=code.device).unbind(1)
    true = {name: truth[:, i, None].expand(-1, len(_AROUND)) for name, i in TRUTH.items()}
    row = (true["row"] + down).long().clamp(0, code.shape[-2] - 1)
    column = (true["column"] + across).long().clamp(0, code.shape[-1] - 1)
    flat = code.flatten(0, 1).permute(0, 2, 3, 1)  # (B * C, rows, columns, CODE)
    said = flat[picture[:, None], row, column]  # (K, cells, CODE)
    told = {name: said[..., i] for name, i in INDEX.items()}
    count = max(1, len(truth)) * weights.sum()
    return {
        "place": (weights * _place(told, true, row, column)).sum() / count,
        "vehicle": (weights * _looks(told, true)).sum() / count,
    }


def _place(told: dict[str, Tensor], true: dict[str, Tensor], row: Tensor, column: Tensor) -> Tensor:
    """(K, cells) direction and distance."""
    du = told["du"] - (true["u"] - column - 0.5)
    dv = told["dv"] - (true["v"] - row - 0.5)
    distance = laplace(told["range"] - true["range"], told["log_std_range"])
    return laplace(du, told["log_std_u"]) + 0.5 * dv.abs() + distance


def _looks(told: dict[str, Tensor], true: dict[str, Tensor]) -> Tensor:
    """(K, cells) heading, speed, size, lamps."""
    cos, sin = torch.cos(true["heading"]), torch.sin(true["heading"])
    size = torch.sqrt(told["cos"] ** 2 + told["sin"] ** 2 + 1e-6)
    off_cos = (told["cos"] * cos + told["sin"] * sin) / size
    off_sin = (told["sin"] * cos - told["cos"] * sin) / size
    # The chord stands for the angle: smooth even where front is taken for back. It is asked for
    # beside its likelihood, too, which hardly pulls where it is unsure.
    chord = torch.sqrt((1 - off_cos) ** 2 + off_sin**2 + 1e-8)
    heading = laplace(chord, told["log_std_heading"]) + 2 * (1 - off_cos) + 0.1 * (size - 1) ** 2
    speed = laplace(told["speed"] - true["speed"] / SPEED_UNIT, told["log_std_speed"])
    length = (told["length"] - true["length"] / LENGTH_UNIT).abs()
    width = (told["width"] - true["width"] / LENGTH_UNIT).abs()
    visible = (told["visible"] - true["visible"]).abs()
    lamps = F.binary_cross_entropy_with_logits(told["braking"], true["braking"], reduction="none")
    kind = F.binary_cross_entropy_with_logits(told["obstacle"], true["obstacle"], reduction="none")
    sides = torch.stack([told["right"], told["off"], told["left"]], 1)
    indicator = F.cross_entropy(sides, true["indicator"].long(), reduction="none")
    return heading + speed + length + width + visible + lamps + kind + indicator


def road_losses(road: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Of what is there: stations beyond the spine's end and slots without a lane do not count."""
    told = {name: road[:, PLACE[name]].reshape(-1, *shape) for name, shape in SHAPES.items()}
    true = {name: truth[:, PLACE[name]].reshape(-1, *shape) for name, shape in SHAPES.items()}
    true, spine_known, slots_known = nearest_truth(told, true)
    exists = (true["exists"] > 0).float()  # (B,)
    s = _stations(road.device)
    there = exists[:, None] * (s <= true["length"][:, None] + 1e-3) * spine_known  # (B, S)
    return {
        "spine": _spine(told, true, there),
        "lanes": _lanes(told, true, exists[:, None] * slots_known),
        "edges": _mean(
            laplace(told["edge_offset"] - true["edge_offset"], told["edge_offset_std"]),
            there[:, None].expand(-1, 2, -1),
        ),
        "facts": _facts(told, true, exists),
    }


def _stations(device: torch.device) -> Tensor:
    """(S,) m"""
    return torch.tensor(STATION_S, dtype=torch.float32, device=device)


def _mean(loss: Tensor, counts: Tensor) -> Tensor:
    return (loss * counts).sum() / counts.sum().clamp(min=1)


def _spine(told: Targets, true: Targets, there: Tensor) -> Tensor:
    """Across the true spine by likelihood, along it a little."""
    error = told["xy_ego"] - true["xy_ego"]
    tangent = torch.gradient(true["xy_ego"], dim=1)[0]
    tangent = F.normalize(tangent, dim=2)
    across = error[..., 1] * tangent[..., 0] - error[..., 0] * tangent[..., 1]
    along = (error * tangent).sum(2)
    loss = laplace(across, told["lateral_std"]) + _ALONG_SPINE * along.abs()
    # Where it is unsure, likelihood hardly asks for more: each step's direction is asked for, too.
    turned = torch.diff(error, dim=1) / torch.diff(_stations(error.device))[:, None]
    direction = (turned.square().sum(2) + 1e-6).sqrt()
    return _mean(loss, there) + _DIRECTION * _mean(direction, there[:, 1:])


def _lanes(told: Targets, true: Targets, known: Tensor) -> Tensor:
    """Of the slots (B, K) of which the truth is known."""
    there = (true["lane_exists_at"] > 0) * known[:, :, None]  # (B, K, S)
    beside = torch.arange(SLOTS, device=there.device) != OWN  # the own lane's offset is 0
    offset = laplace(told["lane_offset"] - true["lane_offset"], told["lane_offset_std"])
    loss = _mean(offset, there * beside[:, None])
    loss = loss + _yes_or_no(told, true, "lane_exists_at", known[:, :, None])
    loss = loss + _yes_or_no(told, true, "lane_exists", known)
    slot = (true["lane_exists"] > 0) * known  # (B, K)
    loss = loss + _yes_or_no(told, true, "lane_oncoming", slot)
    loss = loss + _yes_or_no(told, true, "lane_on_route", there)
    loss = loss + _mean((told["lane_width"] - true["lane_width"]).abs(), slot)
    for name in ("left_marking", "right_marking"):
        paint = F.cross_entropy(
            told[name].flatten(0, 1), true[name].argmax(2).flatten(), reduction="none"
        )
        loss = loss + 0.5 * _mean(paint.reshape(slot.shape), slot)
    return loss


def _facts(told: Targets, true: Targets, exists: Tensor) -> Tensor:
    loss = _yes_or_no(told, true, "exists", torch.ones_like(exists))
    limit = laplace(
        (told["speed_limit"] - true["speed_limit"]) / 10, told["speed_limit_std"] - math.log(10)
    )
    length = laplace((told["length"] - true["length"]) / 10, told["length_std"] - math.log(10))
    loss = loss + _mean(limit + length, exists)
    junction = exists * (true["junction"] > 0)
    loss = loss + _yes_or_no(told, true, "junction", exists)
    loss = loss + _yes_or_no(told, true, "give_way", junction)
    log_std = told["junction_std"] - math.log(10)
    for name in ("junction_begin", "junction_end"):
        loss = loss + 0.5 * _mean(laplace((told[name] - true[name]) / 10, log_std), junction)
    return loss


def _yes_or_no(told: Targets, true: Targets, name: str, counts: Tensor) -> Tensor:
    """Cross entropy of logits against logits that are sure."""
    wanted = (true[name] > 0).float()
    loss = F.binary_cross_entropy_with_logits(told[name], wanted, reduction="none")
    return _mean(loss, counts.expand_as(loss))
