"""The two commands that prove the traffic: what they report, and that they tell a difference."""

from dataclasses import replace

from scripts.benchmarks import traffic
from scripts.equality import run_episode, summary
from scripts.twins import Twins
from sim.scenarios import SCENARIOS

SHORT = replace(SCENARIOS["u-turn"], time_limit=1.5)


def test_equal_episodes_are_counted_and_different_ones_named():
    equal = run_episode(Twins(SHORT), seed=0)
    assert equal.ticks == 15
    assert equal.equal
    assert equal.one_step_equal
    apart = Twins(SHORT)
    apart.ours.config["neighbour_vehicles_connected_lanes"] = False
    different = run_episode(apart, seed=1)
    row = summary([equal, different])
    assert row["equal_share"] == 0.5
    assert [episode["seed"] for episode in row["different"]] == [1]
    assert different.first_above is not None


def test_the_benchmark_reports_the_keys_that_are_promised():
    row = traffic.measure(SHORT, rounds=3)
    assert row["ours_ms_p50"] > 0
    assert row["max_abs_diff"] < 1e-6
    assert {"stock_ms_p50", "stock_road_ms_p50", "speedup", "road_speedup"} <= row.keys()
    assert set(traffic.scaling((3, 5), rounds=1)) == {"vehicles", "exponent", "stock_exponent"}
