"""Weights come back as they were, or not at all; ONNX Runtime says what torch says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from datasets.learning.weights_file import KEY
from planning.policy.config import FORMAT
from planning.policy.driver import OnnxMind, Policy
from planning.policy.export import example_inputs, export_onnx
from planning.policy.torch_mind import TorchMind
from planning.policy.weights import load_weights, save_weights
from tests.planning.policy.made_up import TINY, network, observation

REMEMBERING = replace(TINY, ticks=3)


@pytest.fixture
def path(tmp_path):
    save_weights(tmp_path / "w.safetensors", network(), {"command": "none"})
    return tmp_path / "w.safetensors"


def test_weights_come_back(path):
    net, about = load_weights(path)
    assert (net.config, about) == (TINY, {"command": "none"})
    for name, value in network().state_dict().items():
        torch.testing.assert_close(net.state_dict()[name], value, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("keep", [-100, 200, 4, 0])
def test_a_shortened_file_is_refused(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="expected weights as safetensors"):
        load_weights(path)


def test_a_file_that_would_have_to_be_unpickled_is_refused(path):
    torch.save(network().state_dict(), path)
    with pytest.raises(ValueError, match="expected weights as safetensors"):
        load_weights(path)


def test_foreign_weights_are_refused(path):
    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=f"expected format {FORMAT}, got None"):
        load_weights(path)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float8_e4m3fn])
def test_numbers_of_a_kind_that_is_not_kept_are_refused(path, kind):
    save_file({"a": torch.zeros(3).to(kind)}, path)
    with pytest.raises(ValueError, match="expected weights as safetensors"):
        load_weights(path)


def test_a_text_that_is_no_object_is_refused(path):
    save_file({"a": torch.zeros(3)}, path, {KEY: "[]"})
    with pytest.raises(ValueError, match="expected weights as safetensors"):
        load_weights(path)


def test_weights_of_another_architecture_are_refused(path):
    other = network(replace(TINY, width=16))
    other.config = TINY  # what it says of itself is not what it is
    save_weights(path, other, {})
    with pytest.raises(ValueError, match="expected the weights of its network"):
        load_weights(path)


def test_weights_that_are_no_numbers_are_refused(path):
    tensors, broken = load_file(path), network()
    assert tensors
    with torch.no_grad():
        broken.drivers[0].tell.bias[0] = torch.nan
    save_weights(path, broken, {})
    with pytest.raises(ValueError, match="expected finite weights"):
        load_weights(path)


@pytest.mark.parametrize("config", [TINY, REMEMBERING])
def test_both_runtimes_agree(tmp_path, config):
    net = network(config)
    save_weights(tmp_path / "p.safetensors", net, {})
    export_onnx(net, tmp_path / "p.onnx")
    one, other = OnnxMind(tmp_path / "p.onnx"), TorchMind(tmp_path / "p.safetensors")
    assert one.config == other.config == config
    inputs = [each.numpy() for each in example_inputs(config)]
    for a, b in zip(one(inputs), other(inputs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-2)
    drivers = Policy(one), Policy(other)
    for _ in range(4):
        coarse = np.random.default_rng(0).random(inputs[0].shape, np.float32)
        plans = [driver.plan(observation(), coarse) for driver in drivers]
    np.testing.assert_allclose(*(plan.trajectory.xy_ego for plan in plans), atol=0.05)


def test_an_onnx_file_does_not_say_where_it_was_made(tmp_path):
    export_onnx(network(), tmp_path / "p.onnx")
    content = (tmp_path / "p.onnx").read_bytes()
    assert b".py" not in content
    assert str(Path.cwd()).encode() not in content


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_files_that_are_no_policy_are_refused(tmp_path, content):
    path = tmp_path / "p.onnx"
    with pytest.raises(ValueError, match="expected a trained network"):
        OnnxMind(path)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="expected a network as ONNX"):
        OnnxMind(path)


def test_the_network_of_another_job_is_refused():
    from perception.runtime import ONNX_FILE as EYES

    with pytest.raises(ValueError, match=f"expected format {FORMAT}"):
        OnnxMind(EYES)
