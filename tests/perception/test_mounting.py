"""What driving tells of how the cameras are mounted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from datasets.geometry import SE2
from datasets.observation import EgoState, Observation, Route
from perception.mounting import Mounting, MountingConfig
from perception.nouns import Glance, RoadEstimate
from perception.source import Perception
from tests.perception.made_up import detected, road

TICK = 0.1
DEGREE = np.deg2rad(1.0)


def drive(
    mounting: Mounting,
    turned: float,
    speed: float = 20.0,
    drift: float = 0.0,
    seconds: float = 20.0,
    bend: float = 0.0,
    see: Callable[[RoadEstimate], RoadEstimate] = lambda seen: seen,
) -> float:
    """Weave along a road of curvature `bend` that is seen `turned` rad to the left, with a
    gyroscope that drifts by so many rad/s. How far off the road then is at its far end, m, as it
    comes out."""
    odom_from_ego, before, out, true = SE2(0.0, 0.0, 0.0), 0.0, road(), road()
    for tick in range(round(seconds / TICK)):
        t = tick * TICK
        y, aside = 0.4 * np.sin(t), float(np.arctan2(0.4 * np.cos(t), speed))
        heading = aside + bend * speed * t
        turn, before = heading - before, heading
        odom_from_ego = odom_from_ego @ SE2(speed * TICK, 0.0, turn + drift * TICK)
        slip = np.arcsin(2.5 * turn / TICK / speed)
        ego = EgoState(speed, turn / TICK + drift, 0.0, float(np.arctan(2 * np.tan(slip))))
        spine = road(curvature=bend).xy_ego - (0.0, y)
        true = replace(road(), xy_ego=SE2(0.0, 0.0, -aside).apply(spine))
        seen = replace(true, xy_ego=SE2(0.0, 0.0, turned).apply(true.xy_ego))
        out = mounting.straighten(see(seen), ego, odom_from_ego, t)
    return float(np.hypot(*(out.xy_ego[-1] - true.xy_ego[-1])))


@pytest.mark.parametrize("speed", [10.0, 20.0, 30.0])
@pytest.mark.parametrize("degrees", [-0.6, 0.0, 0.4])
def test_turned_eyes_are_found_out_at_any_speed(speed, degrees):
    mounting = Mounting()
    off = drive(mounting, degrees * DEGREE, speed)
    assert mounting.angle == pytest.approx(degrees * DEGREE, rel=0.3, abs=0.01 * DEGREE)
    assert off < 0.3 * abs(100 * degrees * DEGREE) + 0.02


@pytest.mark.parametrize("drift", [-0.002, 0.002])
def test_a_gyroscope_that_drifts_is_known_and_not_taken_for_turned_eyes(drift):
    mounting = Mounting()
    drive(mounting, 0.0, 15.0, drift)
    assert mounting.drift == pytest.approx(drift, rel=0.3)
    assert abs(mounting.angle) < 0.04 * DEGREE, "0.1 degrees, were it not reckoned with"


def test_noise_is_not_taken_for_turned_eyes():
    mounting, rng = Mounting(), np.random.default_rng(0)

    def noisy(seen: RoadEstimate) -> RoadEstimate:
        return replace(seen, xy_ego=SE2(0.0, 0.0, rng.normal(0.0, DEGREE)).apply(seen.xy_ego))

    drive(mounting, 0.0, see=noisy)
    assert abs(mounting.angle) < 0.2 * DEGREE


def test_another_lane_says_nothing():
    mounting, tick = Mounting(), iter(range(1000))

    def jumping(seen: RoadEstimate) -> RoadEstimate:
        return replace(seen, xy_ego=seen.xy_ego + np.array([0.0, 4.0 * (next(tick) % 2)]))

    drive(mounting, 0.4 * DEGREE, see=jumping)
    assert mounting.angle == pytest.approx(0.4 * DEGREE, rel=0.3)


def test_a_bend_that_is_seen_too_flat_teaches_nothing():
    mounting = Mounting()
    flat = road(curvature=0.008).xy_ego
    drive(mounting, 0.0, bend=0.01, see=lambda seen: replace(seen, xy_ego=flat))
    assert mounting.angle == 0.0


def test_without_a_road_nothing_is_learned():
    mounting = Mounting()
    drive(mounting, 0.5 * DEGREE, see=lambda seen: replace(seen, exists=0.2))
    assert mounting.angle == 0.0


def test_no_road_is_believed_to_be_seen_turned_further_than_cameras_come_loose():
    mounting = Mounting()
    drive(mounting, 5 * DEGREE)
    assert mounting.angle == MountingConfig().most


def test_what_was_learned_is_forgotten_within_seconds():
    mounting, tick = Mounting(), iter(range(1000))

    def at_first(seen: RoadEstimate) -> RoadEstimate:
        turned = 0.5 * DEGREE * (next(tick) < 100)
        return replace(seen, xy_ego=SE2(0.0, 0.0, turned).apply(seen.xy_ego))

    drive(mounting, 0.0, seconds=10 + 3 * MountingConfig().memory, see=at_first)
    assert abs(mounting.angle) < 0.05 * DEGREE


def test_a_new_drive_begins_with_nothing_known():
    mounting = Mounting()
    drive(mounting, 0.5 * DEGREE, drift=0.002)
    mounting.reset()
    assert (mounting.angle, mounting.drift) == (0.0, 0.0)
    assert drive(mounting, 0.0) < 0.02, "nor with places of the drive before"


def test_eyes_mounted_askew_see_the_road_straight_until_they_are_changed():
    askew = replace(road(), xy_ego=SE2(0.0, 0.0, 0.5 * DEGREE).apply(road().xy_ego))
    perception = Perception(lambda _: Glance(detected([]), askew))
    way = Route(np.array([[0.0, 0.0], [100.0, 0.0]]))

    def far_off(tick: int) -> float:
        perception.perceive(Observation(tick * TICK, (), EgoState(20.0, 0.0, 0.0, 0.0), way))
        assert perception.last is not None
        return float(abs(perception.last.road.xy_ego[-1, 1]))

    first, *_, last = [far_off(tick) for tick in range(150)]
    assert first == pytest.approx(100 * np.sin(0.5 * DEGREE))
    assert last < 0.4 * first
    perception.reset()
    assert far_off(0) == pytest.approx(first)
