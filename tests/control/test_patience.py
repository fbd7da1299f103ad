"""Judgements must last, facts count at once."""

import pytest

from control.margin import Margin
from control.patience import JUDGEMENTS, Patience

TICK = 0.1  # s


def heeded(check, values):
    """What becomes of the values of one check, tick by tick."""
    patience = Patience()
    return [patience.heed(k * TICK, [Margin(check, v)])[0].value for k, v in enumerate(values)]


@pytest.mark.parametrize("check", sorted(JUDGEMENTS))
def test_a_judgement_counts_from_its_third_failure_in_a_row(check):
    assert heeded(check, [-0.4] * 5) == [0.0, 0.0, -0.4, -0.4, -0.4]


def test_a_break_begins_the_wait_anew():
    assert heeded("gap", [-1.0, -1.0, 0.3, -1.0, -1.0, -1.0]) == [0, 0, 0.3, 0, 0, -1]


@pytest.mark.parametrize("check", ["time to collision", "road", "camera left frozen", "jerk"])
def test_facts_count_at_once(check):
    assert heeded(check, [-0.1, 0.5]) == [-0.1, 0.5]


def test_every_check_has_a_wait_of_its_own():
    patience = Patience()
    patience.heed(0.0, [Margin("gap", -1.0), Margin("cut-in", 1.0)])
    patience.heed(0.1, [Margin("gap", -1.0), Margin("cut-in", -1.0)])
    gap, cut_in = patience.heed(0.2, [Margin("gap", -1.0), Margin("cut-in", -1.0)])
    assert (gap.value, cut_in.value) == (-1.0, 0.0)


def test_a_reset_forgets():
    patience = Patience()
    patience.heed(0.0, [Margin("gap", -1.0)])
    patience.reset()
    assert patience.heed(5.0, [Margin("gap", -1.0)])[0].value == 0.0
