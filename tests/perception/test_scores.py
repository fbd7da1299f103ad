"""The scores of perception: perfect eyes score perfectly, known errors come out as known."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.geometry import wrap_angle
from perception.nouns import OWN, STATIONS
from perception.scores import calibration, lanes, vehicles
from perception.scores.table import Table
from sim.cameras.rig import default_rig
from tests.perception.made_up import agents_of, detected, road

RIG = default_rig()
CARS = [(10.0, 0.0, 0.0, 8.0), (25.0, 4.0, 0.1, 0.0), (45.0, -4.0, np.pi, 12.0), (-20, 0, 0, 9)]


def scored(truth, told, score=None) -> dict[str, Table]:
    score = np.full(len(told), 0.9) if score is None else np.asarray(score)
    return vehicles.score_vehicles(truth, told, score, score > 0.5, RIG)


def summary_of(tables):
    return vehicles.summary(tables["told"], tables["true"], tables["matches"])


def test_perfect_eyes_score_perfectly():
    truth = agents_of(detected(CARS))
    got = summary_of(scored(truth, truth))
    assert got["ap"] == pytest.approx(1.0)
    assert got["recall"] == 1.0
    assert max(got[name] for name in ("ate", "ase", "aoe", "ave")) < 1e-9


def test_blind_eyes_score_nothing():
    truth = agents_of(detected(CARS))
    got = summary_of(scored(truth, agents_of(detected([]))))
    assert got["ap"] == 0.0
    assert got["recall"] == 0.0
    assert got["ate"] is None


@pytest.mark.parametrize("shift", [0.3, 0.7, 1.5, 3.0])
def test_an_error_of_the_place_is_the_translation_error_and_fails_the_finer_thresholds(shift):
    truth = agents_of(detected(CARS))
    told = replace(truth, xy_ego=truth.xy_ego + np.array([shift, 0.0]))
    got = summary_of(scored(truth, told))
    assert got["ap"] == pytest.approx(np.mean([shift < t for t in vehicles.THRESHOLDS]))
    if shift < vehicles.ERROR_AT:
        assert got["ate"] == pytest.approx(shift)


def test_errors_of_heading_and_speed_are_told_apart():
    truth = agents_of(detected([(10.0, 0.0, 0.0, 8.0)]))
    turned = replace(truth, heading=wrap_angle(truth.heading + 0.2))
    assert summary_of(scored(truth, turned))["aoe"] == pytest.approx(0.2)
    faster = replace(truth, speed=truth.speed + 1.5)
    assert summary_of(scored(truth, faster))["ave"] == pytest.approx(1.5)
    assert summary_of(scored(truth, faster))["aoe"] == 0.0


def test_an_invented_car_costs_precision_by_how_sure_it_is():
    truth = agents_of(detected(CARS[:2]))
    told = agents_of(detected([*CARS[:2], (15.0, -20.0, 0.0, 0.0)]))
    assert summary_of(scored(truth, told, [0.9, 0.8, 0.7]))["ap"] == pytest.approx(1.0)
    sure = summary_of(scored(truth, told, [0.9, 0.8, 0.95]))["ap"]
    # precision 1/2, then 2/3 at full recall; the envelope is 2/3 throughout
    assert sure == pytest.approx((2 / 3 - 0.1) / 0.9)


def test_hardly_visible_cars_are_nobody_s_business():
    seen = detected(CARS)
    truth = replace(agents_of(seen), visible=np.array([1.0, 0.3, 1.0, 0.0]))
    everyone, the_clear = agents_of(seen), agents_of(seen.where(np.array([0, 2])))
    for told in (everyone, the_clear):
        got = summary_of(scored(truth, told))
        assert got["vehicles"] == 2
        assert got["ap"] == pytest.approx(1.0)


def test_two_predictions_do_not_find_the_same_car():
    truth = agents_of(detected(CARS[:1]))
    told = agents_of(detected([CARS[0], (10.2, 0.1, 0.0, 8.0)]))
    owner = vehicles.match(truth, told, np.array([0.6, 0.9]), np.ones(1, bool), 2.0)
    assert sorted(owner.tolist()) == [-1, 0]
    assert owner[1] == 0


def test_distance_and_camera_are_those_of_the_car():
    truth = agents_of(detected([(80.0, 1.0, 0, 0), (5.0, 0.5, 0, 0), (-9.0, 0.0, 0, 0)]))
    assert vehicles.sharpest_camera(truth.xy_ego, RIG).tolist() == [
        "front_narrow", "front_narrow", "rear"
    ]  # fmt: skip
    rows = scored(truth, truth)["true"]
    assert len(vehicles.within(rows, 0.0, 30.0)["away"]) == 2


# --- lanes ---


def lane_summary(truth, told):
    tables = lanes.score_road(truth, told)
    return lanes.summary(tables["lanes"], tables["lane errors"])


def test_a_perfect_road_scores_perfectly():
    for curvature in (0.0, 0.05):
        truth = road(0.3, (1, 2, 3), curvature)
        got = lane_summary(truth, truth)
        assert got["f1"] == 1.0
        assert got["f1_painted"] == 1.0
        assert got["err_50m"] < 0.02


def test_neighbours_share_their_boundary():
    truth = road(0.0, (1, 2, 3))
    counts = lanes.score_road(truth, truth)["lanes"]
    assert counts["true"].tolist() == [4]


@pytest.mark.parametrize(("shift", "f1"), [(0.4, 1.0), (0.6, 0.0)])
def test_half_a_metre_is_the_bound(shift, f1):
    truth, told = road(0.0, (2, 3)), road(shift, (2, 3))
    got = lane_summary(truth, told)
    assert got["f1"] == f1
    assert got["err_10m"] == pytest.approx(shift, abs=0.01)


def test_a_missed_and_an_invented_lane_cost_as_much():
    both, one = road(0.0, (2, 3)), road(0.0, (2,))
    assert lane_summary(both, one)["f1"] == pytest.approx(2 * 2 / (3 + 2))
    assert lane_summary(one, both)["f1"] == pytest.approx(2 * 2 / (3 + 2))


def test_what_nobody_painted_counts_for_the_first_score_only():
    unpainted = np.tile([1.0, 0.0, 0.0], (5, 1))
    painted = np.tile([0.0, 1.0, 0.0], (5, 1))
    truth = road(0.0, (2, 3), right_marking=unpainted, left_marking=painted)
    # Painted are the left edges of both lanes; the right edge of the right one is not.
    told = road(0.0, (2,), right_marking=painted, left_marking=painted)
    got = lane_summary(truth, told)
    assert got["f1"] == pytest.approx(2 * 2 / (3 + 2))
    assert got["f1_painted"] == 1.0


def test_a_road_that_is_not_seen_is_missed():
    got = lane_summary(road(), road(exists=0.0))
    assert got["f1"] == 0.0
    assert got["err_10m"] is None


# --- calibration ---


@pytest.mark.parametrize(("factor", "share"), [(1.0, 0.954), (0.5, 0.683), (2.0, 0.99994)])
def test_a_standard_deviation_is_held_to_its_word(factor, share):
    rng, rows = np.random.default_rng(0), []
    for _ in range(300):
        truth = road()
        error = rng.normal(0, truth.lateral_std)
        told = replace(
            truth,
            xy_ego=truth.xy_ego + error[:, None] * (0.0, 1.0),
            lateral_std=factor * truth.lateral_std,
        )
        rows.append(calibration.road_errors(truth, told))
    z = np.concatenate([row["z"] for row in rows])
    assert len(z) > 290 * (STATIONS - 1)
    assert (np.abs(z) < calibration.WITHIN).mean() == pytest.approx(share, abs=0.015)
    assert OWN == 2
