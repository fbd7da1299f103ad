"""A plan that is only too fast is driven slower, as little as helps; any other fault stays one."""

import numpy as np
import pytest

from control.easing import MATTERS_OF_SPEED, STEPS, ease
from control.margin import Margin
from datasets.driving import Trajectory
from planning.learned import LearnedPlan

WISHED = 20.0  # m/s
ENOUGH = 0.15
TIME = np.array([0.0, 1.0])


def straight_at(speed):
    return Trajectory(TIME, np.outer(TIME, [speed, 0.0]), np.zeros(2), np.full(2, speed))


def wish(**about):
    slowed = {"slowed": lambda by: straight_at(max(WISHED - by, 0.0))} | about
    return LearnedPlan(straight_at(WISHED), 0.1, 0.2, **slowed)


def eased(judge, trigger=0.0, plan=None):
    """What becomes of the wish under a `judge`: speed in m/s -> margins by check."""

    def margins(plan):
        return [Margin(*each) for each in judge(float(plan.trajectory.speed[-1])).items()]

    plan = plan or wish()
    return ease(plan, margins(plan), margins, trigger, ENOUGH)


def room_for(speed, check="gap", falling=0.2):
    """Enough room at `speed`, and less and less above it."""
    return lambda v: {check: float(np.clip(ENOUGH + falling * (speed - v), -1, 1)), "road": 0.8}


@pytest.mark.parametrize("check", sorted(MATTERS_OF_SPEED))
@pytest.mark.parametrize("by", STEPS)
def test_it_is_slowed_by_the_least_step_that_helps(check, by):
    slower = max(WISHED - by, 0.0)
    found = eased(room_for(slower + 0.3, check, falling=0.6))
    assert found.by == WISHED - slower
    assert found.plan.trajectory.speed[-1] == slower
    assert found.why.check == check
    assert found.why.value < 0
    assert all(margin.value >= ENOUGH for margin in found.margins)


def test_what_is_good_stays_as_it_is():
    assert eased(room_for(WISHED + 5.0)) is None


def test_who_holds_back_already_does_so_until_there_is_room_again():
    just_passes = room_for(WISHED - 0.5)  # above zero, below ENOUGH
    assert eased(just_passes) is None
    assert eased(just_passes, trigger=ENOUGH).by == STEPS[0]
    assert eased(room_for(WISHED + 0.5), trigger=ENOUGH) is None


def test_more_than_speed_is_wrong():
    assert eased(lambda v: room_for(WISHED - 1)(v) | {"road": -0.1}) is None


def test_slowing_down_must_not_do_any_other_harm():
    assert eased(lambda v: {"gap": 0.3 if v < WISHED else -0.3, "cut-in": v - WISHED}) is None


def test_no_speed_helps():
    assert eased(lambda _: {"time to collision": -0.4}) is None


def test_the_best_that_passes_will_do_where_none_is_good():
    best = WISHED - STEPS[2]
    found = eased(lambda v: {"gap": 0.1 - 0.2 * abs(v - best)})
    assert found.by == STEPS[2]


def test_nothing_worse_than_the_wish_is_driven():
    assert eased(lambda v: {"gap": 0.1 if v == WISHED else 0.05}, trigger=ENOUGH) is None


def test_it_stays_eased_while_something_else_is_on_its_limit():
    """A judgement that has just begun to fail stands at zero, whatever the speed."""
    found = eased(lambda v: room_for(WISHED - 0.5)(v) | {"heads agree": 0.0}, trigger=ENOUGH)
    assert found.by == STEPS[0]


def test_what_cannot_be_judged_is_not_driven():
    def judge(v):
        if v < WISHED:
            raise ValueError("nobody knows")
        return {"gap": -0.2}

    assert eased(judge) is None


def fails(by):
    raise ValueError(f"no idea how to go {by} m/s slower")


@pytest.mark.parametrize("slowed", [None, fails])
def test_a_driver_that_knows_no_other_speed_keeps_its_plan(slowed):
    assert eased(room_for(WISHED - 1), plan=wish(slowed=slowed)) is None
