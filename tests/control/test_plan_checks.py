"""What a plan is asked: each check fires on its fault and is silent without it."""

from dataclasses import replace

import numpy as np
import pytest

from control.agreement import AgreementLimits, agree, beside_rules, heads_agree
from control.margin import worst
from control.plan_checks import FALLBACK, LEARNED, Course, feasible, on_the_road
from control.plans import PlanConfig, RulesPlan, against_learned
from control.traffic_checks import CERTAIN, avoids_collisions, collision_time, keeps_distance
from datasets.driving import Trajectory
from datasets.scene import Lanes
from planning.boxes import EGO_LENGTH, EGO_WIDTH
from planning.lane_graph import LaneGraph
from planning.learned import LearnedPlan
from planning.motion import MotionMemory
from planning.planner import RulePlanner
from planning.prediction import predict
from tests.planning.scenes import (
    agents_at,
    bent_lane,
    ego_state,
    lanes_of,
    mirrored,
    scene_of,
    straight_lanes,
)

SPEED = 20.0
EGO = ego_state(SPEED)
T = np.arange(0.0, 4.01, 0.1)


def plan(accel=0.0, speed=SPEED, yaw_rate=0.0, start=(0.0, 0.0), turned=0.0, slide=0.0):
    """A trajectory that begins so, and keeps this acceleration and yaw rate."""
    v = np.maximum(speed + accel * T, 0.0)
    heading = turned + yaw_rate * T
    step = np.stack([v * np.cos(heading), v * np.sin(heading) + slide], axis=1) * 0.1
    xy = np.concatenate([[start], np.array(start) + np.cumsum(step[:-1], axis=0)])
    return Trajectory(T, xy, heading, v)


def jerky():
    v = np.where(T < 1.0, SPEED - 5.5 * T, SPEED - 5.5 + 5.5 * (T - 1.0))
    return replace(plan(), speed=v, xy_ego=np.stack([np.cumsum(v) * 0.1, 0 * T], axis=1) - [2, 0])


def failing(trajectory, ego=EGO, limits=LEARNED):
    return {m.check for m in feasible(Course.of(trajectory), ego, limits) if not m.passed}


@pytest.mark.parametrize(
    ("trajectory", "check"),
    [
        (plan(start=(0.0, 1.0)), "starts at the car"),
        (plan(turned=0.4), "starts along the car"),
        (plan(speed=25.0), "starts at its speed"),
        (plan(yaw_rate=0.4), "sideways acceleration"),
        (plan(accel=-7.0), "acceleration"),
        (plan(slide=10.0), "speed fits the way"),
        (jerky(), "jerk"),
    ],
)
def test_each_check_fires_on_its_fault_alone(trajectory, check):
    assert failing(trajectory) == {check}


@pytest.mark.parametrize("accel", [0.0, 2.0, -4.0, -6.0])
@pytest.mark.parametrize("yaw_rate", [0.0, 0.2, -0.2])
def test_what_a_car_can_do_passes(accel, yaw_rate):
    assert failing(plan(accel, yaw_rate=yaw_rate)) == set()


def test_a_turn_sharper_than_the_wheel_allows_is_no_plan_even_when_slow():
    assert failing(plan(speed=3.0, yaw_rate=0.7), ego_state(3.0)) == {"curvature"}


@pytest.mark.parametrize(
    ("speed", "radius"), [(2.0, 15.0), (8.0, 15.0), (8.0, 60.0), (15.0, 60.0), (30.0, 400.0)]
)
def test_what_the_rules_plan_passes_the_limits_of_either(speed, radius):
    scene = scene_of(lanes_of([bent_lane(radius)], limit=speed), ego=ego_state(speed))
    course = Course.of(RulePlanner().plan(scene)[0])
    for limits in (LEARNED, FALLBACK):
        assert worst(feasible(course, scene.ego, limits)).value > 0
        assert on_the_road(course, scene.lanes, limits).value > 0


def test_leaving_the_road_is_seen_on_either_side_alike_and_lane_changes_are_none():
    lanes = straight_lanes((4.0, 0.0))
    mirror = mirrored(scene_of(lanes)).lanes
    leaving, changing = plan(yaw_rate=-0.08), plan(yaw_rate=0.04)
    for course, expected in ((Course.of(leaving), False), (Course.of(changing), True)):
        margin = on_the_road(course, lanes, LEARNED)
        assert margin.passed == expected
        other = Course(course.xy * [1, -1], -course.heading, course.speed)
        assert on_the_road(other, mirror, LEARNED).value == pytest.approx(margin.value)


