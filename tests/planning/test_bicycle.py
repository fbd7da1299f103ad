"""Laws of the bicycle, the lateral law, IDM and RSS."""

import numpy as np
import pytest

from datasets.driving import MAX_STEERING_ANGLE
from planning.bicycle import (
    AXLE,
    MAX_CURVATURE,
    curvature_from_steering,
    forward,
    inverse,
    steering_from_curvature,
)
from planning.idm import idm_interaction
from planning.reach import CURVE_ACCEL
from planning.rollout import Pace, idm_accel
from planning.rss import RSS, safe_gap
from planning.tracking import COMFORT, curvature_command

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("speed", [0.5, 3.0, 20.0, 40.0, -4.0])
def test_inverse_undoes_forward(speed):
    for accel, steering in RNG.uniform((-6, -MAX_STEERING_ANGLE), (6, MAX_STEERING_ANGLE), (20, 2)):
        _, _, heading, next_speed = forward(1.0, 2.0, 0.3, speed, accel, steering, 0.05)
        found = inverse(0.3, speed, heading, next_speed, 0.05)
        np.testing.assert_allclose(found, (accel, steering), atol=1e-9)


def test_a_standing_car_cannot_turn():
    assert inverse(0.3, 0.0, 0.3, 0.1, 0.05) == (pytest.approx(2.0), 0.0)


def test_steering_and_curvature_are_each_others_inverse():
    for steering in np.linspace(-MAX_STEERING_ANGLE, MAX_STEERING_ANGLE, 21):
        curvature = curvature_from_steering(steering)
        assert abs(curvature) <= MAX_CURVATURE + 1e-12
        assert steering_from_curvature(curvature) == pytest.approx(steering)


def test_constant_steering_drives_a_circle_of_that_curvature():
    x, y, heading, speed = 0.0, 0.0, 0.0, 5.0
    steering = steering_from_curvature(1 / 20)
    points = []
    for _ in range(2520):  # 2 pi 20 m at 5 m/s, 0.01 s
        x, y, heading, speed = forward(x, y, heading, speed, 0.0, steering, 0.01)
        points.append((x, y))
    centre = np.mean(points, axis=0)
    np.testing.assert_allclose(np.hypot(*(np.array(points) - centre).T), 20.0, rtol=5e-3)


@pytest.mark.parametrize("speed", [0.0, 5.0, 30.0])
def test_idm_acceleration_grows_with_the_gap(speed):
    gaps = np.linspace(1.0, 150.0, 100)
    ours = [idm_accel(speed, gap, 10.0, Pace()) for gap in gaps]
    theirs = [idm_interaction(speed, gap, 10.0) for gap in gaps]
    assert np.all(np.diff(ours) > 0)
    assert np.all(np.diff(theirs) > 0)


def test_a_safe_gap_is_safe_and_not_much_too_large():
    for rear, front in RNG.uniform(0, 35, (50, 2)):
        gap = safe_gap(rear, front, RSS)
        peak = rear + RSS.accel * RSS.response
        rear_way = rear * RSS.response + RSS.accel * RSS.response**2 / 2 + peak**2 / 12
        margin = gap + front**2 / 12 - rear_way
        assert margin == pytest.approx(0, abs=1e-9) or gap == 0 < margin


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("radius", [20.0, 25.0])
def test_a_lane_change_to_the_outside_of_a_bend_does_not_overshoot(turn, radius):
    speed, inside = np.sqrt(CURVE_ACCEL * radius), 5.0  # m, a lane of the racetrack
    x, y, curvature = radius - inside, 0.0, 1 / (radius - inside)  # around (0, 0), to the left
    heading = np.pi / 2 - np.arcsin(curvature * AXLE)
    offsets = []
    for _ in range(200):
        offset = radius - np.hypot(x, y)
        error = np.remainder(heading - np.arctan2(y, x) + np.pi / 2, 2 * np.pi) - np.pi
        bend = turn / (radius - offset)
        curvature = turn * curvature_command(
            turn * offset, turn * error, turn * curvature, bend, bend, speed, 0.1, COMFORT
        )
        x, y, heading, _ = forward(
            x, y, heading, speed, 0.0, steering_from_curvature(curvature), 0.1
        )
        offsets.append(offset)
    assert min(offsets) > -0.25
    assert abs(offsets[-1]) < 0.25
