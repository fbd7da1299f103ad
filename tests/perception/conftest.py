"""A little data to train on, driven once."""

from pathlib import Path

import pytest
import torch

from perception.cache import Selection, open_caches
from scripts import collect

SEEDS = (0, 1)


@pytest.fixture(scope="session")
def driven(tmp_path_factory) -> Path:
    """A dataset of two scenarios with pictures."""
    folder = tmp_path_factory.mktemp("driven") / "data"
    arguments = {"agent": "constant-speed", "scenarios": "racetrack,merge", "episodes": 2}
    collect.main(collect.Args(out=folder, weather="random", **arguments))
    return folder


@pytest.fixture(scope="session")
def caches(driven, tmp_path_factory):
    return open_caches([driven], Selection(SEEDS, 12), tmp_path_factory.mktemp("cache"), quiet=True)


@pytest.fixture(autouse=True)
def one_thread():
    """Tests share the cores already; threads that wait for one another would only burn them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
