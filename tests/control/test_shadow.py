"""Who rides along sees what the driver sees, says what it would do, and changes nothing."""

import logging
import math

import numpy as np
import pytest

from control.shadow import Shadowed, apart, copied
from datasets.camera import Camera
from datasets.driving import Action, Decision, Trajectory
from datasets.observation import CameraFrame, EgoState, Observation, Route
from planning.bicycle import curvature_from_steering

CAMERA = Camera("front", 32, 16, 90.0, np.array([1.0, 0.0, 1.5]))


def seen(speed: float = 10.0) -> Observation:
    frame = CameraFrame(CAMERA, np.full((16, 32, 3), 7, np.uint8), 0.0)
    route = Route(np.array([[0.0, 0], [20, 0]]))
    return Observation(0.0, (frame,), EgoState(speed, 0, 0, 0), route)


def wish(accel: float = 0.0, steering_angle: float = 0.0, plan: Trajectory | None = None):
    return Decision(Action(accel, steering_angle), "somebody", "because", plan)


def straight(speed: float, y: float = 0.0, until: float = 4.0) -> Trajectory:
    t = np.arange(0.0, until + 0.01, 0.5)
    xy = np.stack([speed * t, np.full_like(t, y)], axis=1)
    return Trajectory(t, xy, np.zeros_like(t), np.full_like(t, speed))


class Says:
    """Decides one thing, or fails with it; keeps what it saw."""

    def __init__(self, said):
        self.said, self.saw, self.resets = said, [], 0

    def reset(self):
        self.resets += 1

    def act(self, observation):
        self.saw.append(observation)
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


class Scribbles(Says):
    """Writes on all that it is given."""

    def act(self, observation):
        observation.frames[0].rgb[:] = 0
        observation.route.xy_ego[:] = 99
        return super().act(observation)


def ride(driver, shadow, ticks=1):
    both = Shadowed(driver, shadow, "policy@x")
    both.reset()
    return [both.act(seen()) for _ in range(ticks)]


def test_the_drivers_decision_comes_back_with_the_shadows_beside_it():
    driver, other = wish(1.0, plan=straight(10.0)), wish(-1.0, 0.1, straight(10.0, y=3.0))
    (decision,) = ride(Says(driver), Says(other))
    assert (decision.action, decision.trajectory) == (driver.action, driver.trajectory)
    assert (decision.driver, decision.reason) == ("somebody", "because")
    shadow = decision.shadow
    assert (shadow.model, shadow.action) == ("policy@x", other.action)
    assert shadow.trajectory is other.trajectory
    assert shadow.apart == 3.0


def test_both_are_reset_and_see_the_same():
    driver, shadow = Says(wish()), Says(wish())
    ride(driver, shadow, ticks=2)
    assert (driver.resets, shadow.resets) == (1, 1)
    for one, other in zip(driver.saw, shadow.saw, strict=True):
        assert (one.t, one.ego) == (other.t, other.ego)
        np.testing.assert_array_equal(one.frames[0].rgb, other.frames[0].rgb)
        np.testing.assert_array_equal(one.route.xy_ego, other.route.xy_ego)


def test_what_a_shadow_writes_on_is_its_own():
    driver, shadow = Says(wish()), Scribbles(wish())
    ride(driver, shadow, ticks=2)
    for observation in driver.saw:
        assert (observation.frames[0].rgb == 7).all()
        np.testing.assert_array_equal(observation.route.xy_ego, seen().route.xy_ego)
    again = copied(seen())
    np.testing.assert_array_equal(again.frames[0].rgb, seen().frames[0].rgb)


@pytest.mark.parametrize("said", [RuntimeError("no network"), None, wish(plan="none")])
def test_a_shadow_that_fails_is_told_of_once_and_missing(said, caplog):
    with caplog.at_level(logging.WARNING):
        decisions = ride(Says(wish(1.0)), Says(said), ticks=3)
    assert [d.shadow for d in decisions] == [None] * 3
    assert [d.action for d in decisions] == [Action(1.0, 0.0)] * 3
    assert len(caplog.records) == 1
    assert "policy@x" in caplog.text


def test_a_shadow_that_cannot_begin_does_not_keep_the_driver(caplog):
    class Unready(Says):
        def reset(self):
            raise ValueError("no weights")

    (decision,) = ride(Says(wish(2.0)), Unready(wish()))
    assert decision.action == Action(2.0, 0.0)
    assert "no weights" in caplog.text


def test_a_driver_that_fails_is_not_hidden():
    with pytest.raises(RuntimeError, match="engine"):
        ride(Says(RuntimeError("engine")), Says(wish()))


def test_two_of_one_mind_are_nowhere_apart_and_distance_has_no_side():
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = (
            wish(
                *rng.uniform(-0.5, 0.5, 2),
                plan=straight(*rng.uniform(0, 20, 2)) if rng.random() < 0.5 else None,
            )
            for _ in range(2)
        )
        speed = rng.uniform(0, 30)
        assert apart(one, one, speed) == 0.0
        assert apart(one, other, speed) == apart(other, one, speed) >= 0.0


@pytest.mark.parametrize(
    ("one", "other", "speed", "expected"),
    [
        (wish(plan=straight(10.0)), wish(plan=straight(12.0)), 10.0, 4.0),
        (wish(plan=straight(10.0)), wish(), 10.0, 0.0),  # holds its speed: 20 m ahead
        (wish(plan=straight(10.0)), wish(5.0), 10.0, 9.75),  # Euler: 5 (2^2 - 2 / 20) / 2
        (wish(), wish(-5.0), 5.0, 10.0 - 2.625),  # it stops, and does not reverse
        (wish(), wish(-5.0), 0.0, 0.0),  # whoever stands, brakes or not
        (wish(plan=straight(10.0)), wish(plan=straight(10.0, until=1.5)), 10.0, 5.0),  # a short one
    ],
)
def test_how_far_apart_by_hand(one, other, speed, expected):
    assert apart(one, other, speed) == pytest.approx(expected)


def test_a_held_wheel_leads_along_its_circle():
    angle, speed = 0.2, 4.0
    curvature = curvature_from_steering(angle)
    chord = 2 / curvature * math.sin(speed * 2.0 * curvature / 2)
    stands = wish(plan=straight(0.0))
    assert apart(wish(0.0, angle), stands, speed) == pytest.approx(chord, rel=1e-3)
    assert apart(wish(0.0, angle), wish(0.0, -angle), speed) > 1.0
