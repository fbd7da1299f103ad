"""From a path and a speed to a trajectory that a car can drive."""

import numpy as np
import pytest

from planning.policy.code import PATH_SIZE, STATION_S
from planning.policy.follow import STAND, STANDING, START, follow
from tests.planning.scenes import ego_state

STRAIGHT = np.zeros(PATH_SIZE)


def beside(offset):
    return np.append(offset, np.zeros(PATH_SIZE - 1))


def test_on_its_path_at_its_speed_it_goes_on():
    plan = follow(STRAIGHT, 15.0, ego_state(15.0))
    np.testing.assert_allclose(plan.xy_ego[:, 1], 0.0, atol=1e-9)
    np.testing.assert_allclose(plan.speed, 15.0)


def test_it_begins_where_the_car_is():
    plan = follow(beside(1.0), 3.0, ego_state(12.0, steering_angle=0.02))
    np.testing.assert_array_equal(plan.xy_ego[0], 0.0)
    assert plan.heading[0] == 0.0
    assert plan.speed[0] == 12.0


def test_from_beside_its_path_it_comes_to_it_without_haste():
    plan = follow(beside(1.0), 15.0, ego_state(15.0))
    assert plan.xy_ego[-1, 1] == pytest.approx(1.0, abs=0.1)
    assert plan.xy_ego[:, 1].max() < 1.1
    assert np.abs(np.diff(plan.heading) / 0.1 * plan.speed[:-1]).max() < 4.9  # m/s^2 sideways


def test_a_bend_is_followed():
    path = np.append(0.0, STATION_S / 30)
    plan = follow(path, 9.0, ego_state(9.0, steering_angle=0.16))
    middle = np.array([0.0, 30.0])
    assert np.abs(np.hypot(*(plan.xy_ego - middle).T) - 30).max() < 0.3


def test_a_mirrored_path_is_followed_in_the_mirror():
    path = np.append(0.5, np.linspace(0.0, 0.8, PATH_SIZE - 1))
    one = follow(path, 5.0, ego_state(8.0, 0.5, 0.05))
    other = follow(-path, 5.0, ego_state(8.0, 0.5, -0.05))
    np.testing.assert_allclose(other.xy_ego, one.xy_ego * [1, -1], atol=1e-9)
    np.testing.assert_allclose(other.speed, one.speed)


@pytest.mark.parametrize("target", [0.0, 0.4])
def test_hardly_any_speed_means_to_stand(target):
    plan = follow(STRAIGHT, target, ego_state(4.0))
    assert plan.speed[-1] < 0.6
    still = follow(STRAIGHT, target, ego_state(0.0))
    assert still.speed.max() == 0.0


def test_who_is_to_stand_does_not_roll_on():
    plan = follow(STRAIGHT, 0.0, ego_state(0.3))
    assert plan.speed[10] == 0.0
    assert np.diff(plan.speed).min() > -0.05  # gently
    assert plan.xy_ego[-1, 0] < 0.2


def test_who_stands_does_not_creep():
    almost = (STAND + START) / 2
    assert follow(STRAIGHT, almost, ego_state(0.0)).speed.max() == 0.0
    assert follow(STRAIGHT, almost, ego_state(STANDING + 0.1)).speed[-1] == pytest.approx(
        almost, abs=0.1
    )
    assert follow(STRAIGHT, START + 0.1, ego_state(0.0)).speed[-1] > almost


def test_the_target_is_reached_without_jerks_or_beyond_it():
    plan = follow(STRAIGHT, 16.0, ego_state(10.0))
    accel = np.diff(plan.speed) / 0.1
    assert 13.0 < plan.speed[-1] < 16.3
    assert accel.max() < 2.41
    assert np.abs(np.diff(accel)).max() / 0.1 < 3.0
    assert accel[0] == pytest.approx(0.29)


@pytest.mark.parametrize(("speed", "target"), [(30.0, 23.0), (20.0, 13.5), (9.0, 4.7), (5.0, 2.6)])
def test_whoever_is_only_to_lose_some_speed_brakes_as_a_passenger_likes_it(speed, target):
    plan = follow(STRAIGHT, target, ego_state(speed))
    accel = np.diff(plan.speed) / 0.1
    assert accel.min() > -4.05
    assert np.abs(np.diff(accel)).max() / 0.1 < 3.0
    assert plan.speed[-1] == pytest.approx(target, abs=0.7)


@pytest.mark.parametrize("speed", [1.0, 6.0, 20.0])
def test_a_full_stop_takes_all_that_the_brakes_have(speed):
    plan = follow(STRAIGHT, 15.0, ego_state(speed), full_stop=True)
    stands = round(10 * (speed / 6.0 + 0.4))
    assert plan.speed[stands] == 0.0
    assert np.diff(plan.speed).min() / 0.1 >= -6.01
    assert plan.speed.min() == 0.0


def test_who_must_brake_hard_does_so_at_once():
    plan = follow(STRAIGHT, 8.0, ego_state(20.0))
    assert np.diff(plan.speed).min() / 0.1 < -4.5
    assert plan.speed[5] < 18.5
