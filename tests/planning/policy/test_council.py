"""What several heads come to, and how far they agree."""

import numpy as np
import pytest

from planning.policy.code import KEEP, LEFT, PATH_SIZE, SIDES, SPEEDS, encode_speed
from planning.policy.council import CAUTION, agree

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


@pytest.mark.parametrize("speed", [8.0, 13.0, 20.5])
@pytest.mark.parametrize("by", [0.0, 0.5, 1.0, 4.0])
def test_heads_that_differ_drive_slower(speed, by):
    told = who_want([speed - by, speed - by, speed + by, speed + by])
    assert told.expected_speed == pytest.approx(speed, abs=1e-6)
    assert told.speed_spread == pytest.approx(by, abs=1e-6)
    assert told.target_speed == pytest.approx(speed - CAUTION * by, abs=1e-3)


def heads_unsure(low, high, share):
    """What heads come to each of which gives so much to `low` and the rest to `high`, m/s."""
    sides, paths, _ = wishes()
    mixed = share * encode_speed(np.array(low)) + (1 - share) * encode_speed(np.array(high))
    return agree(sides, paths, np.log(np.tile(mixed, (HEADS, 1)) + 1e-12), 10.0)


def test_a_head_unsure_of_itself_drives_slower_too():
    told = heads_unsure(2.0, 8.0, share=0.5)
    assert told.speed_spread == pytest.approx(0.0, abs=1e-6)
    assert told.target_speed == pytest.approx(5.0 - CAUTION * 3.0, abs=1e-3)


def test_nobody_wants_to_drive_backwards():
    assert heads_unsure(0.0, 10.0, share=0.95).target_speed == 0.0
