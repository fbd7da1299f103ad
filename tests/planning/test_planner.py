"""Laws of the planner on scenes made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.geometry import box_corners, boxes_overlap
from datasets.scene import Agents, Lanes
from planning.planner import RulePlanner
from tests.planning.scenes import (
    agents_at,
    bent_lane,
    ego_state,
    lanes_of,
    mirrored,
    scene_of,
    straight_lanes,
)

ROAD = straight_lanes([4.0, 0.0, -4.0])
SLOW_LEAD = [(35.0, 0.0, 0.0, 12.0)]
TRAFFIC = [(35.0, 0.2, 0.0, 18.0), (10.0, 4.1, 0.01, 24.0), (-30.0, -4.0, 0.0, 22.0)]


def plan(scene):
    return RulePlanner().plan(scene)


def same(a, b):
    np.testing.assert_allclose(a.xy_ego, b.xy_ego, atol=1e-6)
    np.testing.assert_allclose(a.speed, b.speed, atol=1e-6)


def test_an_empty_road_is_driven_at_its_limit_in_the_middle_of_the_lane():
    trajectory, reason = plan(scene_of(ROAD, ego=ego_state(25.0)))
    assert reason == "following the lane"
    assert trajectory.speed[-1] > 27
    np.testing.assert_allclose(trajectory.xy_ego[:, 1], 0, atol=1e-6)


@pytest.mark.parametrize("rows", [SLOW_LEAD, TRAFFIC, []])
@pytest.mark.parametrize("radius", [None, 60.0])
def test_a_mirrored_scene_is_planned_in_mirror(rows, radius):
    lanes = straight_lanes([4.5, 0.5]) if radius is None else lanes_of([bent_lane(radius)])
    scene = scene_of(lanes, agents_at(rows), ego_state(16.0, 0.3, 0.01))
    here, there = plan(scene)[0], plan(mirrored(scene))[0]
    np.testing.assert_allclose(there.xy_ego, here.xy_ego * (1, -1), atol=1e-6)
    np.testing.assert_allclose(there.speed, here.speed, atol=1e-6)


def test_order_and_padding_of_agents_change_nothing():
    scene = scene_of(ROAD, agents_at(TRAFFIC))
    expected = plan(scene)[0]
    same(plan(replace(scene, agents=agents_at(TRAFFIC[::-1])))[0], expected)
    ghost = agents_at([*TRAFFIC, (8.0, 0.0, 0.0, 0.0)], valid=np.array([True, True, True, False]))
    same(plan(replace(scene, agents=ghost))[0], expected)
    far = agents_at([*TRAFFIC, (-900.0, 40.0, 0.0, 5.0)])
    same(plan(replace(scene, agents=far))[0], expected)


def test_a_slow_car_is_overtaken_where_there_is_a_lane_and_followed_where_there_is_none():
    _, reason = plan(scene_of(ROAD, agents_at(SLOW_LEAD)))
    assert reason.startswith("changing to the")
    trajectory, reason = plan(scene_of(straight_lanes([0.0]), agents_at(SLOW_LEAD)))
    assert reason == "slowing down"
    lead_x = 35.0 + 12.0 * trajectory.t
    assert np.all(trajectory.xy_ego[:, 0] < lead_x - 5.0)


def test_nobody_is_cut_off():
    beside = agents_at([*SLOW_LEAD, (-25.0, 4.0, 0.0, 30.0), (-25.0, -4.0, 0.0, 30.0)])
    _, reason = plan(scene_of(ROAD, beside))
    assert not reason.startswith("changing")


def test_a_standing_obstacle_is_stopped_for():
    scene = scene_of(straight_lanes([0.0]), agents_at([(60.0, 0.0, 0.0, 0.0)]), ego_state(15.0))
    trajectory, _ = plan(scene)
    assert trajectory.xy_ego[-1, 0] < 55.0
    assert trajectory.speed[-1] < 6.0


def test_crossing_traffic_is_given_way():
    x = np.arange(-80.0, 100.0, 2.0)
    ours = np.stack([x, 0 * x], axis=1)
    theirs = np.stack([0 * x + 30.0, x], axis=1)
    lanes = replace(
        lanes_of([ours, theirs], limit=10.0),
        on_route=np.array([True, False]),
        left_of=np.zeros((2, 2), np.bool_),
    )
    crossing = agents_at([(30.0, -28.0, np.pi / 2, 9.0)])
    trajectory, _ = plan(scene_of(lanes, crossing, ego_state(9.0)))
    n = len(trajectory.t)
    size = np.full(n, 5.0), np.full(n, 2.0)
    us = box_corners(trajectory.xy_ego, trajectory.heading, *size)
    them_xy = np.stack([np.full(n, 30.0), -28.0 + 9.0 * trajectory.t], axis=1)
    them = box_corners(them_xy, np.full(n, np.pi / 2), *size)
    assert not boxes_overlap(us, them).any()


def test_the_lane_that_the_route_needs_is_taken():
    x = np.arange(-80.0, 60.0, 2.0)
    left = np.stack([x, np.full(len(x), 0.0)], axis=1)
    right = np.stack([x, np.full(len(x), -4.0)], axis=1)
    ramp_x = np.arange(58.0, 160.0, 2.0)
    ramp = np.stack([ramp_x, -4.0 - (ramp_x - 58) ** 2 / 300], axis=1)
    leads_to = np.zeros((3, 3), np.bool_)
    leads_to[1, 2] = True
    lanes = replace(
        lanes_of([left, right, ramp]),
        leads_to=leads_to,
        left_of=np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]], np.bool_),
    )
    _, reason = plan(scene_of(lanes, ego=ego_state(15.0)))
    assert reason == "changing to the right lane for the route"


@pytest.mark.parametrize("speed", [0.0, 8.0, 30.0])
def test_without_lanes_and_memory_the_car_rolls_to_a_stop(speed):
    trajectory, reason = plan(scene_of(Lanes.none(), ego=ego_state(speed)))
    assert "memory" in reason
    assert trajectory.speed[-1] <= max(speed - 7.0, 0.6)
    assert np.abs(trajectory.xy_ego[:, 1]).max() < 0.1


def test_degraded_scenes_never_raise():
    rng = np.random.default_rng(3)
    planner = RulePlanner()
    for i in range(60):
        lanes = ROAD if i % 3 else Lanes.none()
        keep = (
            rng.random(len(lanes.valid.T)) < 0.8 if i % 2 else np.ones(lanes.valid.shape[1], bool)
        )
        valid = np.cumprod(lanes.valid & keep, axis=1).astype(np.bool_)
        noisy = lanes.xy_ego + rng.normal(0, 0.3, lanes.xy_ego.shape)
        rows = rng.normal(0, 1, (int(rng.integers(0, 8)), 4)) * (40, 6, 0.5, 5) + (20, 0, 0, 15)
        agents = agents_at(rows) if len(rows) else Agents.none()
        scene = scene_of(
            replace(lanes, xy_ego=noisy, valid=valid), agents, ego_state(15.0), 0.1 * i
        )
        trajectory, _ = planner.plan(scene)
        assert np.abs(np.diff(trajectory.xy_ego, axis=0)).max() < 3.1
