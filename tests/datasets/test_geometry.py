"""Laws of the plane: transforms, angles, boxes, polylines."""

import itertools

import numpy as np
import pytest

from datasets.frenet import Polyline
from datasets.geometry import SE2, box_corners, boxes_overlap, wrap_angle

RNG = np.random.default_rng(0)
TRANSFORMS = [SE2(*RNG.uniform(-9, 9, 3)) for _ in range(20)]


@pytest.mark.parametrize("b_from_a", TRANSFORMS)
def test_inverse_undoes_a_transform(b_from_a):
    xy = RNG.normal(size=(7, 2))
    np.testing.assert_allclose(b_from_a.inverse().apply(b_from_a.apply(xy)), xy, atol=1e-12)


def test_composition_applies_right_to_left():
    for c_from_b, b_from_a in itertools.pairwise(TRANSFORMS):
        xy_a = RNG.normal(size=(5, 2))
        both = (c_from_b @ b_from_a).apply(xy_a)
        np.testing.assert_allclose(both, c_from_b.apply(b_from_a.apply(xy_a)), atol=1e-12)


def test_wrapped_angle_is_the_same_direction_in_half_open_range():
    angle = np.linspace(-20, 20, 1001)
    wrapped = wrap_angle(angle)
    assert np.all((wrapped >= -np.pi) & (wrapped < np.pi))
    np.testing.assert_allclose(np.exp(1j * wrapped), np.exp(1j * angle), atol=1e-12)


def test_corners_are_counter_clockwise_from_the_front_left():
    corners = box_corners(
        np.array([[1.0, 2.0]]), np.array([np.pi / 2]), np.array([4]), np.array([2])
    )
    np.testing.assert_allclose(corners[0], [[0, 4], [0, 0], [2, 0], [2, 4]], atol=1e-12)


@pytest.mark.parametrize(
    ("xy", "heading", "overlap"),
    [
        ((4.9, 0.0), 0.0, True),
        ((5.1, 0.0), 0.0, False),
        ((0.0, 1.9), 0.0, True),
        ((0.0, 2.1), 0.0, False),
        ((3.4, 0.0), np.pi / 2, True),
        ((3.6, 0.0), np.pi / 2, False),
        ((4.1, 3.1), np.pi / 4, False),  # bounding circles and boxes overlap, the bodies do not
    ],
)
def test_overlap_of_two_cars(xy, heading, overlap):
    centres, headings = np.array([[0.0, 0.0], xy]), np.array([0.0, heading])
    corners = box_corners(centres, headings, np.array([5, 5]), np.array([2, 2]))
    assert boxes_overlap(corners[0], corners[1]) == overlap
    assert boxes_overlap(corners[1], corners[0]) == overlap


def test_polyline_coordinates_round_trip():
    angle = np.linspace(0, np.pi, 60)
    arc = Polyline(np.stack([30 * np.sin(angle), 30 - 30 * np.cos(angle)], axis=1))
    s = RNG.uniform(0, arc.length, 100)
    d = RNG.uniform(-3, 3, 100)
    s_back, d_back = arc.project(arc.position(s, d))
    np.testing.assert_allclose(d_back, d, atol=0.01)
    np.testing.assert_allclose(s_back, s, atol=0.2)  # a chord of 1.6 m at 30 m radius


def test_polyline_of_a_left_turn():
    angle = np.linspace(0, np.pi / 2, 80)
    arc = Polyline(np.stack([20 * np.sin(angle), 20 - 20 * np.cos(angle)], axis=1))
    assert arc.length == pytest.approx(10 * np.pi, abs=0.01)
    assert arc.heading(5 * np.pi) == pytest.approx(np.pi / 4, abs=1e-3)
    assert arc.curvature(5 * np.pi) == pytest.approx(1 / 20, rel=1e-2)
    assert arc.project(np.array([0.0, 20.0]))[1] == pytest.approx(20, abs=0.01)  # centre: left


def test_polyline_goes_on_straight_beyond_its_ends():
    line = Polyline(np.array([[0.0, 0.0], [10.0, 0.0]]))
    s, d = line.project(np.array([[-5.0, 1.0], [15.0, -2.0]]))
    np.testing.assert_allclose(s, [-5, 15])
    np.testing.assert_allclose(d, [1, -2])
    np.testing.assert_allclose(line.position(s, d), [[-5, 1], [15, -2]])


def test_polyline_refuses_a_point():
    with pytest.raises(ValueError, match="at least two points"):
        Polyline(np.zeros((1, 2)))
