"""Training: it learns, goes on after a kill as if nothing had been, and stops where it must."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.learning.processes import Processes
from datasets.learning.run import NonFiniteLossError, Run
from planning.policy.losses import losses, total
from planning.policy.network import PolicyNet
from planning.policy.training import Desk, PolicyTraining, epoch_of, train, wish_of
from planning.policy.weights import load_weights
from tests.planning.policy.made_up import TINY, lessons

SHORT = PolicyTraining(steps=6, batch_size=8, warm_up=1, network=TINY)
ALONE = Processes(0, 1, torch.device("cpu"))


@pytest.fixture(autouse=True)
def one_thread():
    """Tests share the cores already."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(out, config=SHORT, some=None):
    some = lessons() if some is None else some
    return train(config, (some, "hash"), lessons(12, seed=1), out, ALONE, {"command": "t"}, every=2)


def weights_of(out):
    return load_weights(out / "weights.safetensors")[0].state_dict()


@pytest.mark.parametrize("ticks", [1, 3])
def test_it_learns_what_the_features_tell(ticks):
    config = replace(SHORT, learning_rate=1e-2, ema_decay=0.5, no_ego=1.0, no_route=1.0)
    config = replace(config, steps=120, network=replace(TINY, ticks=ticks, hidden=64))
    desk = Desk(lessons(), config, ALONE.device)
    torch.manual_seed(0)
    run = Run(PolicyNet(config.network), config, "hash", ALONE, Path("no-checkpoint"))
    batch = desk.batch(np.arange(48))
    history = [run.learn(lambda net: judged(net, batch, config)) for _ in range(config.steps)]
    for name in ("path", "offset", "own_speed"):
        assert history[-1][name] < 0.5 * history[0][name]
    assert history[-1]["speed"] < 0.75 * history[0]["speed"]


def judged(net, batch, config):
    terms = losses(wish_of(net, batch), batch)
    return terms, total(terms, config.weights)


def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch):
    trained(tmp_path / "whole")
    learn, left = Run.learn, [3]

    def mortal(self, judge):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return learn(self, judge)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "learn", mortal)
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / "cut")
    trained(tmp_path / "cut")
    resumed = weights_of(tmp_path / "cut")
    for name, value in weights_of(tmp_path / "whole").items():
        torch.testing.assert_close(resumed[name], value, msg=name)


@pytest.mark.parametrize(
    ("own", "share", "times"), [(0, 0.5, 1), (20, 0.0, 1), (20, 0.5, 4), (20, 0.4, 3), (80, 0.4, 1)]
)
def test_a_pupils_own_drives_come_as_often_as_their_share_takes(own, share, times):
    epoch = epoch_of(100, own, share)
    came = np.bincount(epoch, minlength=100)
    assert (came[: 100 - own] == 1).all()
    assert (came[100 - own :] == times).all()
    if share:
        assert own * times / len(epoch) >= share - 0.06 or not own


def test_a_share_is_a_share():
    with pytest.raises(ValueError, match=r"own_share: expected a share .* got 1"):
        epoch_of(100, 20, 1.0)


def test_a_run_does_not_go_on_with_another_configuration(tmp_path):
    trained(tmp_path)
    with pytest.raises(ValueError, match="expected config"):
        trained(tmp_path, replace(SHORT, no_ego=0.1))


def test_a_loss_that_is_no_number_stops_the_run(tmp_path):
    broken = replace(lessons(), path=np.full((48, 17), np.nan, np.float32))
    with pytest.raises(NonFiniteLossError, match="step 0"):
        trained(tmp_path, some=broken)
