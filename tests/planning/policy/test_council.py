"""What several heads come to, and how far they agree."""

import numpy as np
import pytest

from planning.policy.code import KEEP, LEFT, PATH_SIZE, SIDES, SPEEDS, encode_speed
from planning.policy.council import agree

HEADS = 4


def wishes(seed=0):
    rng = np.random.default_rng(seed)
    paths = np.zeros((HEADS, SIDES, PATH_SIZE))
    paths[:, :, 0] = [0.0, 4.0, -4.0]
    paths += rng.normal(0, 0.02, paths.shape)
    sides = rng.normal(0, 0.1, (HEADS, SIDES))
    sides[:, KEEP] += 3
    return sides, paths, rng.normal(size=(HEADS, len(SPEEDS)))


def test_heads_that_are_one_have_no_spread():
    sides, paths, speeds = wishes()
    same = [np.repeat(each[:1], HEADS, axis=0) for each in (sides, paths, speeds)]
    told = agree(*same, 10.0)
    assert told.path_spread == pytest.approx(0.0, abs=1e-9)
    assert told.speed_spread == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(told.path, paths[0, KEEP])


def test_one_head_that_would_change_lane_is_heard_in_the_spread():
    sides, paths, speeds = wishes()
    calm = agree(sides, paths, speeds, 10.0)
    sides[0] = [0.0, 4.0, 0.0]
    told = agree(sides, paths, speeds, 10.0)
    assert told.side == KEEP
    assert told.path_spread > 1.5 > calm.path_spread
    np.testing.assert_allclose(told.path, calm.path)


def test_the_majority_decides_the_side():
    sides, paths, speeds = wishes()
    sides[:3] = [0.0, 4.0, 0.0]
    assert agree(sides, paths, speeds, 10.0).side == LEFT


def test_the_order_of_the_heads_does_not_matter():
    sides, paths, speeds = wishes()
    a, b = agree(sides, paths, speeds, 10.0), agree(sides[::-1], paths[::-1], speeds[::-1], 10.0)
    assert a.path_spread == pytest.approx(b.path_spread)
    assert a.target_speed == pytest.approx(b.target_speed)


def who_want(speeds):
    """What heads come to that are sure of these speeds, m/s."""
    sides, paths, _ = wishes()
    return agree(sides, paths, np.log(encode_speed(np.array(speeds)) + 1e-12), 10.0)


def test_a_sure_speed_is_read_out_exactly():
    told = who_want([8.3] * HEADS)
    assert told.target_speed == pytest.approx(told.expected_speed, abs=1e-3)
    assert told.expected_speed == pytest.approx(8.3, abs=1e-6)


def test_the_less_sure_of_the_speed_the_slower():
    sure, apart, far = (who_want([8 - by, 8 - by, 8 + by, 8 + by]) for by in (0, 1, 4))
    for told, spread in ((sure, 0), (apart, 1), (far, 4)):
        assert told.expected_speed == pytest.approx(8.0, abs=1e-6)
        assert told.speed_spread == pytest.approx(spread, abs=1e-6)
    assert sure.target_speed > apart.target_speed > far.target_speed > 4.0


def test_nobody_wants_to_drive_backwards():
    assert who_want([0.0, 0.0, 0.0, 2.0]).target_speed >= 0.0
