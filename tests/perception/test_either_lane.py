"""Between two lanes the truth may be told from either."""

import pytest
import torch

from perception.either_lane import nearest_truth
from perception.road_code import PLACE, SHAPES, encode_road
from perception.road_truth import road_truth
from tests.planning.scenes import scene_of, straight_lanes


def fields(offsets):
    vector = torch.from_numpy(encode_road(road_truth(scene_of(straight_lanes(offsets)))))[None]
    return {name: vector[:, PLACE[name]].reshape(1, *shape) for name, shape in SHAPES.items()}


def test_told_from_the_lane_beside_it_is_what_a_car_there_would_be_told():
    own, left = fields([5.9, 1.9, -2.1]), fields([6.1, 2.1, -1.9])
    # Nearly between two lanes: both truths describe the same road.
    for told, true in ((own, left), (left, own)):
        seen, spine_known, slots_known = nearest_truth(told, true)
        assert spine_known.all()
        assert slots_known.sum() == 4
        known = slots_known[0]
        assert torch.allclose(seen["xy_ego"], told["xy_ego"], atol=0.21)
        assert torch.equal(seen["lane_exists"][0, known], told["lane_exists"][0, known])
        assert torch.allclose(seen["edge_offset"], told["edge_offset"], atol=0.01)


@pytest.mark.parametrize("said", [-4.0, 0.0, 4.0])
def test_in_the_middle_of_a_lane_there_is_one_truth(said):
    true = fields([4.3, 0.3, -3.7])
    told = {name: value.clone() for name, value in true.items()}
    told["xy_ego"][..., 1] += said
    seen, _, slots_known = nearest_truth(told, true)
    assert torch.equal(seen["xy_ego"], true["xy_ego"])
    assert slots_known.all()
