"""Laws of the road map: lanes join, neighbours lie where they are said to, nothing is lost."""

import numpy as np
import pytest

from datasets.frenet import Polyline
from datasets.geometry import wrap_angle
from sim.bridge import LaneTable
from sim.highway import make_bare
from sim.navigation import Navigation
from sim.scenarios import SCENARIOS

MAPS = {}
for _scenario in SCENARIOS.values():
    _env = make_bare(_scenario.env_id, _scenario.config)
    _env.reset(seed=0)
    MAPS[_scenario.name] = LaneTable(_env.road.network, _scenario.give_way).road_map
EVERY_MAP = pytest.mark.parametrize("name", MAPS)


@EVERY_MAP
def test_a_lane_begins_where_the_one_before_it_ends(name):
    road_map = MAPS[name]
    for i, j in np.argwhere(road_map.leads_to):
        a, b = road_map.lanes[i].xy_world, road_map.lanes[j].xy_world
        assert np.linalg.norm(b[0] - a[-1]) < 1.5
        turn = np.arctan2(*np.flip(b[1] - b[0])) - np.arctan2(*np.flip(a[-1] - a[-2]))
        assert abs(wrap_angle(turn)) < np.deg2rad(25)


@EVERY_MAP
def test_the_left_neighbour_lies_a_lane_width_to_the_left(name):
    road_map = MAPS[name]
    for i, j in np.argwhere(road_map.left_of):
        here, left = road_map.lanes[i], road_map.lanes[j]
        s, d = Polyline(here.xy_world).project(left.xy_world[::5])
        beside = (s > 10) & (s < Polyline(here.xy_world).length - 10)
        np.testing.assert_allclose(d[beside], here.width, atol=0.3)


@EVERY_MAP
def test_lanes_have_no_kinks(name):
    for lane in MAPS[name].lanes:
        line = Polyline(lane.xy_world)
        s = np.linspace(0, line.length, 200)
        turn = np.diff(line.heading(s)) / np.diff(s)
        assert np.max(np.abs(turn)) < 0.35  # 1/m: nothing is tighter than 3 m


@EVERY_MAP
def test_the_goal_lies_on_the_route_and_the_route_leads_there(name):
    scenario = SCENARIOS[name]
    navigation = Navigation(scenario, MAPS[name], seed=0)
    goal = navigation.goal()
    assert (goal is None) == (scenario.goal is None)
    if goal is not None:
        assert 30 < goal <= navigation.line.length
    steps = np.linalg.norm(np.diff(navigation.line.xy, axis=0), axis=1)
    assert steps.max() < 13  # from the middle of the motorway over to its exit


def test_a_ramp_that_ends_leads_nowhere():
    lanes = MAPS["merge"].lanes
    ramp = [i for i, lane in enumerate(lanes) if (lane.node_from, lane.node_to) == ("b", "c")][-1]
    assert not MAPS["merge"].leads_to[ramp].any()


def test_the_exit_leaves_from_the_lane_added_for_it():
    road_map = MAPS["exit"]
    (exit_lane,) = [i for i, lane in enumerate(road_map.lanes) if lane.node_to == "exit"]
    (before,) = np.flatnonzero(road_map.leads_to[:, exit_lane])
    assert not road_map.left_of[:, before].any()  # nothing has it on its left: it is the rightmost
    assert not road_map.leads_to[:, before].any()
