"""Between two lanes either is a right answer.

While a car changes lane, the lane that it is in jumps from one to the next; a network that is asked
for it answers with the middle of both, which is none. So where the car is about as near to a
neighbour lane of the same direction, the truth may be told from that lane instead: the one whose
centre lies nearest to what the network says counts.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from perception.nouns import OWN

Fields = dict[str, Tensor]
NEAR = 3.0  # m from the car to a lane's centre that may count as its own
_PER_SLOT = (
    "lane_exists", "lane_exists_at", "lane_offset", "lane_width", "lane_oncoming",
    "lane_on_route", "left_marking", "right_marking",
)  # fmt: skip


def nearest_truth(told: Fields, true: Fields) -> tuple[Fields, Tensor, Tensor]:
    """The truth from the lane nearest to what is told; (B, S) where its spine is known, (B, K)
    which of its slots are."""
    tangent = F.normalize(torch.gradient(true["xy_ego"], dim=1)[0], dim=2)
    normal = torch.stack([-tangent[..., 1], tangent[..., 0]], 2)  # (B, S, 2)
    said = ((told["xy_ego"] - true["xy_ego"])[:, 0] * normal[:, 0]).sum(1).detach()
    car = -(true["xy_ego"][:, 0] * normal[:, 0]).sum(1)  # m from the spine, left positive
    best, chosen = said.abs(), _seen_from(true, normal, 0)
    for slot in (OWN - 1, OWN + 1):
        offset = true["lane_offset"][:, slot, 0]
        possible = (true["lane_exists_at"][:, slot, 0] > 0) & (true["lane_oncoming"][:, slot] <= 0)
        possible &= (offset - car).abs() < NEAR
        better = possible & ((said - offset).abs() < best)
        best = torch.where(better, (said - offset).abs(), best)
        other = _seen_from(true, normal, slot - OWN)
        chosen = {
            name: torch.where(better.reshape(-1, *[1] * (value.ndim - 1)), other[name], value)
            for name, value in chosen.items()
        }
    return chosen, chosen.pop("spine_known") > 0, chosen.pop("slots_known") > 0


def _seen_from(true: Fields, normal: Tensor, shift: int) -> Fields:
    """The truth told from the lane that lies `shift` slots to the right of the own one."""
    offset = true["lane_offset"][:, OWN + shift] if shift else torch.zeros_like(normal[..., 0])
    seen = dict(true)
    seen["xy_ego"] = true["xy_ego"] + offset[..., None] * normal
    seen["edge_offset"] = true["edge_offset"] - offset[:, None]
    for name in _PER_SLOT:
        seen[name] = torch.roll(true[name], -shift, dims=1)
    seen["lane_offset"] = seen["lane_offset"] - offset[:, None]
    slots = torch.arange(true["lane_exists"].shape[1], device=offset.device) + shift
    inside = (slots >= 0) & (slots < len(slots))  # beyond the slots nothing is known
    seen["slots_known"] = inside.float().expand(len(offset), -1)
    there = true["lane_exists_at"][:, OWN + shift] > 0
    seen["spine_known"] = (there if shift else torch.ones_like(there)).float()
    return seen
