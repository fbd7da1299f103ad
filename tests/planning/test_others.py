"""What the planner makes of others who brake, crawl, merge or come the wrong way."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.scene import Indicator
from planning.lane_graph import LaneGraph
from planning.motion import Motion
from planning.planner import RulePlanner
from planning.prediction import predict
from tests.planning.scenes import agents_at, ego_state, lanes_of, scene_of, straight_lanes

X = np.arange(-80.0, 161.0, 2.0)


def forecast(lanes, agents, braking=0.0, gaining=0.0, ego_speed=10.0):
    n = len(agents)
    motion = Motion(np.full(n, braking), np.full(n, gaining), np.zeros(n), np.zeros(n, np.bool_))
    return predict(LaneGraph.of(lanes), agents, motion, ego_speed, horizon=5.0)


def planned(*scenes):
    """What the planner decides on the last of these scenes, a tenth of a second apart."""
    planner = RulePlanner()
    for i, scene in enumerate(scenes):
        trajectory, reason = planner.plan(replace(scene, t=0.1 * i))
    return trajectory, reason


def ramp_beside(offset):
    """A lane straight ahead that goes on, and one beside it at `offset` that ends at x = 70."""
    main = np.stack([X[X <= 70], 0 * X[X <= 70]], axis=1)
    ramp = main + np.array([0.0, offset])
    on = np.stack([X[X >= 70], 0 * X[X >= 70]], axis=1)
    leads_to, left_of = np.zeros((3, 3), np.bool_), np.zeros((3, 3), np.bool_)
    leads_to[0, 2] = True
    left_of[(0, 1) if offset < 0 else (1, 0)] = True
    lanes = lanes_of([main, ramp, on], limit=20.0)
    return replace(lanes, leads_to=leads_to, left_of=left_of)


def test_a_braking_car_is_expected_to_brake_on():
    lanes, lead = straight_lanes([0.0]), agents_at([(40.0, 0.0, 0.0, 20.0)])
    assert forecast(lanes, lead).speed[0, -1] == pytest.approx(20.0)
    slowed = forecast(lanes, lead, braking=4.0).speed[0]
    assert np.all(np.diff(slowed) <= 1e-9)
    assert slowed[10] == pytest.approx(16.0)


def test_brake_lights_ahead_are_answered_before_the_gap_is_small():
    scenes = [
        scene_of(
            straight_lanes([0.0]),
            agents_at([(40.0, 0.0, 0.0, 22.0 - 0.6 * i)], braking=np.array([lit])),
            ego_state(22.0),
        )
        for lit in (False, True)
        for i in range(3)
    ]
    unlit, lit = planned(*scenes[:3])[0], planned(*scenes[3:])[0]
    assert lit.speed[20] < unlit.speed[20] - 1.0


def test_a_crawling_car_is_passed_without_braking_where_the_next_lane_is_free():
    scene = scene_of(straight_lanes([4.0, 0.0]), agents_at([(45.0, 0.0, 0.0, 8.0)]))
    trajectory, reason = planned(scene)
    assert reason == "changing to the left lane"
    assert trajectory.speed.min() > 19.0


def test_too_late_to_pass_it_brakes():
    scene = scene_of(straight_lanes([4.0, 0.0]), agents_at([(16.0, 0.0, 0.0, 8.0)]))
    assert planned(scene)[0].speed[10] < 18.0


@pytest.mark.parametrize("offset", [4.0, -4.0])
def test_who_drives_on_a_lane_that_ends_may_leave_it(offset):
    found = forecast(ramp_beside(offset), agents_at([(15.0, offset, 0.0, 15.0)]), ego_speed=0.0)
    ends = found.xy[:, 20, 1]
    assert found.weight.sum() == pytest.approx(1.0)
    assert np.abs(ends).min() < 0.5
    assert np.abs(ends - offset).min() < 0.5


@pytest.mark.parametrize(
    ("gap", "ego_speed", "merges"), [(15, 18, False), (60, 18, True), (15, 0, True)]
)
def test_nobody_merges_before_a_car_that_would_have_to_brake_hard(gap, ego_speed, merges):
    ramp, car = ramp_beside(-4.0), agents_at([(float(gap), -4.0, 0.0, 18.0)])
    found = forecast(ramp, car, ego_speed=float(ego_speed))
    assert (np.abs(found.xy[:, 20, 1]) < 0.5).any() == merges


def test_who_merges_beside_another_car_than_ours_is_no_business_of_our_speed():
    ramp, car = ramp_beside(-4.0), agents_at([(-15.0, -4.0, 0.0, 18.0)])
    assert (np.abs(forecast(ramp, car, ego_speed=25.0).xy[:, 20, 1]) < 0.5).any()


def test_a_car_that_signals_into_the_lane_is_followed_before_it_is_in_it():
    rows = [(18.0, -4.0, 0.0, 15.0)]
    lanes = straight_lanes([0.0, -4.0])
    signal = agents_at(rows, indicator=np.array([int(Indicator.LEFT)]))
    cut_in, _ = planned(scene_of(lanes, signal, ego_state(20.0)))
    passed, _ = planned(scene_of(lanes, agents_at(rows), ego_state(20.0)))
    assert cut_in.speed[10] < passed.speed[10] - 1.0


def fork(limit=10.0):
    """A lane that ends at x = 40, where ways lead on to the left, ahead and to the right."""
    before = np.stack([X[X <= 40], 0 * X[X <= 40]], axis=1)
    angle = np.linspace(0.0, np.pi / 2, 20)
    left = np.stack([40 + 12 * np.sin(angle), 12 * (1 - np.cos(angle))], axis=1)
    ahead = np.stack([X[X >= 40], 0 * X[X >= 40]], axis=1)
    leads_to = np.zeros((4, 4), np.bool_)
    leads_to[0, 1:] = True
    lanes = lanes_of([before, left, ahead, left * (1, -1)], limit)
    return replace(lanes, leads_to=leads_to, left_of=np.zeros((4, 4), np.bool_))


def shares(found):
    """How likely a car of `fork` ends up to the left, ahead and to the right."""
    end = found.xy[:, -1, 1]
    ways = (end > 3.0, np.abs(end) < 1.0, end < -3.0)
    return [found.weight[way].sum() for way in ways]


@pytest.mark.parametrize("signal", list(Indicator))
def test_who_is_near_a_fork_goes_where_it_signals(signal):
    car = agents_at([(10.0, 0.0, 0.0, 10.0)], indicator=np.array([int(signal)]))
    found = dict(zip((1, 0, -1), shares(forecast(fork(), car)), strict=True))
    assert found[int(signal)] > 0.9
    assert sum(found.values()) == pytest.approx(1.0)


def test_who_is_far_from_a_fork_has_not_signalled_yet():
    car = agents_at([(-12.0, 0.0, 0.0, 20.0)])
    assert shares(forecast(fork(limit=20.0), car)) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(("gaining", "share"), [(0.0, 0.0), (3.0, 0.8)])
def test_who_speeds_up_is_expected_to_go_on_with_it(gaining, share):
    car = agents_at([(10.0, 0.0, 0.0, 15.0)])
    found = forecast(straight_lanes([0.0], limit=20.0), car, gaining=gaining)
    assert found.weight[found.speed[:, -1] > 19.0].sum() == pytest.approx(share)


@pytest.mark.parametrize(("priority", "share"), [(1, 0.5), (0, 0.1), (2, 0.5)])
def test_few_set_off_before_a_car_that_has_the_right_of_way(priority, share):
    lanes = replace(straight_lanes([20.0, 0.0], limit=10.0), priority=np.array([priority, 1]))
    found = forecast(lanes, agents_at([(10.0, 20.0, 0.0, 0.5)]))
    assert found.weight[found.speed[:, -1] > 9.0].sum() == pytest.approx(share)


def two_way():
    """Our lane, and left of it the one that we may overtake in and others come along."""
    ours = np.stack([X, 0 * X], axis=1)
    beside = ours + np.array([0.0, 4.0])
    lanes = lanes_of([beside, ours, beside[::-1]], limit=20.0)
    left_of = np.zeros((3, 3), np.bool_)
    left_of[0, 1] = True
    return replace(lanes, left_of=left_of, on_route=np.array([True, True, False]))


@pytest.mark.parametrize("distance", [70.0, 100.0, 140.0])
def test_an_oncoming_overtaker_is_slowed_down_for_and_not_dodged_into_the_other_lane(distance):
    rows = [(distance, 0.0, np.pi, 20.0), (distance, 4.0, np.pi, 10.0)]
    trajectory, _ = planned(scene_of(two_way(), agents_at(rows), ego_state(18.0)))
    assert trajectory.speed[20] < 17.0
    assert np.abs(trajectory.xy_ego[:, 1]).max() < 1.5


def test_an_oncoming_car_in_our_lane_is_expected_back_in_its_own():
    found = forecast(two_way(), agents_at([(100.0, 0.0, np.pi, 20.0)]))
    back = np.abs(found.xy[:, -1, 1] - 4.0) < 0.5
    assert found.weight[back].sum() == pytest.approx(0.8)
    assert found.weight.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("turn", [0.6, -0.6])
def test_only_who_turns_away_from_its_lane_may_be_on_no_lane(turn):
    car = agents_at([(20.0, -2.0, turn, 6.0)])  # 2 m to the right of the middle
    ends = forecast(straight_lanes([0.0]), car).xy[:, -1, 1]
    assert np.all(np.abs(ends) < 1.0) == (turn > 0)


@pytest.mark.parametrize("beside", [4.0, -4.0])
def test_behind_who_drives_beside_it_the_car_falls_back_at_ease(beside):
    planner = RulePlanner()
    ahead = agents_at([(6.5, beside, 0.0, 16.5)])  # 1.5 m between the bumpers
    lanes = straight_lanes(sorted([0.0, beside], reverse=True), limit=20.0)
    planner.plan(scene_of(lanes, ahead, ego_state(20.0)))
    last = planner.last
    over = (last.paths.side[last.proposals.path] != 0) & ~last.proposals.urgent
    assert over.any()
    assert last.rollouts.accel[over, 1].min() > -4.05  # m/s^2, nuPlan's comfort bound
