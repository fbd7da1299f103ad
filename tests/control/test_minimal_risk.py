"""The minimal-risk stop comes to a stand in its lane, whoever is ahead and whatever is seen."""

import numpy as np
import pytest

from control.minimal_risk import BRAKING, MinimalRiskStop
from control.tracking import TrajectoryController
from datasets.scene import Lanes
from tests.planning.scenes import agents_at, ego_state, scene_of, straight_lanes

STANDING_AHEAD = (14.0, 0.0, 0.0, 0.0)


def stop():
    return MinimalRiskStop(TrajectoryController())


@pytest.mark.parametrize("lanes", [straight_lanes((0.0,)), Lanes.none()], ids=["lane", "no lane"])
@pytest.mark.parametrize("rows", [[], [STANDING_AHEAD]], ids=["alone", "behind a wreck"])
def test_it_plans_to_stand_in_its_lane(lanes, rows):
    plan = stop().plan(scene_of(lanes, agents_at(rows), ego_state(8.0)))
    assert plan is not None
    assert plan.speed[-1] == pytest.approx(0.0, abs=0.1)
    assert np.abs(plan.xy_ego[:, 1]).max() < 0.2
    assert np.all(np.diff(plan.speed) < 0.01)


def test_it_brakes_harder_than_is_comfortable_only_for_somebody_ahead():
    alone, behind = (
        stop().plan(scene_of(straight_lanes((0.0,)), agents_at(rows), ego_state(11.0)))
        for rows in ([], [STANDING_AHEAD])
    )
    hardest = [-np.diff(plan.speed).min() / (plan.t[1] - plan.t[0]) for plan in (alone, behind)]
    assert hardest[0] <= BRAKING + 0.1 < hardest[1]
