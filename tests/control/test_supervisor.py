"""The state machine: its table, and the laws of who gets the wheel and when."""

import numpy as np
import pytest

from control.margin import Margin, at_least, at_most, worst
from control.supervisor import Driver, Supervisor, SupervisorConfig

CONFIG = SupervisorConfig()
GOOD, SO_SO, BAD = 0.5, 0.05, -0.1  # above GIVE_BACK, between the thresholds, below zero
P, R, E = Driver.POLICY, Driver.RULES, Driver.EMERGENCY


def run(rows, config=None):
    """The driver of each tick, given (policy, rules) margins of each."""
    supervisor = Supervisor(config)
    chosen = [
        supervisor.choose(0.1 * k, Margin("policy's", policy), Margin("rules'", rules))
        for k, (policy, rules) in enumerate(rows)
    ]
    return chosen, supervisor


@pytest.mark.parametrize(
    ("was", "policy", "rules", "now"),
    [
        (P, GOOD, GOOD, P),
        (P, SO_SO, GOOD, P),
        (P, GOOD, BAD, P),  # nobody takes the wheel from who drives well
        (P, BAD, GOOD, R),
        (P, BAD, SO_SO, R),
        (P, BAD, BAD, E),  # only what is safe is handed over to
        (R, GOOD, GOOD, R),  # not yet
        (R, BAD, GOOD, R),
        (R, GOOD, BAD, E),
        (R, BAD, BAD, E),
        (E, GOOD, GOOD, E),  # not yet
        (E, BAD, BAD, E),
    ],
)
def test_one_tick(was, policy, rules, now):
    supervisor = Supervisor()
    supervisor.driver = was
    assert supervisor.choose(0.0, Margin("a", policy), Margin("b", rules)) == now
    assert len(supervisor.switches) == (was != now)


def ticks_until(driver, chosen):
    return chosen.index(driver) if driver in chosen else None


def test_the_wheel_is_taken_at_once_and_given_back_after_dwell_and_calm():
    chosen, supervisor = run([(GOOD, GOOD)] * 5 + [(BAD, GOOD)] + [(GOOD, GOOD)] * 40)
    assert chosen[5] == R
    held = chosen.count(R) / 10
    assert max(CONFIG.rules_dwell, CONFIG.calm) <= held + 1e-9 <= CONFIG.rules_dwell + 0.2
    assert chosen[-1] == P
    assert [(s.was, s.now) for s in supervisor.switches] == [(P, R), (R, P)]
    assert supervisor.switches[0].why.check == "policy's"


def test_from_the_stop_the_wheel_goes_up_one_step_at_a_time():
    chosen, _ = run([(BAD, BAD)] + [(GOOD, GOOD)] * 60)
    assert list(dict.fromkeys(chosen)) == [E, R, P]
    assert chosen.count(E) / 10 >= CONFIG.emergency_dwell - 1e-9


@pytest.mark.parametrize("level", [0.0, 0.05, CONFIG.give_back - 1e-3])
def test_between_the_thresholds_nothing_changes(level):
    keeps, _ = run([(level, GOOD)] * 50)
    assert set(keeps) == {P}
    stays, _ = run([(BAD, GOOD)] + [(level, GOOD)] * 50)
    assert set(stays) == {R}


def test_one_bad_tick_starts_the_calm_again():
    late = round(10 * CONFIG.rules_dwell) - 1  # the tick before the dwell is over
    rows = [(BAD, GOOD), *[(GOOD, GOOD)] * (late - 1), (SO_SO, GOOD), *[(GOOD, GOOD)] * 30]
    chosen, _ = run(rows)
    back = ticks_until(P, chosen)
    assert back is not None
    assert (back - late - 1) / 10 >= CONFIG.calm - 1e-9


def test_a_trembling_margin_does_not_hand_the_wheel_to_and_fro():
    rng = np.random.default_rng(0)
    rows = [(float(value), GOOD) for value in rng.normal(0.0, 0.1, 600)]
    _, supervisor = run(rows)
    symmetric, eager = run(rows, SupervisorConfig(0.0, 0.0, 0.0, 0.0))
    assert len(supervisor.switches) <= 2
    assert len(eager.switches) > 100
    assert set(symmetric) == {P, R}


def test_whatever_happens_dwell_holds_and_nobody_unsafe_is_handed_to():
    rng = np.random.default_rng(1)
    rows = rng.uniform(-1, 1, (3000, 2)).round(2)
    rows[rng.random((3000, 2)) < 0.9] = GOOD
    chosen, supervisor = run([tuple(map(float, row)) for row in rows])
    dwell = {R: CONFIG.rules_dwell, E: CONFIG.emergency_dwell, P: 0.0}
    assert len(supervisor.switches) > 50
    for before, after in zip(supervisor.switches, supervisor.switches[1:], strict=False):
        upwards = [P, R, E].index(after.now) < [P, R, E].index(after.was)
        if upwards:
            assert after.t - before.t >= dwell[after.was] - 1e-6
    for driver, (policy, rules) in zip(chosen, rows, strict=True):
        assert driver != P or policy >= 0
        assert driver != R or rules >= 0


def test_margins_are_zero_on_the_limit_and_grow_away_from_it():
    assert at_most("x", 2.0, 2.0).value == at_least("x", 2.0, 2.0).value == 0
    assert at_most("x", 1.0, 2.0).value == 0.5
    assert at_least("x", 1.0, 2.0).value == -0.5
    assert at_most("x", 99.0, 2.0).value == -1
    assert at_least("x", np.inf, 2.0).value == 1
    assert not at_most("x", np.nan, 2.0).passed
    assert not at_least("x", np.nan, 2.0).passed
    assert worst([Margin("a", 0.3), Margin("b", -0.2)]).check == "b"
    assert worst([]).passed
