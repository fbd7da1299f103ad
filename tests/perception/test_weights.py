"""Weights come back as they were, or not at all; ONNX Runtime says what torch says."""

import json

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

from perception.export import INPUTS, OUTPUTS, OneTick, example_inputs, export_onnx
from perception.network import NetworkConfig, PerceptionNet
from perception.runtime import ONNX_FILE, TORCH_FILE, WEIGHTS
from perception.weights import FORMAT, load_weights, save_weights

TINY = NetworkConfig(width=0.5, token=8, hidden=16)


@pytest.fixture
def path(tmp_path):
    torch.manual_seed(0)
    save_weights(tmp_path / "w.safetensors", PerceptionNet(TINY), {"command": "none"})
    return tmp_path / "w.safetensors"


def test_weights_come_back(path):
    network, about = load_weights(path)
    assert about == {"command": "none"}
    assert network.config == TINY
    kept = {name: t.float() for name, t in load_file(path).items() if t.is_floating_point()}
    for name, value in network.state_dict().items():
        if name in kept:
            assert torch.equal(value, kept[name])


def test_a_shortened_file_is_refused(path):
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="expected weights as safetensors"):
        load_weights(path)


def test_a_file_that_is_something_else_is_refused(path):
    torch.save({"a": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="expected weights as safetensors"):
        load_weights(path)


def test_foreign_weights_are_refused(path):
    save_file({"a": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=f"expected format {FORMAT}, got None"):
        load_weights(path)


def test_weights_of_another_network_and_broken_ones_are_refused(path):
    tensors = load_file(path)
    network = {"width": 1.0, "token": 8, "hidden": 16, "height_px": 96, "width_px": 192}
    text = {"format": FORMAT, "network": network, "about": {}}
    save_file(tensors, path, {"roadloop": json.dumps(text)})
    with pytest.raises(ValueError, match="expected the weights of its network"):
        load_weights(path)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    tensors[name] = torch.full_like(tensors[name], torch.nan)
    text["network"]["width"] = TINY.width
    save_file(tensors, path, {"roadloop": json.dumps(text)})
    with pytest.raises(ValueError, match="expected finite weights"):
        load_weights(path)


def test_onnx_runtime_says_what_torch_says(path):
    network, _ = load_weights(path)
    file = path.with_suffix(".onnx")
    export_onnx(network, file)
    assert_agree(network, file)


def test_the_shipped_files_are_of_one_network_and_small():
    network, about = load_weights(TORCH_FILE)
    assert_agree(network, ONNX_FILE)
    assert about["held_out"]
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 8e6


def assert_agree(network, file):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    for seed in range(3):
        inputs = example_inputs(network.config, seed)
        feed = {name: value.numpy() for name, value in zip(INPUTS, inputs, strict=True)}
        with torch.no_grad():
            expected = OneTick(network)(*inputs)
        said = dict(zip(OUTPUTS, session.run(None, feed), strict=True))
        wanted = {name: want.numpy() for name, want in zip(OUTPUTS, expected, strict=True)}
        # Where two cells are as good as equal, rounding decides which of them is the higher one.
        either = (said["peaks"] > 0) != (wanted["peaks"] > 0)
        assert either.mean() < 0.01
        said["peaks"] = np.where(either, wanted["peaks"], said["peaks"])
        # The file's constants, batch norms multiplied in, are rounded to half precision once more.
        for name in OUTPUTS:
            np.testing.assert_allclose(said[name], wanted[name], 1e-2, 1e-2, err_msg=name)
