"""After calibration 95 % of the errors lie within two standard deviations."""

import numpy as np
import pytest
import torch

from perception.calibrate import calibrate
from perception.network import NetworkConfig, PerceptionNet
from perception.road_code import PLACE


def test_standard_deviations_hold_on_what_they_were_fitted_to(caches):
    torch.manual_seed(0)
    network = PerceptionNet(NetworkConfig(width=0.5, token=8, hidden=16))
    before = network.road.tell.bias.detach().clone()
    first = calibrate(network, caches, batch_size=8, least=10)
    assert {"lateral_std", "edge_offset_std", "log_std_range", "log_std_heading"} <= set(first)
    moved = (network.road.tell.bias - before).detach()
    assert moved[PLACE["lateral_std"]].numpy() == pytest.approx(np.log(first["lateral_std"]))
    assert not moved[PLACE["xy_ego"]].any()
    again = calibrate(network, caches, batch_size=8, least=10)
    for name, factor in again.items():
        assert factor == pytest.approx(1.0, abs=0.05), name
