"""Faults by name: from the command line into the world and the rows, and back out of the world."""

import json

import numpy as np
import pytest

from scripts.evaluate import Args, main
from scripts.faults import FAULTS, check_fault, with_fault
from sim.baselines import ConstantSpeed
from sim.faults import AT_ONCE, FIRST, LAST, start_time
from sim.world import World


def test_an_unknown_name_is_refused_with_the_good_ones():
    with pytest.raises(ValueError, match=r"expected one of .*all-black.*stall; got 'list'"):
        check_fault("list")
    with pytest.raises(ValueError, match="got 'rust'"):
        main(Args("constant-speed", "merge", 1, fault="rust"))
    check_fault(None)


def test_there_is_one_fault_of_every_kind_the_table_asks_for():
    assert len(FAULTS) == len(set(FAULTS)) == 5 * 4 + 1 + 4 + 2 + 2


def test_the_rows_name_the_fault(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(Args("constant-speed", "merge", 1, 5, fault="ego-speed+10"))
    result = json.loads((tmp_path / "runs/evaluate/constant-speed+ego-speed+10.json").read_text())
    assert result["fault"] == "ego-speed+10"
    assert [row["fault"] for row in result["episodes"]] == ["ego-speed+10"]


def test_who_has_no_network_cannot_lose_it():
    world = World("merge", cameras=False)
    with pytest.raises(ValueError, match="looks through a network"):
        with_fault("network-nan", lambda _: ConstantSpeed(), world)


def test_faults_begin_when_the_seed_says():
    times = np.array([start_time(seed) for seed in range(400)])
    assert abs((times == 0).mean() - AT_ONCE) < 0.08
    assert times[times > 0].min() >= FIRST
    assert times.max() <= LAST
    assert min(start_time(seed, at_once=False) for seed in range(50)) >= FIRST
    assert start_time(7) == start_time(7)


def test_looking_twice_or_going_back_changes_nothing():
    world = World("highway")
    with_fault("camera-front_wide-frozen", lambda _: ConstantSpeed(), world)
    first = world.reset(2)
    saved = [world.save()]
    seen = [first]
    for _ in range(40):
        observation, _ = world.step(ConstantSpeed().act(first).action)
        seen.append(observation)
        saved.append(world.save())
    again = world.observe()
    np.testing.assert_array_equal(again.frames[1].rgb, seen[-1].frames[1].rgb)
    assert np.array_equal(seen[-1].frames[1].rgb, seen[-2].frames[1].rgb)
    assert not np.array_equal(seen[-1].frames[0].rgb, seen[-2].frames[0].rgb)
    back = world.restore(saved[5])
    np.testing.assert_array_equal(back.frames[1].rgb, seen[5].frames[1].rgb)
