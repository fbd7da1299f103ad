"""What driving tells of how the cameras are mounted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from datasets.geometry import SE2
from perception.mounting import Mounting
from perception.nouns import STATION_S, RoadEstimate
from tests.perception.made_up import road

TICK = 0.1
DEGREE = np.deg2rad(1.0)


def drive(
    mounting: Mounting,
    turned: float,
    speed: float = 20.0,
    drift: float = 0.0,
    seconds: float = 20.0,
    see: Callable[[RoadEstimate], RoadEstimate] = lambda seen: seen,
) -> RoadEstimate:
    """Weave along a straight road that is seen `turned` rad to the left, with a gyroscope that
    drifts by so many rad/s; the last road that came out, in the frame of a car along it."""
    odom_from_ego, before = SE2(0.0, 0.0, 0.0), 0.0
    out = road()
    for tick in range(round(seconds / TICK)):
        t = tick * TICK
        y = 0.4 * np.sin(t)
        heading = float(np.arctan2(0.4 * np.cos(t), speed))
        turn, before = heading - before, heading
        odom_from_ego = odom_from_ego @ SE2(speed * TICK, 0.0, turn + drift * TICK)
        spine = np.stack([STATION_S, np.full(len(STATION_S), -y)], axis=1)
        seen = replace(road(), xy_ego=SE2(0.0, 0.0, turned - heading).apply(spine))
        out = mounting.straighten(see(seen), odom_from_ego, t)
    return replace(out, xy_ego=SE2(0.0, y, before).apply(out.xy_ego))


@pytest.mark.parametrize("speed", [10.0, 20.0, 30.0])
@pytest.mark.parametrize("degrees", [-0.6, 0.0, 0.4])
def test_turned_eyes_are_found_out_at_any_speed(speed, degrees):
    mounting = Mounting()
    straight = drive(mounting, degrees * DEGREE, speed)
    assert mounting.angle == pytest.approx(degrees * DEGREE, rel=0.2, abs=0.01 * DEGREE)
    assert np.abs(straight.xy_ego[:, 1]).max() < 0.2 * np.abs(100 * degrees * DEGREE) + 0.02


@pytest.mark.parametrize("drift", [-0.002, 0.002])
def test_a_gyroscope_that_drifts_is_not_taken_for_turned_eyes(drift):
    mounting = Mounting()
    drive(mounting, 0.0, 15.0, drift)
    assert abs(mounting.angle) < 0.09 * DEGREE, "0.13 degrees, were it not reckoned with"


def test_noise_is_not_taken_for_turned_eyes():
    mounting, rng = Mounting(), np.random.default_rng(0)

    def noisy(seen: RoadEstimate) -> RoadEstimate:
        return replace(seen, xy_ego=SE2(0.0, 0.0, rng.normal(0.0, DEGREE)).apply(seen.xy_ego))

    drive(mounting, 0.0, see=noisy)
    assert abs(mounting.angle) < 0.2 * DEGREE


def test_another_lane_says_nothing():
    mounting, lane = Mounting(), iter(range(1000))

    def jumping(seen: RoadEstimate) -> RoadEstimate:
        return replace(seen, xy_ego=seen.xy_ego + np.array([0.0, 4.0 * (next(lane) % 2)]))

    drive(mounting, 0.4 * DEGREE, see=jumping)
    assert mounting.angle == pytest.approx(0.4 * DEGREE, abs=0.08 * DEGREE)


def test_bends_and_no_road_at_all_teach_nothing():
    bend = road(curvature=0.02)
    for changes in ({"xy_ego": bend.xy_ego}, {"exists": 0.2}):
        mounting = Mounting()
        drive(mounting, 0.5 * DEGREE, see=lambda seen, c=changes: replace(seen, **c))
        assert mounting.angle == 0.0


def test_a_new_drive_begins_with_nothing_known():
    mounting = Mounting()
    drive(mounting, 0.5 * DEGREE)
    mounting.reset()
    assert mounting.angle == 0.0
