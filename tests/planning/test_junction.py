"""A crossing without lights: wait before it, not in it; once there is a gap, take it."""

from dataclasses import replace

import numpy as np
import pytest

from planning.planner import RulePlanner
from planning.route_hint import side_of_exit
from tests.planning.scenes import agents_at, ego_state, lanes_of, scene_of


def crossing_scene(cars, speed, crossing):
    """`crossing` m ahead of the car lies the middle of the lane that crosses."""
    x = np.arange(-80.0, 160.0, 2.0)
    ours, theirs = np.stack([x, 0 * x], axis=1), np.stack([0 * x + crossing, x], axis=1)
    lanes = replace(
        lanes_of([ours, theirs], limit=10.0),
        on_route=np.array([True, False]),
        left_of=np.zeros((2, 2), np.bool_),
    )
    return scene_of(lanes, agents_at(cars), ego_state(speed))


def driven(cars, speed, crossing, seconds):
    """(T, 2) where the car is, m, and how fast, m/s, every 0.1 s of being driven as planned; the
    others keep their velocities."""
    planner, rows, accel, x = RulePlanner(), [], 0.0, 0.0
    for tick in range(round(10 * seconds)):
        t = tick / 10
        there = [(x0 - x, y0 + v * t, heading, v) for x0, y0, heading, v in cars]
        scene = crossing_scene(there, speed, crossing - x)
        trajectory, _ = planner.plan(replace(scene, t=t, ego=ego_state(speed, accel)))
        rows.append((x, speed))
        x += float(trajectory.xy_ego[1, 0])
        speed, accel = float(trajectory.speed[1]), float(trajectory.speed[1] - speed) * 10
    return np.array(rows)


def stream(crossing, first, count):
    """`count` cars that cross at 8 m/s, 12 m apart, the first one at y = `first`."""
    return [(crossing, first - 12.0 * k, np.pi / 2, 8.0) for k in range(count)]


def test_without_a_gap_it_waits_with_its_whole_length_outside():
    x, speed = driven(stream(30.0, -10.0, 12), 8.0, crossing=30.0, seconds=14.0).T
    assert speed[-1] < 0.5
    assert x[-1] + 2.5 < 30.0 - 2.0


@pytest.mark.parametrize("first", [-22.0, -28.0, -34.0])
def test_it_lets_somebody_pass_without_stopping_for_him(first):
    """Who would be hit at this speed is gone a moment later: there is no need to stand."""
    x, speed = driven(stream(30.0, first, 1), 8.0, crossing=30.0, seconds=8.0).T
    t = np.arange(len(x)) / 10
    there = np.abs(first + 8.0 * t) < 2.5 + 1.0  # his length and half of the car's width
    assert not (there & (np.abs(x - 30.0) < 2.5 + 1.0)).any()
    assert x[-1] > 30.0 + 2.5
    assert speed.min() > 2.0


def test_it_rolls_on_behind_those_who_pass():
    """Three pass one after the other; who came to a stand for them would take seconds longer."""
    x, speed = driven(stream(30.0, -16.0, 3), 8.0, crossing=30.0, seconds=9.0).T
    assert speed.min() > 0.8
    assert x[-1] > 40.0


def test_who_stands_does_not_put_off_driving_on():
    planner = RulePlanner()
    for speed, offered in ((8.0, True), (0.0, False)):
        planner.plan(crossing_scene(stream(30.0, -16.0, 3), speed, crossing=30.0))
        assert ("later" in planner.last.proposals.kind) == offered


@pytest.mark.parametrize(("distance", "hurries"), [(150.0, False), (32.0, True)])
def test_it_hurries_only_into_a_gap_that_will_close(distance, hurries):
    """A car at 9 m/s is 3.5 s away: too close to set off at leisure, far enough to be gone."""
    cars = [(11.0, -distance, np.pi / 2, 9.0)]
    trajectory, _ = RulePlanner().plan(crossing_scene(cars, 0.0, crossing=11.0))
    gone = trajectory.xy_ego[trajectory.t <= 3.0][-1, 0] - 2.5 > 11.0 + 1.0
    assert gone == hurries


def test_who_waits_is_not_afraid_of_who_queues_behind():
    cars = [(-16.0, 0.0, 0.0, 6.0), (10.0, -4.0, np.pi / 2, 8.0)]
    planner = RulePlanner()
    planner.plan(crossing_scene(cars, 0.0, crossing=10.0))
    assert not planner.last.emergency


def test_a_road_that_turns_back_is_not_left():
    """The way back runs 44 m beside the way there: near, but not an exit."""
    there = np.stack([np.arange(0.0, 120.0), np.zeros(120)], axis=1)
    back = np.array([[110.0, 20.0], [100.0, 44.0], [60.0, 44.0], [20.0, 44.0], [0.0, 44.0]])
    route = np.concatenate([[[-10.0, 0.0]], there[10::20], back])
    side, room = side_of_exit(route, there, np.zeros(120), np.zeros(120), 0.0)
    assert room > 60.0
    assert side in (0, 1)
