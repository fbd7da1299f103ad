"""The weights in the repository: they are there, they agree with each other, and they can see."""

import numpy as np
import pytest

from perception.road_truth import road_truth
from perception.runtime import ONNX_FILE, TORCH_FILE, WEIGHTS, OnnxLook
from perception.torch_runtime import TorchLook
from sim.cameras.rig import NARROW_FOCAL_PX
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


def test_a_closer_look_tells_distances_better():
    one_look, closer_look = OnnxLook(closer=False), OnnxLook()
    errors = {"narrow": [], "wide": []}  # of the logarithm of the distance: of one look, closer
    for scenario in ("highway", "merge", "two-way", "highway-dense"):
        for seed in (7, 8, 9):
            world = World(scenario)
            observation, agents = world.reset(seed), world.truth().agents
            one, two = (look(observation).detections for look in (one_look, closer_look))
            for c, camera in enumerate(world.rig):
                lens = camera.xyz_ego[:2]
                true = agents.xy_ego[agents.visible > 0.5] - lens
                others = two.xy_ego[two.camera == c] - lens
                for xy in one.xy_ego[(one.camera == c) & (one.score > 0.5)] - lens:
                    turned = np.arctan2(others[:, 1], others[:, 0]) - np.arctan2(xy[1], xy[0])
                    same = others[np.abs(turned) < 1e-9]  # the direction is as it was
                    nearest = true[np.hypot(*(true - xy).T).argmin()]
                    if len(same) == 1 and np.hypot(*(nearest - xy)) < 0.15 * np.hypot(*xy):
                        told = [np.hypot(*each) / np.hypot(*nearest) for each in (xy, same[0])]
                        which = "narrow" if camera.focal_px == NARROW_FOCAL_PX else "wide"
                        errors[which].append(np.abs(np.log(told)))
    for which, share in (("narrow", 0.8), ("wide", 0.7)):
        assert len(errors[which]) > 20
        for mean in (np.median, np.mean):
            once, closer = mean(errors[which], axis=0)
            assert closer < share * once
