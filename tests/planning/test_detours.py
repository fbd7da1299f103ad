"""Ways around who stands in the way."""

import numpy as np
import pytest

from planning.detours import OUT_OF_LANE, breakdown_on, with_detours
from planning.lane_graph import LaneGraph
from planning.motion import Motion
from planning.planner import RulePlanner
from planning.reach import find_paths
from tests.planning.scenes import agents_at, ego_state, scene_of, straight_lanes

FAR = np.inf  # no junction in sight


def detours(cars, still, lanes=(0.0,), wrecked=None, junction=FAR):
    """How far each way runs aside of the car's own path where the first car stands, m."""
    road, agents = straight_lanes(list(lanes)), agents_at(cars)
    scene, n = scene_of(road, agents, ego_state(3.0)), len(agents)
    paths = find_paths(LaneGraph.of(road), scene.ego, scene.route)
    motion = Motion(np.zeros(n), np.zeros(n), np.full(n, still), np.full(n, bool(wrecked)))
    ways = with_detours(paths, road, agents, breakdown_on(paths, agents, motion, junction))
    x = cars[0][0]
    return sorted(float(np.interp(x, way[:, 0], way[:, 1])) for way in ways.xy[len(paths) :])


def test_where_nobody_stands_there_is_no_way_around():
    assert detours([(20.0, 0.0, 0.0, 9.0)], 0.0) == []


def test_around_who_only_stops_the_car_keeps_to_its_lane():
    assert detours([(20.0, 0.0, 0.0, 0.0)], 1.0, (0.0, 4.0)) == pytest.approx([-1.0, 1.0], abs=0.1)


@pytest.mark.parametrize("wrecked", [False, True])
def test_around_a_breakdown_it_takes_the_next_lane_but_not_the_grass(wrecked):
    aside = detours([(20.0, 0.0, 0.0, 0.0)], 0.0 if wrecked else 9.0, (0.0, 4.0), wrecked)
    assert max(aside) == pytest.approx(max(OUT_OF_LANE), abs=0.1)
    assert min(aside) > -2.0


def test_who_waits_before_a_junction_is_not_driven_around_unless_it_crashed():
    car = [(20.0, 0.0, 0.0, 0.0)]
    assert len(detours(car, 9.0, (0.0, 4.0), junction=85.0)) == 2
    assert len(detours(car, 9.0, (0.0, 4.0), wrecked=True, junction=85.0)) > 2


def test_a_wreck_that_leaves_room_is_passed():
    """Two cars stand crashed a metre into the lane; beside them there is asphalt."""
    wreck = [(18.0, 1.8, 0.6, 0.0), (21.5, 3.5, -0.4, 0.0)]
    scene = scene_of(straight_lanes([0.0, -4.0]), agents_at(wreck), ego_state(2.0))
    planner = RulePlanner()
    trajectory, _ = planner.plan(scene)
    assert trajectory.xy_ego[-1, 0] > 5.0
    assert not planner.last.emergency
