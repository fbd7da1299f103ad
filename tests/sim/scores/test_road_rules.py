"""The road's rules on roads small enough to work out by hand."""

import numpy as np
import pytest

from sim.scores.events import count_runs, longest_run
from sim.scores.lanes import LaneIndex
from sim.scores.road_rules import (
    drivable_area,
    driving_direction,
    lane_keeping,
    off_lane_share,
    speed_limit,
)

EAST = [(-100, 0), (500, 0)]
WEST = [(500, 4), (-100, 4)]


def ask(rule, log):
    return rule(log, LaneIndex(log.road_map))


def test_points_of_a_straight_lane_change_nothing(worlds):
    x = np.arange(-100.0, 501.0)
    fine = LaneIndex(worlds.road(np.stack([x, 0 * x], axis=1)))
    coarse = LaneIndex(worlds.road(EAST))
    points = np.random.default_rng(0).uniform(-120, 520, (50, 2))
    np.testing.assert_allclose(fine.outside(points), coarse.outside(points), atol=1e-9)


def test_a_bend_keeps_its_shape(worlds):
    angle = np.linspace(0, np.pi / 2, 60)
    bend = LaneIndex(worlds.road(np.stack([30 * np.sin(angle), 30 - 30 * np.cos(angle)], axis=1)))
    middle = np.array([[30 * np.sin(0.7), 30 - 30 * np.cos(0.7)]])
    s, d = bend.project(middle)
    assert s[0, 0] == pytest.approx(21, abs=0.01)
    assert d[0, 0] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("y", "score"), [(0.0, 1), (1.0, 1), (1.29, 1), (1.31, 0), (-1.31, 0)])
def test_a_corner_may_stand_30_cm_outside(worlds, y, score):
    log = worlds.cruise(y=y, road_map=worlds.road(EAST))  # half widths: lane 2 m, car 1 m
    assert ask(drivable_area, log) == score


def test_the_road_is_the_union_of_its_lanes(worlds):
    log = worlds.cruise(y=1.9, road_map=worlds.road(EAST, WEST))
    assert ask(drivable_area, log) == 1


@pytest.mark.parametrize(("speed", "score"), [(1.9, 1), (2.1, 0.5), (5.9, 0.5), (6.1, 0)])
def test_metres_against_the_flow_within_a_second(worlds, speed, score):
    log = worlds.cruise(speed=speed, y=4.0, road_map=worlds.road(EAST, WEST))
    assert ask(driving_direction, log) == score


def test_where_both_directions_share_the_ground_either_is_right(worlds):
    log = worlds.cruise(y=0, road_map=worlds.road(EAST, EAST[::-1]))
    assert ask(driving_direction, log) == 1
    assert ask(off_lane_share, log) == 0


def test_half_the_way_off_the_road_is_half_off_lane(worlds):
    ticks = [[(k, 0.0 if k < 10 else 5.0, 0.0, 10.0)] for k in range(21)]
    log = worlds.log(ticks, road_map=worlds.road(EAST))
    along, across = 20, np.hypot(1, 5) - 1  # metres, and the longer step aside
    assert ask(off_lane_share, log) == pytest.approx(10 / (along + across))


@pytest.mark.parametrize(
    ("speed", "score"), [(19.0, 1.0), (20.0, 1.0), (21.0, 1 - 1 / 2.23), (25.0, 0.0)]
)
def test_speed_limit(worlds, speed, score):
    log = worlds.cruise(speed=speed, ticks=20, road_map=worlds.road(EAST, limit=20.0))
    assert ask(speed_limit, log) == pytest.approx(score)


@pytest.mark.parametrize(("off_ticks", "score"), [(19, 1), (20, 0)])
def test_two_seconds_off_the_centre_are_too_long(worlds, off_ticks, score):
    ticks = [[(k, 0.6 if 5 <= k < 5 + off_ticks else 0.4, 0.0, 10.0)] for k in range(41)]
    assert ask(lane_keeping, worlds.log(ticks)) == score


def test_lane_keeping_rests_in_a_junction(worlds):
    crossing = [(20, -100), (20, 100)]
    index = LaneIndex(worlds.road(EAST, crossing))
    assert index.in_junction(np.array([[10.0, 0], [20, 1], [20, 30]])).tolist() == [
        False,
        True,
        False,
    ]


def test_neighbouring_flags_are_one_event():
    flags = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], np.bool_)
    assert count_runs(flags) == 3
    assert longest_run(flags) == 3
    assert longest_run(np.zeros(4, np.bool_)) == count_runs(np.zeros(4, np.bool_)) == 0
