"""How near is near: closed-form cases."""

import numpy as np
import pytest

from datasets.geometry import box_corners, boxes_overlap
from sim.scores.lanes import LaneIndex
from sim.scores.proximity import gap_to_others, near_misses, proximity, time_to_collision

EGO = (0.0, 0.0, 0.0, 10.0)


@pytest.mark.parametrize(
    ("other", "only_ahead", "ttc"),
    [
        ((25, 0, 0, 0), True, 2.0),  # 20 m of gap at 10 m/s
        ((25, 0, 0, 5), True, np.inf),  # 4 s are beyond the horizon
        ((15, 0, 0, 5), True, 2.0),
        ((25, 0, np.pi, 10), True, 1.0),  # oncoming
        ((25, 2.1, 0, 0), True, np.inf),  # beside the path
        ((10, 10, -np.pi / 2, 10), False, 0.65),  # crossing: 6.5 m to the ego's side
        ((10, 10, -np.pi / 2, 10), True, np.inf),  # 45 degrees aside: not ahead
        ((-15, 0, 0, 30), False, np.inf),  # from behind
        ((4, 0, 0, 0), True, 0.0),  # already touching
    ],
)
def test_time_to_collision(worlds, other, only_ahead, ttc):
    state = worlds.state(0.0, [EGO, other])
    assert time_to_collision(state, only_ahead) == pytest.approx(ttc, abs=0.01)


def test_a_standing_ego_runs_into_nobody(worlds):
    assert time_to_collision(worlds.state(0, [(0, 0, 0, 0), (6, 0, np.pi, 10)]), False) == np.inf


def test_exact_meeting_agrees_with_small_steps(worlds):
    rng = np.random.default_rng(3)
    met = 0
    for _ in range(300):
        other = (*rng.uniform(-30, 40, 2), rng.uniform(-np.pi, np.pi), rng.uniform(0, 20))
        state = worlds.state(0.0, [EGO, other])
        exact = time_to_collision(state, only_ahead=False)
        t = np.arange(0, 3, 0.01)
        step = state.speed * t[:, None]
        path = np.stack([np.cos(state.heading), np.sin(state.heading)], -1) * step[..., None]
        size = np.full(len(t), 5.0), np.full(len(t), 2.0)
        boxes = [
            box_corners(state.xy_world[i] + path[:, i], np.full(len(t), state.heading[i]), *size)
            for i in (0, 1)
        ]
        hits = np.flatnonzero(boxes_overlap(*boxes))
        if np.isfinite(exact) and len(hits):
            met += 1
            assert exact == pytest.approx(t[hits[0]], abs=0.011)
    assert met > 5


def test_gaps_in_line_and_side_by_side(worlds):
    state = worlds.state(0, [EGO, (9, 0, 0, 0), (0, -3.5, 0, 0), (4, 1, 0, 0)])
    np.testing.assert_allclose(gap_to_others(state), [4, 1.5, 0], atol=1e-9)


def test_headway_to_the_lead_across_the_end_of_a_lane(worlds):
    road = worlds.road(
        [(-100, 0), (20, 0)], [(20, 0), (500, 0)], [(-100, 4), (500, 4)], leads_to=[(0, 1)]
    )
    log = worlds.cruise(
        ticks=1,
        road_map=road,
        others=[(25, 0, 0, 10, 0, 1), (-20, 0, 0, 10, 0, 0), (12, 4, 0, 10, 0, 2)],
    )
    near = proximity(log, LaneIndex(road))
    assert near.headway[0] == pytest.approx(2.0)  # 25 m less a car, at 10 m/s


def test_one_close_call_is_one_near_miss(worlds):
    log = worlds.cruise(speed=10, ticks=10, others=[(20, 0, 0, 0)])
    near = proximity(log, LaneIndex(log.road_map))
    assert near_misses(near) == {"ttc": 1, "headway": 1, "gap": 0}


def test_an_empty_road_is_far_from_everything(worlds):
    log = worlds.cruise()
    near = proximity(log, LaneIndex(log.road_map))
    assert np.all(np.isinf([near.ttc, near.headway, near.gap]))
