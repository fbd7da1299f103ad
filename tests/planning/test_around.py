"""Ways around wrecks: what a way keeps to, how it is kept, and when none is looked for."""

from dataclasses import replace

import numpy as np
import pytest

from control.tracking import TrajectoryController
from datasets.geometry import SE2, box_corners
from planning.around.keeper import Surroundings, find_way
from planning.around.search import arc
from planning.around.way import FINE, SPACE, follow, way_of
from planning.bicycle import MAX_CURVATURE, forward, steering_from_curvature
from planning.boxes import clear_of
from planning.lane_graph import LaneGraph
from planning.motion import Motion
from planning.planner import RulePlanner
from planning.prediction import DT, predict
from tests.planning.scenes import agents_at, ego_state, scene_of, seen_from, straight_lanes

LANES = (0.0, 4.0)  # m left of the car: its own and another one
SLALOM = [(14.0, 0.0, 0.0, 0.0), (15.0, -1.0, 1.0, 0.0), (35.0, 4.0, 0.0, 0.0)]
WALL = [(14.0, 0.6, 1.57, 0.0), (40.0, 4.0, 0.0, 0.0)]
ONTO = np.stack([np.arange(42.0, 70.0, SPACE), np.zeros(112), np.zeros(112)], axis=1)


def two_way():
    """The car's lane and an oncoming one left of it."""
    lanes = straight_lanes(LANES)
    xy = lanes.xy_ego.copy()
    xy[1] = xy[1, ::-1]
    return replace(
        lanes, xy_ego=xy, left_of=np.zeros((2, 2), bool), on_route=np.array([True, False])
    )


def surroundings(cars, lanes=LANES):
    road, agents = straight_lanes(list(lanes)[::-1]), agents_at(cars)
    n = len(agents)
    motion = Motion(np.zeros(n), np.zeros(n), np.full(n, 9.0), np.ones(n, bool))
    forecast = predict(LaneGraph.of(road), agents, motion, 10.0, 5.0)
    return Surroundings(0.0, ego_state(0.0), road, agents, motion, forecast)


def boxes_of(cars):
    return np.array([(x, y, heading, 5.0, 2.0) for x, y, heading, _ in cars])


@pytest.mark.parametrize("curvature", [-MAX_CURVATURE, -0.05, 0.0, 0.1])
def test_a_move_is_what_the_bicycle_does(curvature):
    pose, steps = (1.0, 2.0, 0.3, 1.0), 2000
    for _ in range(steps):
        pose = forward(*pose, 0.0, steering_from_curvature(curvature), 1.0 / steps)
    np.testing.assert_allclose(arc(1.0, 2.0, 0.3, curvature, 1.0), pose[:3], atol=1e-3)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_way_keeps_off_who_stands_and_off_the_grass(side):
    cars = [(x, side * y, side * heading, 0.0) for x, y, heading, _ in SLALOM]
    way = find_way(surroundings(cars, [side * y for y in LANES]), ONTO, desperate=False)
    assert way is not None
    own = slice(0, way.end + 1)
    assert all(
        clear_of(*pose, boxes_of(cars), 0.05)
        for pose in zip(*way.xy[own].T, way.heading[own], strict=True)
    )
    n = way.end + 1
    corners = box_corners(way.xy[own], way.heading[own], np.full(n, 5.0), np.full(n, 2.0))
    across = side * corners[..., 1]
    assert across.min() > -2.4
    assert across.max() < 6.4
    assert np.abs(way.xy[0]).max() == 0.0
    assert np.hypot(*(ONTO[:, :2] - way.xy[way.end]).T).min() < 1.0


def test_a_way_comes_onto_the_route_without_a_gap_or_a_kink():
    way = find_way(surroundings(SLALOM), ONTO, desperate=False)
    assert len(way.xy) > way.end + 20
    assert np.hypot(*np.diff(way.xy, axis=0).T).max() < 1.1 * SPACE
    assert np.abs(np.diff(way.heading)).max() < SPACE * MAX_CURVATURE
    plan = follow(replace(way, at=way.end - 8), ego_state(2.5), 2.5, 50)
    driven = np.hypot(*np.diff(plan.xy_ego, axis=0).T) / DT
    np.testing.assert_allclose(driven, (plan.speed[1:] + plan.speed[:-1]) / 2, atol=0.2)


def test_where_wrecks_leave_no_room_there_is_no_way():
    wall = [(14.0, y, 1.57, 0.0) for y in (-2.0, 2.0, 6.0)]
    assert find_way(surroundings(wall), ONTO, desperate=True) is None


def test_only_the_desperate_put_a_wheel_on_the_verge():
    half = [(14.0, 1.3, 0.0, 0.0)]
    assert find_way(surroundings(half, (0.0,)), ONTO, desperate=False) is None
    assert find_way(surroundings(half, (0.0,)), ONTO, desperate=True) is not None


