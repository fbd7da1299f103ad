"""Training: it learns, goes on after a kill as if nothing had been, and stops where it must."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.learning.processes import Processes
from datasets.learning.run import NonFiniteLossError
from perception.cache import Selection, open_caches
from perception.losses import losses, total
from perception.network import NetworkConfig, PerceptionNet
from perception.training import TrainConfig, train
from perception.trunk import trunk_hash
from perception.weights import load_weights, save_weights
from sim.cameras.rig import default_rig

TINY = TrainConfig(
    steps=4,
    batch_size=4,
    warm_up=1,
    learning_rate=3e-3,
    network=NetworkConfig(width=0.5, token=8, hidden=16),
)
ALONE = Processes(0, 1, torch.device("cpu"))


def trained(caches, out, config=TINY):
    train(config, caches, caches, default_rig(), out, ALONE, {"command": "test"}, every=2)
    return load_weights(out / "weights.safetensors")[0].state_dict()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # what the compiler looks at on its way
def test_fused_operations_learn_what_the_others_learn(caches, tmp_path):
    plain = trained(caches, tmp_path / "plain")
    fused = replace(ALONE, compiled=True)
    train(TINY, caches, caches, default_rig(), tmp_path / "fused", fused, {}, every=2)
    told = load_weights(tmp_path / "fused" / "weights.safetensors")[0].state_dict()
    for name, value in plain.items():
        torch.testing.assert_close(told[name], value, rtol=0.05, atol=0.02, msg=name)


class Killed(Exception):
    pass


class DiesAfter:
    """A cache that ends the process's life at the given batch."""

    def __init__(self, caches, batches):
        self.data_hash = caches.data_hash
        self._caches, self._left = caches, batches

    def __len__(self):
        return len(self._caches)

    def batch(self, chosen):
        self._left -= 1
        if self._left < 0:
            raise Killed
        return self._caches.batch(chosen)


def test_it_learns(caches):
    torch.manual_seed(0)
    network = PerceptionNet(TINY.network)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    batch = {k: torch.from_numpy(v) for k, v in caches.batch(np.arange(0, 24, 8)).items()}
    history = []
    for _ in range(40):
        output = network(batch["frames"], batch["route"], batch["ego"])
        loss = total(losses(output, batch), TINY.weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(float(loss.detach()))
    assert history[-1] < 0.5 * history[0]


def test_a_killed_run_goes_on_as_if_nothing_had_been(caches, tmp_path):
    whole = trained(caches, tmp_path / "whole")
    mortal = DiesAfter(caches, 3)
    with pytest.raises(Killed):
        train(TINY, mortal, caches, default_rig(), tmp_path / "cut", ALONE, {}, every=2)
    resumed = trained(caches, tmp_path / "cut")
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, msg=name)


def test_a_run_does_not_go_on_with_another_configuration(caches, tmp_path):
    trained(caches, tmp_path)
    with pytest.raises(ValueError, match="expected config"):
        trained(caches, tmp_path, replace(TINY, steps=5))


def test_a_loss_that_is_no_number_stops_the_run(caches, tmp_path):
    class Broken(DiesAfter):
        def batch(self, chosen):
            batch = super().batch(chosen)
            batch["road"][:] = np.nan
            return batch

    with pytest.raises(NonFiniteLossError, match="step 0"):
        train(TINY, Broken(caches, 9), caches, default_rig(), tmp_path, ALONE, {})


def test_a_trunk_stays_what_it_is_where_only_the_road_is_learned(caches, tmp_path):
    trained(caches, tmp_path / "all")
    start = load_weights(tmp_path / "all" / "weights.safetensors")[0]
    start.trunk.from8.weight.data[0, 0] = -0.0  # equal to 0, but not the same bits
    save_weights(tmp_path / "start.safetensors", start, {})
    out, config = tmp_path / "road", replace(TINY, only_road=True)
    train(config, caches, caches, default_rig(), out, ALONE, {}, 2, start.state_dict())
    told = load_weights(out / "weights.safetensors")[0]
    assert trunk_hash(out / "weights.safetensors") == trunk_hash(tmp_path / "start.safetensors")
    assert (told.road.tell.weight - start.road.tell.weight).abs().max() > 1e-3


def test_too_few_ticks_for_a_batch_are_refused(caches, tmp_path):
    with pytest.raises(ValueError, match="at least a batch of 100 ticks"):
        trained(caches, tmp_path, replace(TINY, batch_size=100))


def test_caches_are_made_once_and_hold_as_much_of_each_scenario(driven, tmp_path):
    first = open_caches([driven], Selection((0, 1), 5), tmp_path, quiet=True)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = open_caches([driven], Selection((0, 1), 5), tmp_path, quiet=True)
    assert [len(part) for part in first.parts] == [5, 5]
    assert again.data_hash == first.data_hash
    assert made == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    other = open_caches([driven], Selection((1, 1), 5), tmp_path, quiet=True)
    assert other.data_hash != first.data_hash
    with pytest.raises(ValueError, match=r"seeds \(7, 8\), got none"):
        open_caches([driven], Selection((7, 8)), tmp_path)


def test_a_batch_over_several_caches_keeps_vehicles_with_their_pictures(caches):
    chosen = np.array([1, 3, 14, 20])
    batch = caches.batch(chosen)
    for i, tick in enumerate(chosen):
        alone = caches.batch(np.array([tick]))
        mine = batch["picture"] // 5 == i
        np.testing.assert_array_equal(batch["vehicles"][mine], alone["vehicles"])
        np.testing.assert_array_equal(batch["picture"][mine] % 5, alone["picture"])
        np.testing.assert_array_equal(batch["frames"][i], alone["frames"][0])


def test_the_command_trains_on_two_processes(driven, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
    command += ["scripts/train.py", "perception", "--data", str(driven), "--device", "cpu"]
    command += ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    command += ["--seeds", "0", "0", "--held-out", "1", "1", "--ticks-per-scenario", "10"]
    command += ["--steps", "3", "--batch-size", "4", "--every", "3", "--network.width", "0.5"]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    _, about = load_weights(tmp_path / "out/weights.safetensors")
    assert about["step"] == 3
    assert "Steps: 3 of 4 ticks" in (tmp_path / "out/perception.md").read_text()
