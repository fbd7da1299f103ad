"""What is true of the road: the spine, the lanes beside it, and their code."""

from dataclasses import fields, replace

import numpy as np
import pytest

from datasets.geometry import SE2
from datasets.observation import Route
from datasets.scene import Lanes
from perception.nouns import LEFT, OWN, RIGHT, STATION_S
from perception.road_code import decode_road, encode_road
from perception.road_truth import nowhere, road_truth
from perception.spine import spine_of
from tests.planning.scenes import bent_lane, lanes_of, mirrored, scene_of, seen_from, straight_lanes


def offsets(road, x_slot):
    return road.lane_offset[x_slot][road.lane_exists_at[x_slot] > 0]


def test_three_lanes_and_a_car_off_the_middle_of_the_second():
    road = road_truth(scene_of(straight_lanes([4.5, 0.5, -3.5], limit=20.0)))
    np.testing.assert_allclose(road.xy_ego[:, 1], 0.5, atol=1e-9)
    np.testing.assert_allclose(road.xy_ego[:, 0], STATION_S, atol=1e-9)
    assert road.lane_exists.tolist() == [0, 1, 1, 1, 0]
    np.testing.assert_allclose(offsets(road, OWN - 1), 4.0)
    np.testing.assert_allclose(offsets(road, OWN + 1), -4.0)
    np.testing.assert_allclose(road.edge_offset[LEFT], 6.0)
    np.testing.assert_allclose(road.edge_offset[RIGHT], -6.0)
    assert road.speed_limit == 20.0
    assert road.junction == 0


def test_a_lane_that_leads_the_other_way_is_oncoming():
    there = np.stack([np.arange(-80.0, 161.0), np.full(241, 0.0)], axis=1)
    back = np.stack([np.arange(160.0, -81.0, -1.0), np.full(241, 4.0)], axis=1)
    road = road_truth(scene_of(lanes_of([back, there])))
    assert road.lane_oncoming.tolist() == [0, 1, 0, 0, 0]
    np.testing.assert_allclose(offsets(road, OWN - 1), 4.0)


@pytest.mark.parametrize("radius", [15.0, 20.0, 60.0])
def test_the_spine_keeps_to_the_bend_and_its_length(radius):
    spine = spine_of(lanes_of([bent_lane(radius)]))
    centre = np.array([40.0, radius])
    on_arc = (STATION_S > 45) & (spine.length > STATION_S)
    away = np.hypot(*(spine.xy_ego[on_arc] - centre).T)
    np.testing.assert_allclose(away, radius, atol=0.02)
    turned = (STATION_S[on_arc] - 40) / radius
    np.testing.assert_allclose(spine.heading[on_arc], turned, atol=0.05)


def test_the_lanes_look_alike_from_wherever_the_world_is_turned():
    lanes = lanes_of([bent_lane(25.0)])
    before = spine_of(lanes)
    # Driven 10 m along and drawn from there: the same curve, 10 m on.
    after = spine_of(seen_from(lanes, SE2(10.0, 0.0, 0.0)))
    forward = np.array([10.0, 0.0])
    moved = after.line.position(after.start + STATION_S[:20]) + forward
    np.testing.assert_allclose(
        moved, before.line.position(before.start + 10.0 + STATION_S[:20]), atol=1e-6
    )


def test_a_mirror_swaps_the_sides():
    scene = scene_of(straight_lanes([4.0, 0.0]))
    road, other = road_truth(scene), road_truth(mirrored(scene))
    np.testing.assert_allclose(other.lane_exists, road.lane_exists[::-1])
    np.testing.assert_allclose(other.edge_offset, -road.edge_offset[::-1])


def test_the_route_decides_where_the_spine_goes_on():
    x = np.arange(0.0, 41.0)
    stem = np.stack([x - 20, np.zeros(41)], axis=1)
    left = np.stack([x + 20, 0.02 * x**2], axis=1)
    right = left * (1.0, -1.0)
    lanes = lanes_of([stem, left, right])
    leads_to = np.zeros((3, 3), np.bool_)
    leads_to[0, 1:] = True
    lanes = replace(lanes, leads_to=leads_to, left_of=np.zeros((3, 3), np.bool_))
    for branch, side in ((1, 1.0), (2, -1.0)):
        on_route = np.array([True, branch == 1, branch == 2])
        spine = spine_of(replace(lanes, on_route=on_route))
        assert spine.chain == (0, branch)
        assert side * spine.xy_ego[STATION_S < 60][-1, 1] > 5.0


def test_a_road_that_crosses_is_a_junction_that_may_have_priority():
    ahead = np.stack([np.arange(-80.0, 161.0), np.zeros(241)], axis=1)
    across = np.stack([np.full(121, 50.0), np.arange(-60.0, 61.0)], axis=1)
    lanes = lanes_of([ahead, across])
    lanes = replace(
        lanes, left_of=np.zeros((2, 2), np.bool_), on_route=np.array([True, False]),
        priority=np.array([0, 1]),
    )  # fmt: skip
    road = road_truth(scene_of(lanes))
    assert road.junction == 1
    assert road.give_way == 1
    assert road.junction_begin == pytest.approx(50.0)
    yielding = road_truth(scene_of(replace(lanes, priority=np.array([1, 0]))))
    assert yielding.give_way == 0
    assert road.lane_exists.tolist() == [0, 0, 1, 0, 0]  # what crosses is not beside


def test_no_lane_no_road():
    scene = replace(scene_of(Lanes.none()), route=Route(np.array([[0.0, 0.0], [9.0, 0.0]])))
    assert road_truth(scene).exists == 0
    assert road_truth(scene_of(straight_lanes([40.0]))).exists == 0


@pytest.mark.parametrize("road", [nowhere(), road_truth(scene_of(straight_lanes([4.2, 0.2])))])
def test_a_road_survives_its_code(road):
    again = decode_road(encode_road(road))
    for field in fields(road):
        np.testing.assert_allclose(
            getattr(again, field.name), getattr(road, field.name), atol=2e-3, err_msg=field.name
        )


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match="expected shape"):
        decode_road(np.zeros(3, np.float32))