def test_a_way_stays_where_it_is_on_the_road():
    """The car drives on; the way, moved by dead reckoning, does not."""
    way = find_way(surroundings(SLALOM), ONTO, desperate=False)
    first, pose = way.xy.copy(), (0.0, 0.0, 0.0, 0.0)
    ego = ego_state(0.0)
    for _ in range(60):
        trajectory = follow(way, ego, 4.0, 50)
        action = TrajectoryController().act(trajectory, ego)
        for _ in range(2):
            pose = forward(*pose, action.accel, action.steering_angle, 0.05)
        ego = ego_state(pose[3], action.accel, action.steering_angle)
        way = way.moved(ego, 0.1).advanced()
        assert not way.lost
    assert way.at > 20
    np.testing.assert_allclose(SE2(*pose[:3]).apply(way.xy), first, atol=1e-6)


def test_a_plan_along_a_way_begins_at_the_cars_speed_and_slows_for_bends():
    moves = np.array([(0.0, 0.0, 0.0, 0.0)] * 9)
    for k in range(1, 9):
        curvature = 0.0 if k < 5 else 0.15
        moves[k] = (*arc(*moves[k - 1, :3], curvature, 1.0), curvature)
    way = way_of(moves, np.stack([moves[-1, :3]] * (FINE + 1)))
    straight, bent = (follow(way, ego_state(v), 4.0, 50).speed for v in (0.0, 3.0))
    assert straight[0] == 0.0
    assert bent[0] == 3.0
    assert bent.min() < 2.8


def all_seen(_, agents):
    return agents


def drive(cars, seen=all_seen, seconds=25.0):
    """A planner drives the bicycle from a stand on a road with cars that stand: where it gets,
    whether it touches nobody on the way, and whether it ever follows a way around."""
    road, planner, controller = two_way(), RulePlanner(), TrajectoryController()
    pose, ego, used, clear = (0.0, 0.0, 0.0, 0.0), ego_state(0.0), False, True
    for tick in range(round(seconds * 10)):
        here = SE2(*pose[:3])
        there = [(*here.inverse().apply(np.array(row[:2])), row[2] - pose[2], 0.0) for row in cars]
        agents = seen(tick, agents_at(there))
        trajectory, why = planner.plan(scene_of(seen_from(road, here), agents, ego, tick / 10))
        used |= "around" in why
        action = controller.act(trajectory, ego)
        for _ in range(2):
            pose = forward(*pose, action.accel, action.steering_angle, 0.05)
        pose = (*pose[:3], max(pose[3], 0.0))
        ego = ego_state(pose[3], action.accel, action.steering_angle)
        clear &= clear_of(*pose[:3], boxes_of(cars), 0.0)
    return pose, clear, used


def test_the_car_gets_around_wrecks_and_touches_nobody():
    pose, clear, used = drive(WALL)
    assert used
    assert clear
    assert pose[0] > 45.0


@pytest.mark.parametrize("told", [True, False])
def test_a_way_is_let_go_once_somebody_else_drives(told):
    """Else it would begin where the rules, had they driven, would have been."""
    road, planner = two_way(), RulePlanner()
    pose, ego, driven, furthest = (0.0, 0.0, 0.0, 0.0), ego_state(0.0), 0, 0.0
    whys = []
    for tick in range(60):
        here = SE2(*pose[:3])
        there = [(*here.inverse().apply(np.array(row[:2])), row[2] - pose[2], 0.0) for row in WALL]
        scene = scene_of(seen_from(road, here), agents_at(there), ego, tick / 10)
        trajectory, why = planner.plan(scene)
        furthest = max(furthest, float(np.hypot(*trajectory.xy_ego[0])))
        whys.append(why)
        if driven or "around" in why:  # from now on somebody else drives, and backs off
            driven += 1
            pose = forward(*pose[:3], -1.0, 0.0, 0.3, 0.1)
            ego = ego_state(-1.0, 0.0, 0.3)
            if told:
                planner.let_go()
    assert driven > 10
    assert (furthest < 0.3) == told
    assert ("around" in whys[-1]) == (not told)  # nor is another one looked for


def test_ghosts_send_nobody_around():
    """Somebody who is never the same from one look to the next has not stood for a while."""

    def ghosts(tick, agents):
        return replace(agents, id=agents.id + 10 * tick).where(np.full(len(agents), tick % 2 == 0))

    assert not drive(WALL, ghosts, seconds=8.0)[2]


def test_a_way_is_left_once_those_in_the_way_have_gone_on():
    gone = 80  # ticks, after which they drive off along the road

    def some_go_on(tick, agents):
        along = max(tick - gone, 0) * 0.6
        speed = np.where(tick > gone, 6.0, agents.speed)
        far = agents.xy_ego + np.array([along, 0.0])
        return replace(agents, xy_ego=far, heading=0 * agents.heading, speed=speed)

    stays, _, used = drive(WALL[:1], some_go_on, seconds=8.0)
    goes_on, _, _ = drive(WALL[:1], some_go_on, seconds=16.0)
    assert used
    assert goes_on[0] - stays[0] > 35.0  # m in 8 s; at walking pace it would be a dozen
