"""The same eyes through ONNX Runtime and through torch; and files that are no eyes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from perception.export import export_onnx
from perception.network import NetworkConfig, PerceptionNet
from perception.runtime import OnnxLook
from perception.source import Perception
from perception.torch_runtime import TorchLook
from perception.weights import save_weights
from sim.world import World


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A network that has learned nothing but to see cars everywhere, in both forms."""
    folder = tmp_path_factory.mktemp("network")
    torch.manual_seed(0)
    network = PerceptionNet(NetworkConfig(width=0.25)).eval()
    with torch.no_grad():
        network.vehicles.tell.bias[0] = -1.0
    save_weights(folder / "eyes.safetensors", network, {})
    export_onnx(network, folder / "eyes.onnx")
    return folder


@pytest.fixture(scope="module")
def observation():
    return World("merge").reset(3)


def test_both_see_the_same(files, observation):
    one = OnnxLook(files / "eyes.onnx")(observation)
    other = TorchLook(files / "eyes.safetensors")(observation)
    # The weights are rounded to half precision: where two cells are as good as equal, either may be
    # the higher one. What both found lies in the same place.
    nearest = np.abs(one[0].xy_ego[:, None] - other[0].xy_ego[None]).sum(axis=2).min(axis=1)
    assert len(one[0]) > 10
    assert (nearest < 0.1).mean() > 0.97
    np.testing.assert_allclose(one[1].xy_ego, other[1].xy_ego, atol=0.1)


def test_the_same_picture_is_seen_the_same_twice(files, observation):
    look = OnnxLook(files / "eyes.onnx")
    np.testing.assert_array_equal(look(observation)[0].xy_ego, look(observation)[0].xy_ego)


def test_they_make_a_scene_and_forget_it_at_reset(files, observation):
    perception = Perception(OnnxLook(files / "eyes.onnx"))
    first = perception.perceive(observation)
    perception.perceive(replace(observation, t=0.1))
    perception.reset()
    again = perception.perceive(observation)
    np.testing.assert_array_equal(first.agents.xy_ego, again.agents.xy_ego)
    np.testing.assert_array_equal(first.agents.id, again.agents.id)


def test_without_pictures_nothing_is_guessed(files):
    blind = World("merge", cameras=False).reset(3)
    with pytest.raises(ValueError, match="expected the 5 pictures of the rig, got 0"):
        OnnxLook(files / "eyes.onnx")(blind)


@pytest.mark.parametrize(
    ("look", "name"), [(OnnxLook, "eyes.onnx"), (TorchLook, "eyes.safetensors")]
)
def test_files_that_are_no_eyes_are_refused(files, tmp_path, look, name):
    whole = (files / name).read_bytes()
    broken = tmp_path / name
    with pytest.raises(ValueError, match="expected"):
        look(broken)
    for content in (b"", whole[: len(whole) // 2], b"not a network"):
        broken.write_bytes(content)
        with pytest.raises(ValueError, match="expected"):
            look(broken)
