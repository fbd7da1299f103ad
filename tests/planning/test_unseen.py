"""Who may come from out of sight: where, how fast, and what the planner does about it."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.scene import Agents, Lanes
from planning.planner import RulePlanner
from planning.unseen import with_unseen
from tests.planning.scenes import agents_at, ego_state, lanes_of, scene_of


def two_way(sight, limit=20.0):
    """The car's lane, and one left of it for both directions; `sight` m of them can be seen."""
    x = np.arange(-80.0, sight + 1.0, 2.0)
    ours = np.stack([x, 0 * x], axis=1)
    beside = ours + np.array([0.0, 4.0])
    lanes = lanes_of([beside, ours, beside[::-1]], limit)
    left_of = np.zeros((3, 3), np.bool_)
    left_of[0, 1] = True
    return replace(lanes, left_of=left_of, on_route=np.array([True, True, False]))


def test_somebody_may_come_where_a_lane_towards_the_car_goes_out_of_sight():
    seen = agents_at([(40.0, 0.0, 0.0, 15.0)])
    found = with_unseen(seen, two_way(158.0, limit=17.0))
    assert len(found) == 2
    np.testing.assert_array_equal(found.xy_ego, [[40.0, 0.0], [158.0, 4.0]])
    assert np.cos(found.heading[1]) == pytest.approx(-1.0)
    assert found.speed[1] == 17.0
    assert len(set(found.id.tolist())) == 2


def test_nobody_comes_along_lanes_that_begin_near_or_lead_on_or_away():
    lanes = two_way(158.0)
    leads_to = lanes.leads_to.copy()
    leads_to[1, 2] = True  # something that is seen leads to it
    assert len(with_unseen(Agents.none(), replace(lanes, leads_to=leads_to))) == 0
    assert len(with_unseen(Agents.none(), two_way(40.0))) == 0
    away = replace(lanes, valid=lanes.valid & np.array([[True], [True], [False]]))
    assert len(with_unseen(Agents.none(), away)) == 0


def test_who_is_seen_there_is_the_one_who_comes():
    there = agents_at([(155.0, 4.0, np.pi, 12.0)])
    assert len(with_unseen(there, two_way(158.0))) == 1


def test_without_lanes_nobody_comes():
    assert len(with_unseen(Agents.none(), Lanes.none())) == 0


@pytest.mark.parametrize(("lead_speed", "passes"), [(15.0, False), (2.0, True)])
def test_a_car_is_overtaken_only_where_the_sight_lasts_for_it(lead_speed, passes):
    scene = scene_of(two_way(158.0), agents_at([(30.0, 0.0, 0.0, lead_speed)]), ego_state(9.0))
    trajectory, _ = RulePlanner().plan(scene)
    assert (trajectory.xy_ego[:, 1].max() > 2.0) == passes
