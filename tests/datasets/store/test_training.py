"""Samples for training: the right moments, the same from disk and from memory."""

import numpy as np
import pytest
import torch

from datasets.store.reader import DatasetReader
from datasets.store.training import Loader, ResidentFrames, SampleSpec, TickDataset
from datasets.store.writer import DatasetWriter
from tests.datasets.store.synthetic import head, record

SPEC = SampleSpec(cameras=("camera1",), history=(4, 2, 0), columns=("action",))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A dataset of two episodes of 12 ticks, and what was recorded."""
    root = tmp_path_factory.mktemp("data")
    with DatasetWriter(root) as writer:
        recorded = record(writer, head(seed=1)) + record(writer, head(seed=2))
    return TickDataset(DatasetReader(root), SPEC), recorded


def test_a_sample_looks_back_and_not_into_another_episode(kept):
    dataset, recorded = kept
    sample = dataset[15]  # tick 3 of the second episode
    assert sample["frames"].shape == (3, 1, 16, 32, 3)
    assert sample["is_pad"].tolist() == [True, False, False]
    for picture, tick in zip(sample["frames"], (12, 13, 15), strict=True):
        expected = recorded[tick].tick.observation.frames[1].rgb
        np.testing.assert_array_equal(picture[0], expected)
    action = recorded[15].tick.decision.action
    assert sample["action"].tolist() == pytest.approx([action.accel, action.steering_angle])
    assert sample["observation.state"].shape == (3, 4)
    assert sample["observation.state"].dtype == torch.float32


def test_disk_and_memory_give_the_same(kept):
    dataset, _ = kept
    chosen = np.array([20, 3, 3, 12])
    disk, memory = dataset.batch(chosen), ResidentFrames(dataset, "cpu").batch(chosen)
    assert disk.keys() == memory.keys()
    for name, value in disk.items():
        assert torch.equal(value, memory[name]), name


@pytest.mark.parametrize("resident", [True, False])
def test_an_epoch_holds_every_tick_once_in_another_order_each_time(kept, resident):
    loader = Loader(kept[0], batch_size=8, device="cpu", seed=0, resident=resident)
    epochs = [torch.cat([batch["tick"] for batch in loader]).tolist() for _ in range(2)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(24))] * 2
    assert epochs[0] != epochs[1]
    again = Loader(kept[0], batch_size=8, device="cpu", seed=0, resident=resident)
    assert torch.cat([batch["tick"] for batch in again]).tolist() == epochs[0]


def test_torchs_own_loader_takes_it(kept):
    batches = list(torch.utils.data.DataLoader(kept[0], batch_size=6))
    assert len(batches) == 4
    assert batches[0]["frames"].shape == (6, 3, 1, 16, 32, 3)


def test_frames_that_do_not_fit_are_refused(kept):
    with pytest.raises(ValueError, match="the frames need"):
        ResidentFrames(kept[0], "cpu", share=0.0)


def test_damaged_episodes_are_no_samples(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head(seed=1))
        record(writer, head(seed=2))
        (tmp_path / writer.rows[0].data_path).unlink()
    dataset = TickDataset(DatasetReader(tmp_path), SPEC)
    assert len(dataset) == 12
    assert dataset[0]["tick"] == 12
