"""What is kept of a drive, and what is not."""

from dataclasses import replace

import numpy as np
import pytest

from scripts.engine.selection import (
    Reason,
    Trace,
    joined,
    most_worth,
    random_choice,
    stretches,
)

SPAN = 20


def trace(ticks=100, **changes):
    none = np.zeros(ticks, np.bool_)
    calm = Trace(0, "merge", np.zeros(ticks), none, none, none, failed=False)
    return replace(calm, **changes)


def flags(ticks, *where):
    out = np.zeros(ticks, np.bool_)
    out[list(where)] = True
    return out


def judged(*traces):
    return stretches([(0, each) for each in traces], SPAN)


@pytest.mark.parametrize("ticks", [1, 19, 20, 21, 99, 100])
def test_stretches_cover_an_episode_once(ticks):
    found = judged(trace(ticks))
    assert [each.first for each in found[1:]] == [each.last for each in found[:-1]]
    assert (found[0].first, found[-1].last) == (0, ticks)


def test_a_calm_drive_is_worth_nothing():
    assert {each.worth for each in judged(trace())} == {0.0}
    assert {each.reasons for each in judged(trace())} == {()}


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"person": flags(100, 45)}, [2], Reason.PERSON),
        ({"near": flags(100, 45)}, [2], Reason.NEAR_MISS),
        # two seconds before the wheel changed hands, it began
        ({"hand_over": flags(100, 45)}, [1, 2], Reason.HAND_OVER),
        # six seconds before the end
        ({"failed": True}, [2, 3, 4], Reason.FAILURE),
        ({"apart": np.where(np.arange(100) // SPAN == 3, 2.0, 0.1)}, [3], Reason.DISAGREEMENT),
    ],
)
def test_every_reason_is_said_where_it_is(change, where, reason):
    found = judged(trace(**change))
    assert [i for i, each in enumerate(found) if reason in each.reasons] == where
    others = [each.worth for i, each in enumerate(found) if i not in where]
    assert all(each.worth > max(others) for i, each in enumerate(found) if i in where)


def test_a_scenario_with_few_ticks_is_rare():
    found = judged(trace(400), trace(400), replace(trace(40), scenario="exit"))
    assert {each.scenario for each in found if Reason.RARE in each.reasons} == {"exit"}


def test_the_most_worth_is_kept_and_no_more_than_there_is_room_for():
    found = judged(trace(apart=np.linspace(0.0, 2.9, 100)), trace(person=flags(100, 5)))
    kept = most_worth(found, room=65)
    assert sum(map(len, kept)) <= 65
    left_out = [each for each in found if each not in kept]
    assert min(each.worth for each in kept) >= max(each.worth for each in left_out)
    assert kept == sorted(kept, key=lambda each: (each.episode, each.first))


def test_more_reasons_never_cost_a_stretch_its_place():
    quiet = trace(apart=np.full(100, 0.5))
    troubled = replace(quiet, near=flags(100, 70))
    assert all(b.worth >= a.worth for a, b in zip(judged(quiet), judged(troubled), strict=True))


def test_the_random_control_is_as_large_and_the_same_for_the_same_seed():
    found = judged(*[trace() for _ in range(10)])
    one, two = (random_choice(found, 200, np.random.default_rng(3)) for _ in range(2))
    assert one == two
    assert sum(map(len, one)) == sum(map(len, most_worth(found, 200))) == 200


def test_neighbours_become_one_clip_with_the_reasons_of_both():
    found = judged(trace(near=flags(100, 25), person=flags(100, 45)))
    clips = joined([found[1], found[2], found[4]])
    assert [(clip.first, clip.last) for clip in clips] == [(20, 60), (80, 100)]
    assert clips[0].reasons == (Reason.PERSON, Reason.NEAR_MISS)
    assert clips[0].worth == max(found[1].worth, found[2].worth)


def test_stretches_of_other_episodes_and_datasets_stay_apart():
    here = judged(trace(20))[0]
    others = [replace(here, episode=1, first=20, last=40), replace(here, source=1, first=40)]
    assert len(joined([here, *others])) == 3


def test_a_trace_of_unequal_lengths_is_refused():
    with pytest.raises(ValueError, match="near"):
        trace(near=flags(50))
