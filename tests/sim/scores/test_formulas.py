"""Goldens worked out by hand for the formulas of the published scores."""

from dataclasses import replace

import numpy as np
import pytest

from sim.scores.carla import Infractions, penalty, penalty_21
from sim.scores.pdm import SubScores, epdms, nuplan_cls, pdms, progress_share, ttc_within_bound

PERFECT = SubScores(1, 1, 1, 1, 1, 1, 1, 1, 1)
MIXED = replace(PERFECT, progress=0.5, speed_limit=0.5, comfort=0)


@pytest.mark.parametrize(
    ("found", "multiplied", "added"),
    [
        (Infractions(), 1.0, 1.0),
        (Infractions(vehicle=1), 0.60, 1 / 1.70),
        (Infractions(static=1), 0.65, 1 / 1.60),
        (Infractions(timeout=True), 0.70, 1 / 1.40),
        (Infractions(off_lane=0.25), 0.75, 0.75),
        (Infractions(traffic_speed_share=0.5), 0.85, 1 / 1.2),
        (Infractions(vehicle=1, off_lane=0.5), 0.30, 0.5 / 1.7),
        (Infractions(vehicle=2, timeout=True), 0.6 * 0.6 * 0.7, 1 / 2.8),
    ],
)
def test_carla_penalties(found, multiplied, added):
    assert penalty(found) == pytest.approx(multiplied)
    assert penalty_21(found) == pytest.approx(added)


@pytest.mark.parametrize(
    ("scores", "cls", "pdm", "extended"),
    [
        (PERFECT, 1.0, 1.0, 1.0),
        (MIXED, (2.5 + 5 + 2) / 16, (5 + 2.5) / 12, (5 + 2.5 + 2 + 0 + 2) / 16),
        (replace(PERFECT, ttc=0), 11 / 16, 7 / 12, 11 / 16),
        (replace(PERFECT, direction=0.5), 0.5, 1.0, 0.5),
        (replace(PERFECT, no_collision=0.5), 0.5, 0.5, 0.5),
        (replace(PERFECT, drivable_area=0), 0, 0, 0),
        (replace(PERFECT, progress=0.2), 0, (5 + 1 + 2) / 12, (5 + 1 + 6) / 16),  # MP is a gate
        (replace(PERFECT, extended_comfort=None, lane_keeping=0), 1.0, 1.0, 12 / 14),
    ],
)
def test_pdm_scores(scores, cls, pdm, extended):
    assert nuplan_cls(scores) == pytest.approx(cls)
    assert pdms(scores) == pytest.approx(pdm)
    assert epdms(scores) == pytest.approx(extended)


@pytest.mark.parametrize("gate", ["no_collision", "drivable_area"])
def test_gates_multiply(gate):
    halved = replace(MIXED, **{gate: 0.5})
    for score in (nuplan_cls, pdms, epdms):
        assert score(halved) == pytest.approx(score(MIXED) / 2)


def test_penalties_only_ever_lower_a_score():
    worse = Infractions(1, 1, 0.1, True, 0.9)
    for rule in (penalty, penalty_21):
        assert 0 < rule(worse) < rule(replace(worse, static=0)) < rule(Infractions()) == 1


def test_progress_is_relative_to_the_reference():
    assert progress_share(50, 100) == 0.5
    assert progress_share(150, 100) == 1
    assert progress_share(0, 0) == 1  # the reference could not move either
    assert progress_share(-5, 100) == pytest.approx(0.001)


def test_time_to_collision_bound_is_seen_in_tenths_of_a_second():
    assert ttc_within_bound(np.inf) == 1
    assert ttc_within_bound(0.91) == 1  # the boxes are apart at 0.9 s and overlap at 1.0 s
    assert ttc_within_bound(0.90) == 0
    assert ttc_within_bound(0.0) == 0


def test_sub_scores_beyond_their_range_are_refused():
    with pytest.raises(ValueError, match=r"SubScores.ttc: expected a number in \[0, 1\], got 2"):
        replace(PERFECT, ttc=2)
    with pytest.raises(ValueError, match="off_lane"):
        Infractions(off_lane=float("nan"))
