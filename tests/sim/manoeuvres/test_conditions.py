"""Conditions asked of drives whose answer is plain."""

import numpy as np
import pytest

from datasets.episode import TICK, End
from sim.manoeuvres.conditions import (
    braked_at_most,
    kept_gap,
    kept_ttc,
    never_stopped,
    no_collision,
    on_the_road,
    reached_goal,
)


def braking(worlds, accel):
    t = np.arange(31) * TICK
    speed, x = 20 - accel * t, 20 * t - accel * t**2 / 2
    return worlds.log([[(a, 0.0, 0.0, v)] for a, v in zip(x, speed, strict=True)])


@pytest.mark.parametrize(("accel", "held"), [(3.9, True), (4.1, False)])
def test_braking(worlds, accel, held):
    assert braked_at_most(4.0).holds(braking(worlds, accel)) == held


def test_near_and_far(worlds):
    log = worlds.cruise(ticks=10, others=[(20, 0, 0, 0)])  # 5 m left, at 10 m/s, in the end
    assert kept_gap(4.9).holds(log)
    assert not kept_gap(5.1).holds(log)
    assert kept_ttc(0.45).holds(log)
    assert not kept_ttc(0.55).holds(log)
    assert kept_gap(1.0).holds(worlds.cruise())  # nobody there


def test_outcomes(worlds):
    crash = worlds.cruise(end=End.COLLISION)
    assert not no_collision().holds(crash)
    assert not reached_goal().holds(crash)
    assert not on_the_road().holds(worlds.cruise(y=3.0))
    assert never_stopped().holds(crash)
    assert not never_stopped().holds(worlds.cruise(speed=0.0))