def test_no_road_is_no_road_and_an_unsure_one_is_wider():
    course = Course.of(plan(yaw_rate=-0.06))
    lanes = straight_lanes((0.0,))
    unsure = replace(lanes, lateral_std=np.full(lanes.valid.shape, 0.3))
    assert not on_the_road(course, Lanes.none(), LEARNED).passed
    sure, wide = (on_the_road(course, each, LEARNED).value for each in (lanes, unsure))
    assert sure < wide


def traffic(rows, trajectory, lanes=(4.0, 0.0)):
    """The margins of a plan on lanes beside each other among cars at (x, y, heading, speed)."""
    seen = agents_at(rows)
    graph = LaneGraph.of(straight_lanes(lanes))
    forecast = predict(graph, seen, MotionMemory().update(0.0, seen), 10.0, 5.0)
    course = Course.of(trajectory)
    return {
        m.check: m.value
        for m in (avoids_collisions(course, forecast, 1.5), *keeps_distance(course, forecast))
    }


def test_an_empty_road_is_clear():
    assert set(traffic([], plan()).values()) == {1.0}


@pytest.mark.parametrize(
    ("rows", "trajectory", "bad"),
    [
        ([(14.0, 0.0, 0.0, 5.0)], plan(), {"time to collision", "gap"}),
        ([(9.0, 0.0, 0.0, 20.0)], plan(), {"gap"}),
        ([(9.0, 0.0, 0.0, 20.0)], plan(accel=-4.0), set()),  # who was cut up makes room
        ([(0.0, 4.0, 0.0, 20.0)], plan(), set()),
        ([(0.0, 4.0, 0.0, 20.0)], plan(yaw_rate=0.13), {"time to collision", "gap"}),
        ([(-30.0, 4.0, 0.0, 32.0)], plan(yaw_rate=0.09), {"cut-in"}),
        ([(-60.0, 4.0, 0.0, 20.0)], plan(yaw_rate=0.08), set()),
        ([(-9.0, 0.0, 0.0, 30.0)], plan(), set()),  # who comes from behind brakes himself
        ([(20.0, -12.0, np.pi / 2, 12.0)], plan(), {"time to collision"}),
    ],
)
def test_traffic(rows, trajectory, bad):
    margins = traffic(rows, trajectory)
    assert {check for check, value in margins.items() if value < 0} == bad


NOSE_TO_SIDE = EGO_LENGTH / 2 + EGO_WIDTH / 2  # m between the middles of who stand so


def test_who_is_across_gets_more_air():
    """Half a metre from the car: beside who drives along, and before who drives across."""
    still = plan(speed=0.0)
    beside, oncoming = ((0.0, EGO_WIDTH + 0.5, turn, 10.0) for turn in (0.0, np.pi))
    across = (NOSE_TO_SIDE + 0.5, -20.0, np.pi / 2, 20.0)
    for harmless in (beside, oncoming):
        assert traffic([harmless], still)["time to collision"] == 1.0
    assert traffic([across], still)["time to collision"] < 0


@pytest.mark.parametrize(
    ("row", "trajectory", "passes"),
    [
        ((EGO_LENGTH + 0.1, 0.0, 0.0, 0.0), plan(speed=0.0), True),
        ((EGO_LENGTH + 0.1, 0.0, 0.0, 0.0), plan(speed=0.5), False),  # pushes
        ((NOSE_TO_SIDE + 0.5, 0.0, np.pi / 2, 8.0), plan(speed=0.0), True),
        ((NOSE_TO_SIDE + 0.5, 0.0, np.pi / 2, 8.0), plan(speed=2.0), False),  # into his tail
        ((3.0, EGO_WIDTH + 0.15, 0.0, 0.0), plan(speed=10.0), True),  # by, no nearer than now
        ((3.0, EGO_WIDTH + 0.15, 0.0, 0.0), plan(speed=10.0, yaw_rate=0.3), False),
        ((3.0, EGO_WIDTH + 0.15, 0.0, 0.0), plan(speed=10.0, yaw_rate=-0.3), True),
        ((3.0, EGO_WIDTH + 0.15, 0.0, 8.0), plan(speed=10.0), True),
    ],
)
def test_who_is_too_near_already_may_stay_but_not_come_nearer(row, trajectory, passes):
    margins = traffic([row], trajectory, lanes=(20.0,))  # nobody is drawn to a lane
    assert (margins["time to collision"] == 1.0) == passes


def across_and_others():
    """Somebody who drives across 8 m from the side of the car, after two whose ways fork."""
    rows = [(60.0, 4.0, 0.0, 10.0), (60.0, 2.0, 0.0, 10.0)]
    rows.append((3.0, -8.0 - NOSE_TO_SIDE, np.pi / 2, 10.0))
    seen = agents_at(rows)
    graph = LaneGraph.of(straight_lanes((4.0, 0.0)))
    forecast = predict(graph, seen, MotionMemory().update(0.0, seen), 0.0, 5.0)
    assert forecast.size > len(rows), "somebody has several hypotheses"
    return forecast


