"""Motion and comfort of drives with known derivatives."""

import numpy as np
import pytest

from datasets.driving import Trajectory
from datasets.episode import TICK, End
from sim.scores.comfort import harsh_brakes, is_comfortable, motion_of
from sim.scores.plans import extended_comfort, plans_agree

T = np.arange(60) * TICK


def test_derivatives_of_polynomials_are_exact():
    motion = motion_of(5 + T + 0.5 * T**2, 0.1 * T + 0.05 * T**2)
    np.testing.assert_allclose(motion.longitudinal_accel, 1 + T, atol=1e-9)
    np.testing.assert_allclose(motion.longitudinal_jerk, 1.0, atol=1e-9)
    np.testing.assert_allclose(motion.yaw_rate, 0.1 + 0.1 * T, atol=1e-9)
    np.testing.assert_allclose(motion.yaw_accel, 0.1, atol=1e-9)
    np.testing.assert_allclose(motion.lateral_accel, (5 + T + 0.5 * T**2) * motion.yaw_rate)


@pytest.mark.parametrize(
    ("speed", "heading", "comfortable"),
    [
        (10 + 0 * T, 0 * T, True),
        (10 + 2.39 * T, 0 * T, True),
        (10 + 2.41 * T, 0 * T, False),
        (30 - 4.04 * T, 0 * T, True),
        (30 - 4.06 * T, 0 * T, False),
        (10 + 0 * T, 0.48 * T, True),  # lateral acceleration 4.8
        (10 + 0 * T, 0.49 * T, False),  # 4.9
        (1 + 0 * T, 0.96 * T, False),  # yaw rate
        (1 + 0 * T, 0.3 * np.sin(3 * T), False),  # yaw acceleration 2.7 at a yaw rate of 0.9
        (10 + 2 * (T > 3), 0 * T, False),  # a jump of the speed
    ],
)
def test_bounds_of_comfort(speed, heading, comfortable):
    assert is_comfortable(motion_of(speed, heading)) == comfortable


def test_the_shortest_log_is_still_comfortable():
    assert is_comfortable(motion_of(np.array([10.0, 10.0]), np.zeros(2)))


def test_harsh_brakes_are_counted_once_each_and_a_crash_is_none(worlds):
    speed = [20, 20, 19.5, 19, 19, 18.5, 18.5, 12]  # 5 m/s^2 twice, then the impact
    ticks = [[(float(k), 0.0, 0.0, v)] for k, v in enumerate(speed)]
    assert harsh_brakes(worlds.log(ticks, end=End.COLLISION)) == 2
    assert harsh_brakes(worlds.log(ticks)) == 3


def plan(speed, turn=0.0):
    t = np.arange(1, 31) * TICK
    return Trajectory(t, np.stack([t, 0 * t], axis=1), turn * t, np.asarray(speed + 0 * t))


def test_a_driver_that_keeps_its_plans_is_comfortable_in_the_extended_sense(worlds):
    steady, turning = plan(10.0), plan(10.0, turn=0.2)
    assert plans_agree(steady, steady)
    assert not plans_agree(steady, turning)
    ticks = [[(float(k), 0.0, 0.0, 10.0)] for k in range(21)]
    fickle = (*(steady,) * 5, *(turning,) * 5) * 2
    assert extended_comfort(worlds.log(ticks, plans=(steady,) * 20)) == 1
    assert extended_comfort(worlds.log(ticks, plans=fickle)) == 0
    assert extended_comfort(worlds.log(ticks)) is None
