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
def test_a_judgement_counts_once_it_has_lasted(check):
    wait = round(JUDGEMENTS[check] / TICK)
    assert wait >= 2
    assert heeded(check, [-0.4] * (wait + 3)) == [0.0] * wait + [-0.4] * 3


def test_a_break_begins_the_wait_anew():
    assert heeded("gap", [-1.0, -1.0, 0.3, -1.0, -1.0, -1.0]) == [0, 0, 0.3, 0, 0, -1]


def test_a_tick_without_a_plan_is_a_break():
    patience = Patience()
    for k in range(2):
        patience.heed(k * TICK, [Margin("gap", -0.4)])
    patience.heed(2 * TICK, [])
    assert patience.heed(3 * TICK, [Margin("gap", -0.4)])[0].value == 0.0


@pytest.mark.parametrize("check", ["time to collision", "road", "camera left frozen", "jerk"])
def test_facts_count_at_once(check):
    assert heeded(check, [-0.1, 0.5]) == [-0.1, 0.5]


def test_another_plan_of_the_tick_is_heeded_by_the_same_clock():
    patience = Patience()
    for k in range(3):
        patience.heed(k * TICK, [Margin("gap", -0.4)])
    patience.heed(3 * TICK, [Margin("gap", -0.4), Margin("heads agree on the path", -0.2)])
    another = [Margin("gap", -0.1), Margin("heads agree on the path", -0.2)]
    assert [m.value for m in patience.heed_another(3 * TICK, another)] == [-0.1, 0.0]


def test_what_only_another_plan_fails_counts_at_once():
    patience = Patience()
    for k in range(3):
        patience.heed(k * TICK, [Margin("gap", -0.4), Margin("cut-in", 0.2)])
        (worse,) = patience.heed_another(k * TICK, [Margin("cut-in", -0.3)])
        assert worse.value == -0.3
    (again,) = patience.heed(3 * TICK, [Margin("cut-in", -0.5)])
    assert again.value == 0.0  # asking for another plan changes nothing


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
