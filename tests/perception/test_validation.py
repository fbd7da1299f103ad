"""Whoever says the truth scores perfectly and loses least."""

from collections import defaultdict

import numpy as np
import pytest
import torch

from perception.losses import losses
from perception.network import Output
from perception.pictures import TOLD, TRUE, compared
from perception.road_code import PLACE, decode_road
from perception.validation import (
    compare_roads,
    compare_vehicles,
    detections_of,
    true_detections,
)
from perception.vehicle_code import CODE
from perception.vehicle_targets import PEAK, VehicleTargets
from sim.cameras.rig import default_rig

RIG = default_rig()


@pytest.fixture
def batch(caches):
    return caches.batch(np.arange(0, 24, 2))


def perfect(batch):
    """What a network that knows everything puts out."""
    targets = VehicleTargets.from_rows(batch["vehicles"])
    b, c, rows, columns = batch["middles"].shape
    code = np.zeros((b * c, len(CODE), rows, columns))
    code[batch["picture"], :, targets.cell[:, 0], targets.cell[:, 1]] = targets.as_code()
    parts = (
        np.where(batch["middles"] == PEAK, 12.0, -12.0),
        code.reshape(b, c, len(CODE), rows, columns),
        np.where(batch["drivable"] > 0, 12.0, -12.0),
        batch["road"],
        np.zeros((b, c, 1)),
    )
    return Output(*(torch.from_numpy(part).float() for part in parts))


def test_the_truth_scores_perfectly(batch):
    output, found = perfect(batch), defaultdict(list)
    for i in range(len(batch["road"])):
        seen, true = detections_of(output, i, RIG), true_detections(batch, i, RIG)
        compare_vehicles(found, seen, true, np.zeros(len(seen), np.bool_))
        road = decode_road(batch["road"][i])
        compare_roads(found, road, road)
    assert len(found["vehicles/error_near"]) > 5
    assert np.mean(found["vehicles/recall_near"]) == 1
    assert np.mean(found["vehicles/precision"]) == 1
    assert np.max(found["vehicles/error_near"]) < 1e-3
    assert np.mean(found["lanes/exists_right"]) == 1
    assert max(found["lanes/spine_median_30m"]) < 1e-6


@pytest.mark.parametrize(
    ("part", "term"),
    [("middles", "middles"), ("drivable", "drivable"), ("road", "spine"), ("road", "lanes")],
)
def test_every_departure_from_the_truth_costs(batch, part, term):
    truth = {name: torch.from_numpy(value) for name, value in batch.items()}
    right = perfect(batch)
    value = getattr(right, part)
    noise = 10 * torch.randn(value.shape, generator=torch.Generator().manual_seed(0))
    wrong = right._replace(**{part: value + noise})
    assert losses(wrong, truth)[term] > losses(right, truth)[term] + 0.01


def test_certainty_pays_only_for_who_is_right(batch):
    truth = {name: torch.from_numpy(value) for name, value in batch.items()}

    def loss(offset, log_std):
        road = truth["road"].clone()
        road[:, PLACE["edge_offset"]] += offset
        road[:, PLACE["edge_offset_std"]] = log_std
        return float(losses(perfect(batch)._replace(road=road), truth)["edges"])

    assert loss(0.0, -3.0) < loss(0.0, 0.0)
    assert loss(1.0, -3.0) > loss(1.0, 0.0)


def test_pictures_show_what_is_true_and_what_is_said(batch):
    i = int(np.argmax(np.bincount(batch["picture"] // 5)))
    road, vehicles = decode_road(batch["road"][i]), true_detections(batch, i, RIG)
    picture = compared(batch["frames"][i], RIG, (vehicles.where([]), road), (vehicles, road))
    assert picture.shape == (5 * 192, 384, 3)
    for colour in (TRUE, TOLD):  # lanes are drawn over lanes, boxes stay as they are
        assert (np.abs(picture.astype(int) - colour).max(-1) < 20).any()
