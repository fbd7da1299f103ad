"""Looking after every episode must not find a difference that is not there."""

import numpy as np
import pytest

from sim.scores.sequential import ALPHA, Score, evidence, is_proved


def test_nothing_seen_is_no_evidence():
    assert evidence(Score()) == pytest.approx(1.0)
    assert evidence(Score(ties=100)) == pytest.approx(1.0)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (7, 7), (2, 9), (40, 12)])
def test_a_win_speaks_for_the_challenger_a_loss_against_it(wins, losses):
    here = evidence(Score(wins, losses))
    assert evidence(Score(wins + 1, losses)) > here > evidence(Score(wins, losses + 1))


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (6, 6), (1, 8), (25, 5)])
def test_its_mean_does_not_grow_where_nobody_is_better(wins, losses):
    """What makes it safe to look at any time: a fair coin is a fair game."""
    after = (evidence(Score(wins + 1, losses)) + evidence(Score(wins, losses + 1))) / 2
    assert after <= evidence(Score(wins, losses)) * (1 + 1e-9)


def test_challengers_that_are_no_better_are_hardly_ever_called_better():
    rng = np.random.default_rng(0)
    called = 0
    for _ in range(400):
        score = Score()
        for won in rng.random(120) < 0.5:
            score = score.and_pair(not won, bool(won))
            if is_proved(score):
                called += 1
                break
    assert called / 400 < ALPHA + 0.02  # two standard deviations of 400 trials


def test_a_worse_challenger_is_found_out_and_a_better_one_is_found():
    rng = np.random.default_rng(1)
    told = {"better": 0, "worse": 0}
    for _ in range(50):
        score = Score()
        for won in rng.random(200) < 0.8:
            score = score.and_pair(not won, bool(won))
        told["better"] += is_proved(score)
        told["worse"] += is_proved(score.mirrored)
    assert told == {"better": 50, "worse": 0}


def test_pairs_are_counted_from_the_challengers_side():
    score = Score()
    for a, b in [(True, False), (False, True), (True, True), (False, False), (False, True)]:
        score = score.and_pair(a, b)
    assert score == Score(wins=2, losses=1, ties=2)
    assert score.pairs == 5
    assert score.mirrored == Score(wins=1, losses=2, ties=2)


def test_long_runs_stay_finite():
    assert np.isfinite(evidence(Score(100_000, 0)))
    assert evidence(Score(0, 100_000)) == pytest.approx(0.0, abs=1e-9)


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="expected counts of 0 or more"):
        Score(wins=-1)
