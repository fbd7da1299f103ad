"""Intervals against published values, comparisons on made-up pairs."""

import numpy as np
import pytest

from sim.scores.statistics import (
    Verdict,
    bootstrap_mean,
    compare_pairs,
    paired_rates_interval,
    wilson,
)

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("successes", "episodes", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_against_published_values(successes, episodes, low, high):
    assert wilson(successes, episodes) == pytest.approx((low, high), abs=1e-4)


def test_wilson_is_symmetric():
    low, high = wilson(3, 17)
    assert wilson(14, 17) == pytest.approx((1 - high, 1 - low))


def test_wilson_refuses_more_successes_than_episodes():
    with pytest.raises(ValueError, match="got 3/2"):
        wilson(3, 2)


def test_bootstrap_agrees_with_the_normal_interval_and_repeats():
    values = RNG.normal(3.0, 2.0, 400)
    low, high = bootstrap_mean([values])
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)
    assert bootstrap_mean([values]) == (low, high)


def test_differences_between_scenarios_do_not_widen_the_interval():
    easy, hard = np.full(10, 1.0), np.full(10, 0.0)
    assert bootstrap_mean([easy, hard]) == (0.5, 0.5)
    assert bootstrap_mean([]) is None


def test_pairing_finds_what_noise_between_seeds_hides():
    seed_effect = RNG.normal(0, 10, 30)
    a = seed_effect + RNG.normal(0, 0.1, 30)
    b = seed_effect + 0.5 + RNG.normal(0, 0.1, 30)
    assert compare_pairs(a, b).verdict is Verdict.BETTER
    assert compare_pairs(b, a).verdict is Verdict.WORSE
    assert compare_pairs(a, b, higher_is_better=False).verdict is Verdict.WORSE
    assert compare_pairs(a, RNG.permutation(b)).verdict is Verdict.CANNOT_TELL


def test_cannot_tell_says_how_many_more_episodes():
    change = np.array([1.0, -1.0] * 10 + [0.4])  # mean 0.019, spread 1.0
    told = compare_pairs(np.zeros(21), change)
    assert told.verdict is Verdict.CANNOT_TELL
    needed = (2.8016 * change.std(ddof=1) / change.mean()) ** 2
    assert told.more_episodes == pytest.approx(needed - 21, abs=1)


def test_equal_agents_cannot_be_told_apart():
    same = compare_pairs(np.ones(20), np.ones(20))
    assert same.verdict is Verdict.CANNOT_TELL
    assert same.more_episodes is None
    assert same.ci95[0] < 0 < same.ci95[1]


def test_paired_rates():
    change = np.array([1.0] * 12 + [-1.0] * 2 + [0.0] * 26)  # n = 40: (13 - 3) / 42, by hand
    assert paired_rates_interval(change) == pytest.approx((0.0657, 0.4105), abs=1e-3)
    told = compare_pairs((change < 0) * 1.0, (change > 0) * 1.0)
    assert told.verdict is Verdict.BETTER
    assert told.difference == pytest.approx(0.25)


def test_unequal_rows_are_refused():
    with pytest.raises(ValueError, match="two equal rows"):
        compare_pairs(np.zeros(3), np.zeros(4))
