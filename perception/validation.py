"""How good the network is on ticks it was not trained on, camera by camera, before fusion and
tracking: enough to steer training by. The figures that count are scripts/evaluate_perception.py's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import BoolArray
from datasets.geometry import wrap_angle
from perception.cache import Caches
from perception.network import Output, PerceptionNet
from perception.nouns import OWN, STATION_S, Detections, RoadEstimate
from perception.peaks import local_maxima
from perception.road_code import decode_road
from perception.vehicle_code import Cells, decode, decode_cells, found_in
from perception.vehicle_targets import DONT_CARE, VehicleTargets

THRESHOLD = 0.3  # score from which a middle counts as a vehicle here
_CLEAR = 0.5  # share of a vehicle that must be visible to count as one to be found
BANDS = (("near", 0.0, 30.0), ("mid", 30.0, 60.0), ("far", 60.0, 100.0))  # m
_FAR = 60.0  # m: who is seen further away and is not there costs nothing
_AT = (10.0, 30.0, 50.0)  # m along the spine where lanes are compared

Sums = dict[str, list[float]]
Batch = dict[str, NDArray[Any]]


@torch.no_grad()
def look(network: PerceptionNet, batch: Batch) -> Output:
    """What the network says of a batch of a cache."""
    device = next(network.parameters()).device
    inputs = (torch.from_numpy(batch[name]).to(device) for name in ("frames", "route", "ego"))
    return Output(*(value.float().cpu() for value in network(*inputs)))


def validate(
    network: PerceptionNet, cache: Caches, cameras: Sequence[Camera], batch_size: int
) -> dict[str, float]:
    """Figures over all ticks of a cache: means of shares, medians of errors."""
    network.eval()
    found: Sums = defaultdict(list)
    for ticks in np.array_split(np.arange(len(cache)), max(1, len(cache) // batch_size)):
        batch = cache.batch(ticks)
        output = look(network, batch)
        for i in range(len(ticks)):
            seen = detections_of(output, i, cameras)
            true = true_detections(batch, i, cameras)
            peaks = local_maxima(output.middles[i]).numpy() > THRESHOLD
            dont_care = (batch["middles"][i] == DONT_CARE)[peaks]
            compare_vehicles(found, seen, true, dont_care)
            told = decode_road(output.road[i].numpy())
            compare_roads(found, told, decode_road(batch["road"][i]))
    network.train()
    return {
        name: float(np.median(values) if "median" in name else np.mean(values))
        for name, values in sorted(found.items())
    }


def detections_of(
    output: Output, i: int, cameras: Sequence[Camera], threshold: float = THRESHOLD
) -> Detections:
    """The vehicles of one tick of an Output."""
    peaks = local_maxima(output.middles[i]).numpy()
    return decode(found_in(peaks, output.code[i].numpy(), threshold), cameras)


def true_detections(batch: Batch, i: int, cameras: Sequence[Camera]) -> Detections:
    """What would have been right for one tick of a batch."""
    tick, camera = np.divmod(batch["picture"], len(cameras))
    targets = VehicleTargets.from_rows(batch["vehicles"][tick == i])
    row, column = targets.cell.T
    score = np.ones(len(row))
    cells = Cells(camera[tick == i], score, row, column, targets.as_code())
    return decode_cells(cells, cameras)


def compare_vehicles(found: Sums, seen: Detections, true: Detections, dont_care: BoolArray) -> None:
    """Pair by distance, the best score first; add shares and errors of the pairs to `found`."""
    taken = np.zeros(len(true), np.bool_)
    distance = np.hypot(*true.xy_ego.T)
    for i in np.argsort(-seen.score):
        away = np.hypot(*(true.xy_ego - seen.xy_ego[i]).T)
        possible = (true.camera == seen.camera[i]) & ~taken & (away < np.maximum(2, 0.1 * distance))
        if not possible.any():
            if np.hypot(*seen.xy_ego[i]) < _FAR and not dont_care[i]:
                found["vehicles/precision"].append(0.0)
            continue
        j = int(np.flatnonzero(possible)[np.argmin(away[possible])])
        taken[j] = True
        if true.visible[j] >= _CLEAR:
            _pair(found, seen, int(i), true, j)
    clear = true.visible >= _CLEAR
    for name, low, high in BANDS:
        inside = clear & (distance >= low) & (distance < high)
        found[f"vehicles/recall_{name}"] += taken[inside].astype(float).tolist()


def _pair(found: Sums, seen: Detections, i: int, true: Detections, j: int) -> None:
    away = float(np.hypot(*true.xy_ego[j]))
    band = next((name for name, _, high in BANDS if away < high), BANDS[-1][0])
    error = seen.xy_ego[i] - true.xy_ego[j]
    turn = abs(float(wrap_angle(seen.heading[i] - true.heading[j])))
    surprise = error @ np.linalg.solve(seen.xy_cov[i], error)  # chi-squared of 2 degrees
    found["vehicles/precision"].append(1.0)
    found[f"vehicles/error_{band}"].append(float(np.hypot(*error)))
    found["vehicles/heading_error"].append(turn)
    found["vehicles/speed_error"].append(abs(seen.speed[i] - true.speed[j]))
    found["vehicles/braking_right"].append(
        float((seen.braking[i] > 0.5) == (true.braking[j] > 0.5))
    )
    found["calibration/vehicles_within_95"].append(float(surprise < 5.99))


def compare_roads(found: Sums, told: RoadEstimate, true: RoadEstimate) -> None:
    """Errors across the true spine, and of the lanes beside it."""
    if true.exists < 0.5:
        return
    heading = np.gradient(true.xy_ego, axis=0)
    normal = np.stack([-heading[:, 1], heading[:, 0]], 1) / np.hypot(*heading.T)[:, None]
    across = ((told.xy_ego - true.xy_ego) * normal).sum(1)
    for s in _AT:
        at = int(np.argmin(np.abs(STATION_S - s)))
        if STATION_S[at] > true.length:
            continue
        found[f"lanes/spine_median_{s:.0f}m"].append(abs(float(across[at])))
        found[f"calibration/spine_{s:.0f}m"].append(
            float(abs(across[at]) < 2 * told.lateral_std[at])
        )
        there = true.lane_exists_at[:, at] > 0.5
        said = told.lane_exists_at[:, at] > 0.5
        found["lanes/exists_right"] += (there == said).astype(float).tolist()
        there[OWN] = False
        error = np.abs(told.lane_offset - true.lane_offset)[there, at]
        found[f"lanes/offset_median_{s:.0f}m"] += error.tolist()
    found["lanes/speed_limit_median"].append(abs(told.speed_limit - true.speed_limit))
    found["lanes/junction_right"].append(float((told.junction > 0.5) == (true.junction > 0.5)))
