"""Who crashed into whom, and since when the road is blocked, on states made by hand."""

from dataclasses import replace

import numpy as np

from sim.search.pileups import Crash, blocked_since, crashes, happened_without_us


def episode(worlds, *moments):
    """States a tick apart; each moment is which of five bodies have crashed, the ego first."""
    bodies = [(0, 0, 0, 5), (30, 0, 0, 0), (34, 1, 0, 0), (60, 4, 0, 0), (64, 4, 0, 0)]
    states = [worlds.state(0.1 * k, bodies) for k in range(len(moments))]
    return [
        replace(state, crashed=np.isin(np.arange(5), crashed))
        for state, crashed in zip(states, moments, strict=True)
    ]


def test_cars_that_touch_are_one_crash_and_others_are_another(worlds):
    found = crashes(episode(worlds, [], [1, 2], [1, 2, 3, 4]))
    assert [(crash.t, crash.ids) for crash in found] == [(0.1, (1, 2)), (0.2, (3, 4))]
    assert not any(crash.with_ego for crash in found)


def test_who_runs_into_a_wreck_crashes_with_it(worlds):
    first, second = crashes(episode(worlds, [], [1], [1, 2]))
    assert (first.ids, second.ids) == ((1,), (1, 2))


def test_the_ego_s_own_crash_is_told_apart(worlds):
    assert crashes(episode(worlds, [], [0]))[0].with_ego


def test_a_lane_is_blocked_since_the_first_wreck_on_it(worlds):
    states = episode(worlds, [], [1, 2], [1, 2, 3, 4])
    on_lane = np.array([0, 0, 0, 1, 2])
    last = replace(states[-1], lane=on_lane)
    since = blocked_since([*states[:-1], last], np.array([True, True, False]))
    assert since == {0: 0.1, 1: 0.2}  # lane 2 is not of the route


def test_what_happens_with_a_standing_ego_too_happens_without_us():
    crash = Crash(3.0, (4, 7), lane=0, with_ego=False)
    again = Crash(5.0, (2, 4, 7), lane=0, with_ego=False)
    assert happened_without_us(crash, [again])
    assert not happened_without_us(crash, [replace(again, ids=(4, 9))])
    assert not happened_without_us(crash, [replace(again, with_ego=True)])