def test_who_drives_across_may_go_straight_on():
    """Foreseen to stop where he is: believed, but for the next second."""
    still = Course.of(plan(speed=0.0))
    forecast = across_and_others()
    stops = forecast._replace(xy=np.repeat(forecast.xy[:, :1], forecast.xy.shape[1], axis=1))
    assert collision_time(still, stops) == pytest.approx(0.8, abs=0.05)
    assert collision_time(still, stops, CERTAIN) == np.inf
    further = stops._replace(xy=stops.xy - [0.0, 6.0])
    assert collision_time(still, further) == np.inf


def test_a_plan_that_passes_still_passes_when_the_one_ahead_is_further_away():
    for speed in (0.0, 10.0, 20.0, 30.0):
        margins = [traffic([(x, 0.0, 0.0, speed)], plan()) for x in np.arange(6.0, 90.0, 3.0)]
        for check in margins[0]:
            values = np.array([each[check] for each in margins])
            passed = values >= 0
            assert np.all(passed[1:] >= passed[:-1]), (speed, check, values)


def test_invalid_agents_change_nothing():
    seen = agents_at([(14.0, 0.0, 0.0, 5.0)])
    gone = seen.where(np.zeros(1, np.bool_)).compact()
    graph = LaneGraph.of(straight_lanes((0.0,)))
    forecast = predict(graph, gone, MotionMemory().update(0.0, gone), 10.0, 5.0)
    assert avoids_collisions(Course.of(plan()), forecast, 1.5).value == 1.0


LIMITS = AgreementLimits()


@pytest.mark.parametrize(
    ("spread", "beside_the_rules", "bad"),
    [
        ({}, np.inf, set()),
        ({"path_spread": 2.0}, np.inf, {"heads agree on the path"}),
        ({"path_spread": 2.0}, 1.0, {"heads agree on the path"}),
        ({"path_spread": 2.0}, 0.8, set()),  # the rules would drive there, too
        ({"path_spread": 0.1}, 5.0, set()),
        ({"speed_spread": 4.0}, 0.0, {"heads agree on the speed"}),
    ],
)
def test_heads(spread, beside_the_rules, bad):
    learned = LearnedPlan(plan(), **({"path_spread": 0.1, "speed_spread": 0.2} | spread))
    margins = heads_agree(learned, beside_the_rules, LIMITS)
    assert {m.check for m in margins if not m.passed} == bad


LEFT, RIGHT = plan(yaw_rate=0.1), plan(yaw_rate=-0.1)  # lane changes


@pytest.mark.parametrize(
    ("learned", "rules", "for_the_route", "bad"),
    [
        (plan(), plan(), False, set()),
        (plan(), plan(), True, set()),
        (plan(accel=1.0), plan(accel=-5.0), False, {"no faster than the rules"}),
        (plan(accel=-5.0), plan(accel=1.0), False, set()),  # who brakes needs no permission
        (LEFT, plan(), False, set()),
        (plan(yaw_rate=0.17), RIGHT, False, {"beside the rules' path"}),
        (plan(), RIGHT, False, set()),
        (plan(), RIGHT, True, {"the lane of the route"}),
        (RIGHT, RIGHT, True, set()),
        (plan(accel=-5.0, yaw_rate=-0.1), RIGHT, True, set()),  # the same, only slower
        (plan(speed=35.0), plan(speed=34.4), True, set()),  # moments lie apart, lines do not
    ],
)
def test_agreement_with_the_rules(learned, rules, for_the_route, bad):
    course, ruled = Course.of(learned), Course.of(rules)
    margins = agree(course, ruled, beside_rules(course, ruled), for_the_route, LIMITS)
    assert {m.check for m in margins if not m.passed} == bad


@pytest.mark.parametrize(
    ("rules", "heard"),
    [
        (None, True),
        (plan(), False),  # they would drive there, too
        (plan(speed=SPEED - 0.5), False),  # moments lie apart, lines do not
        (LEFT, True),
        (plan(accel=-5.0), True),  # they would not get there
    ],
)
def test_torn_heads_matter_where_the_rules_would_not_drive(rules, heard):
    torn = LearnedPlan(plan(), path_spread=2.5, speed_spread=0.2)
    scene = scene_of(straight_lanes((0.0,)), ego=EGO)
    nobody = MotionMemory().update(0.0, scene.agents)
    forecast = predict(LaneGraph.of(scene.lanes), scene.agents, nobody, SPEED, 5.0)
    beside = None if rules is None else RulesPlan(rules, "", forecast)
    checks = {m.check: m.passed for m in against_learned(torn, beside, scene, PlanConfig())}
    assert checks["heads agree on the path"] is not heard
