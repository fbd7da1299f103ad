"""The weights in the repository: they are there, they agree with each other, and they can see."""

import numpy as np
import pytest

from perception.close_up.cutting import worth_it
from perception.road_truth import road_truth
from perception.runtime import ONNX_FILE, TORCH_FILE, WEIGHTS, OnnxLook
from perception.torch_runtime import TorchLook
from sim.world import World

MOST = 8_000_000  # bytes of weights in all


@pytest.fixture(scope="module")
def highway():
    world = World("highway")
    return world.reset(7), world.truth()


def test_they_are_small():
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < MOST


def test_both_forms_are_of_the_same_training(highway):
    observation, _ = highway
    one, other = OnnxLook(ONNX_FILE)(observation), TorchLook(TORCH_FILE)(observation)
    assert len(one[0]) == len(other[0]) > 0
    np.testing.assert_allclose(one[0].xy_ego, other[0].xy_ego, rtol=0.02, atol=0.05)
    np.testing.assert_allclose(one[1].xy_ego, other[1].xy_ego, atol=0.1)


def test_they_see_the_lane_and_the_cars_ahead_on_a_clear_day(highway):
    observation, truth = highway
    seen, road, _ = OnnxLook()(observation)
    true = road_truth(truth)
    near = np.abs(road.xy_ego - true.xy_ego)[:8, 1]  # up to 9 m
    assert near.max() < 0.5
    assert road.exists > 0.5
    agents = truth.agents
    clear = agents.xy_ego[(agents.visible > 0.8) & (np.hypot(*agents.xy_ego.T) < 30)]
    sure = seen.xy_ego[seen.score > 0.3]
    away = np.hypot(*(clear[:, None] - sure[None]).transpose(2, 0, 1)).min(axis=1)
    assert (away < 4.0).mean() > 0.5


def test_a_closer_look_tells_distances_better(tmp_path):
    (tmp_path / ONNX_FILE.name).write_bytes(ONNX_FILE.read_bytes())  # nothing lies beside it
    looks = {"one look": OnnxLook(tmp_path / ONNX_FILE.name), "closer": OnnxLook()}
    errors: dict[str, list[float]] = {name: [] for name in looks}
    for scenario in ("highway", "merge", "two-way", "highway-dense"):
        for seed in (7, 8):
            world = World(scenario)
            observation, agents = world.reset(seed), world.truth().agents
            narrow = next(i for i, camera in enumerate(world.rig) if worth_it(camera))
            true = agents.xy_ego[agents.visible > 0.5]
            for name, look in looks.items():
                seen = look(observation).detections
                for xy in seen.xy_ego[(seen.camera == narrow) & (seen.score > 0.5)]:
                    away = np.hypot(*(true - xy).T)
                    if away.min() < 0.15 * np.hypot(*xy):
                        nearest = true[away.argmin()]
                        errors[name].append(abs(np.hypot(*xy) / np.hypot(*nearest) - 1))
    assert min(len(each) for each in errors.values()) > 20
    assert np.median(errors["closer"]) < 0.7 * np.median(errors["one look"])
