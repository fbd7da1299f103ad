"""Laws of a whole episode's row."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from datasets.episode import End
from datasets.scene import AgentKind
from sim.scores.carla import traffic_speed_share
from sim.scores.collision import no_at_fault_collision, struck
from sim.scores.episode import SCORES, driver_shares, error_row, score_episode

OTHERS = [(40, 0, 0, 9.0), (-30, 0, 0, 9.0), (200, 0, 0, 5.0)]


def test_a_perfect_drive_scores_one(worlds):
    row = score_episode(worlds.cruise(ticks=100), reference_progress=100.0)
    assert [row[name] for name in SCORES] == [1.0] * len(SCORES)
    assert row["mean_speed"] == pytest.approx(10)
    assert row["harsh_brakes"] == row["hand_overs"] == row["late_ticks"] == 0


def test_a_standing_ego_makes_no_progress(worlds):
    log = worlds.cruise(speed=0.0, others=OTHERS, end=End.STUCK, goal=100.0)
    row = score_episode(log, reference_progress=100.0)
    assert row["progress"] == row["route_completion"] == row["carla_ds"] == row["nuplan_cls"] == 0
    assert not row["success"]


def test_metres_past_a_missed_exit_are_no_progress(worlds):
    road = worlds.road([(-100, 0), (30, 0)], [(30, 0), (500, 0)])
    ticks = [[(float(k), 0.0, 0.0, 10.0, 0, int(k > 30))] for k in range(61)]
    off_route = np.array([True, False])
    log = worlds.log(ticks, road_map=road, end=End.OFF_ROAD, goal=60.0, on_route=off_route)
    assert log.progress_made == 30
    assert log.route_completion == 0.5


def test_scores_do_not_depend_on_the_order_of_the_others(worlds):
    log = worlds.cruise(others=OTHERS, end=End.TIME_OUT, goal=90.0)
    order = np.array([0, 3, 1, 2])

    def shuffled(state):
        arrays = {f.name: getattr(state, f.name)[order] for f in fields(state)[1:]}
        return replace(state, **arrays)

    other = replace(log, states=tuple(shuffled(state) for state in log.states))
    assert score_episode(log, 50.0) == score_episode(other, 50.0)


def test_a_row_survives_json(worlds):
    row = score_episode(worlds.cruise(others=OTHERS), 50.0)
    assert json.loads(json.dumps(row, allow_nan=False)) == row


@pytest.mark.parametrize(
    ("kind", "at_fault", "nc"),
    [
        (AgentKind.VEHICLE, True, 0.0),
        (AgentKind.OBSTACLE, True, 0.5),
        (AgentKind.VEHICLE, False, 1.0),
    ],
)
def test_what_was_hit_and_whose_fault(worlds, kind, at_fault, nc):
    others = [(9.0, 0, 0, 0, kind), (5, 8, 0, 0)]
    log = worlds.cruise(ticks=5, others=others, end=End.COLLISION, at_fault=at_fault, goal=10.0)
    assert struck(log) is kind
    assert no_at_fault_collision(log) == nc
    row = score_episode(log, 50.0)
    factor = 0.65 if kind is AgentKind.OBSTACLE else 0.60
    slow = 1.0  # all that is near stands still
    assert row["carla_ds"] == pytest.approx(0.5 * factor * slow)


def test_traffic_speed_counts_only_near_vehicles(worlds):
    fast = [(40, 0, 0, 20.0), (300, 0, 0, 90.0), (10, 8, 0, 0.0, AgentKind.OBSTACLE)]
    assert traffic_speed_share(worlds.cruise(ticks=5, others=fast)) == pytest.approx(0.5)
    assert traffic_speed_share(worlds.cruise(ticks=5)) == 1


def test_driver_shares_add_up():
    assert driver_shares(("policy", "policy", "rules", "policy")) == {"policy": 0.75, "rules": 0.25}


def test_an_episode_that_raised_is_a_failure_with_its_traceback():
    row = error_row("merge", 3, "Traceback ...")
    assert row["outcome"] == "error"
    assert not row["success"]
    assert all(row[name] == 0 for name in SCORES)


def test_a_log_must_have_one_state_more_than_actions(worlds):
    log = worlds.cruise()
    with pytest.raises(ValueError, match="got 50 actions and 50 states"):
        replace(log, states=log.states[:-1])


def test_every_hand_over_is_told_with_its_reason(worlds):
    log = worlds.cruise(ticks=4)
    drivers, reasons = ("policy", "rules", "rules", "policy"), ("a", "b", "c", "d")
    row = score_episode(replace(log, drivers=drivers, reasons=reasons), reference_progress=100.0)
    assert row["hand_overs"] == 2
    assert row["switches"] == [
        {"t": 0.1, "from": "policy", "to": "rules", "reason": "b"},
        {"t": 0.3, "from": "rules", "to": "policy", "reason": "d"},
    ]
    eased = replace(log, drivers=("policy", "eased", "rules", "eased"), reasons=reasons)
    row = score_episode(eased, reference_progress=100.0)
    assert row["hand_overs"] == 2  # held back, a policy keeps the wheel
    assert [switch["t"] for switch in row["switches"]] == [0.1, 0.2, 0.3]
    with pytest.raises(ValueError, match="expected 4 drivers, reasons and plans"):
        replace(log, reasons=("a",))
