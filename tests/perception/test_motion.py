"""How cars move between two ticks: the world's own bicycle, with the right derivatives."""

import numpy as np
import pytest

from perception.motion import CURVATURE, SPEED, STATES, _jacobian, _moved, predicted
from perception.odometry import motion
from planning.bicycle import curvature_from_steering, forward
from tests.perception.made_up import ego

STATE = np.array([[3.0, -2.0, 0.7, 9.0, 0.05], [0.0, 1.0, -2.0, 0.0, 0.1], [5, 5, 3, 20, -0.01]])


@pytest.mark.parametrize("steering_angle", [-0.4, 0.0, 0.1, 0.5])
@pytest.mark.parametrize("speed", [0.0, 3.0, 12.0])
def test_a_car_with_its_wheel_held_goes_where_the_world_says(steering_angle, speed):
    x, y, heading, v = 1.0, 2.0, 0.3, speed
    mean = np.array([[x, y, heading, v, curvature_from_steering(steering_angle)]])
    for _ in range(20):  # a tick in steps so fine that Euler's error is nothing
        x, y, heading, v = forward(x, y, heading, v, 0.0, steering_angle, 0.005)
    moved = _moved(mean, 0.1)[0]
    np.testing.assert_allclose(moved[:4], [x, y, heading, v], atol=0.02)


@pytest.mark.parametrize("steering_angle", [-0.3, 0.0, 0.2])
def test_the_ego_reckons_as_it_moves(steering_angle):
    x, y, heading, v = 0.0, 0.0, 0.0, 8.0
    for _ in range(2):
        x, y, heading, v = forward(x, y, heading, v, 0.0, steering_angle, 0.05)
    pose = motion(ego(8.0, steering_angle), 8.0, 0.1)
    np.testing.assert_allclose([pose.x, pose.y, pose.heading], [x, y, heading], atol=0.02)


def test_the_derivatives_are_those_of_the_motion():
    step = 1e-6
    for column in range(STATES):
        ahead, behind = STATE.copy(), STATE.copy()
        ahead[:, column] += step
        behind[:, column] -= step
        slope = (_moved(ahead, 0.1) - _moved(behind, 0.1)) / (2 * step)
        np.testing.assert_allclose(_jacobian(STATE, 0.1)[:, :, column], slope, atol=1e-6)


def test_doubt_grows_and_stays_a_covariance():
    mean, cov = STATE, np.tile(0.1 * np.eye(STATES), (len(STATE), 1, 1))
    for _ in range(30):
        before = np.trace(cov, axis1=1, axis2=2)
        mean, cov = predicted(mean, cov, 0.1)
        assert (np.trace(cov, axis1=1, axis2=2) > before).all()
        assert (np.linalg.eigvalsh(cov) > 0).all()


def test_a_car_that_stands_does_not_turn():
    standing = np.zeros((1, STATES))
    standing[0, CURVATURE] = 0.1
    assert standing[0, SPEED] == 0.0
    np.testing.assert_array_equal(_moved(standing, 0.1)[0, :3], 0.0)
