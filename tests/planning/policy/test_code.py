"""Paths, sides and speeds as numbers, and back."""

import numpy as np
import pytest
import torch

from datasets.geometry import SE2
from planning.planner import RulePlanner
from planning.policy.code import (
    HORIZON,
    KEEP,
    LEFT,
    PATH_SIZE,
    RIGHT,
    SPEEDS,
    STATION_S,
    decode_path,
    decode_speed,
    deviation,
    encode_path,
    encode_speed,
    side_of,
)
from planning.policy.network import points_of
from tests.planning.scenes import bent_lane, ego_state, lanes_of, scene_of, straight_lanes

HERE = SE2(0.0, 0.0, 0.0)


def expert_paths(lanes, speed=8.0):
    planner = RulePlanner()
    planner.plan(scene_of(lanes, ego=ego_state(speed)))
    return planner.last.paths


@pytest.mark.parametrize("radius", [12.0, 30.0, 200.0])
def test_an_arc_is_followed_by_its_headings(radius):
    path = np.append(0.0, STATION_S / radius)
    angle = STATION_S / radius
    arc = radius * np.stack([np.sin(angle), 1 - np.cos(angle)], axis=1)
    assert np.abs(decode_path(path) - arc).max() < 0.004 * HORIZON * (12 / radius) ** 2


def test_a_path_of_the_planner_comes_back():
    paths = expert_paths(lanes_of([bent_lane(25.0, straight=15.0)]))
    points = decode_path(encode_path(paths, 0, HERE))
    away = np.hypot(*(points[:, None] - paths.xy[0][None]).transpose(2, 0, 1)).min(axis=1)
    assert away.max() < 0.75  # the planner's points are a metre apart: half of it, and a little


@pytest.mark.parametrize("view", [SE2(0.0, 1.0, 0.05), SE2(0.0, -0.7, -0.08), SE2(1.0, 0.3, 0.0)])
def test_a_moved_car_sees_the_same_curve(view):
    paths = expert_paths(lanes_of([bent_lane(40.0, straight=20.0)]))
    here = decode_path(encode_path(paths, 0, HERE), STATION_S)
    there = view.apply(decode_path(encode_path(paths, 0, view)))
    near = STATION_S < 40
    for a in there[near]:
        fine = np.linspace(0, HORIZON, 600)
        x, y = np.interp(fine, STATION_S, here[:, 0]), np.interp(fine, STATION_S, here[:, 1])
        assert np.hypot(x - a[0], y - a[1]).min() < 0.25


def test_the_offset_is_what_the_car_is_beside_the_path():
    paths = expert_paths(straight_lanes([1.3]))
    path = encode_path(paths, 0, SE2(0.0, 0.5, 0.1))
    assert path[0] == pytest.approx(0.8, abs=0.02)
    np.testing.assert_allclose(path[1:], -0.1, atol=1e-6)


def test_a_mirrored_path_has_mirrored_numbers_and_points():
    path = np.append(0.7, np.linspace(0.1, 1.2, PATH_SIZE - 1))
    np.testing.assert_allclose(decode_path(-path), decode_path(path) * [1, -1], atol=1e-12)
    assert side_of(np.array([3.0])) == LEFT
    assert side_of(np.array([-3.0])) == RIGHT
    assert side_of(np.array([-1.0])) == KEEP


def test_what_is_learned_by_is_what_is_driven():
    path = np.append(-1.0, np.linspace(-0.2, 2.0, PATH_SIZE - 1))
    learned = points_of(torch.tensor(path, dtype=torch.float64))
    np.testing.assert_allclose(learned, decode_path(path), atol=1e-4)


def test_speeds_come_back():
    speeds = np.array([0.0, 0.3, 5.5, 12.0, 13.1, 33.99])
    np.testing.assert_allclose(decode_speed(encode_speed(speeds)), speeds, atol=1e-9)
    np.testing.assert_allclose(encode_speed(speeds).sum(axis=1), 1.0)
    assert decode_speed(encode_speed(np.array([99.0]))) == pytest.approx(SPEEDS[-1])


def test_a_sure_speed_has_no_deviation_and_two_have_their_own():
    sure = encode_speed(np.array([0.0, 0.3, 5.5, 13.1, 33.99]))
    np.testing.assert_allclose(deviation(sure), 0.0, atol=1e-6)
    either = (encode_speed(np.array(2.0)) + encode_speed(np.array(8.0))) / 2
    assert deviation(either) == pytest.approx(3.0)
