"""What can be saved is saved, and its rescue drives to the goal; what cannot is not."""

from dataclasses import replace

import pytest

from sim.baselines import ConstantSpeed
from sim.manoeuvres.stage import Actor, Start
from sim.manoeuvres.stage import Stage as staged
from sim.scenarios import SCENARIOS, Place
from sim.search.rescue import drive_again, drive_and_mark, find_rescue
from sim.search.verdict import judge, sentence
from sim.world import World

ROAD = ("0", "1")


def world_with(*standing):
    """Two lanes, the ego in the left one at 22 m/s, and cars that stand: (lane, m ahead)."""
    cast = tuple(Actor(Start(ROAD, lane, 100 + ahead, 0)) for lane, ahead in standing)
    return World(
        replace(
            SCENARIOS["highway"],
            name="standing cars",
            config={"lanes_count": 2, "vehicles_count": 0},
            stage=staged(Start(ROAD, 0, 100, 22), cast),
            goal=Place(*ROAD, 240),
            time_limit=20.0,
        ),
        cameras=False,
    )


ONE_LANE_FREE = ((0, 90),)
NO_WAY_PAST = ((0, 22), (1, 22))  # from 22 m/s a car stops in 40 m


def test_a_car_in_the_way_is_passed():
    row = judge(world_with(*ONE_LANE_FREE), ConstantSpeed(), seed=3, budget=2000)
    assert row["agent_end"] == "collision"
    assert row["outcome"] == "saved"
    assert 0 < row["deviates_at"] < row["agent_duration"]
    assert any(move["where"] == "right lane" for move in row["moves"])
    assert "saved from" in sentence(row)


def test_a_rescue_is_a_drive_from_the_reset():
    world = world_with(*ONE_LANE_FREE)
    driven, marks = drive_and_mark(world, ConstantSpeed(), 3)
    rescue = find_rescue(world, 3, driven, marks, budget=2000).rescue
    assert drive_again(world, 3, rescue.drive.actions).outcome.success
    assert rescue.drive.actions[: rescue.first] == driven.actions[: rescue.first]


def test_what_nobody_can_save_is_not_saved():
    row = judge(world_with(*NO_WAY_PAST), ConstantSpeed(), seed=3, budget=3000)
    assert row["outcome"] == "not saved"
    assert 0 < row["moves_tried"] < 3000  # all that there is was tried
    assert row["furthest"] < 22 < row["goal"]
    assert "not saved by" in sentence(row)


def test_the_budget_is_kept():
    row = judge(world_with(*ONE_LANE_FREE), ConstantSpeed(), seed=3, budget=5)
    assert (row["outcome"], row["moves_tried"]) == ("not saved", 5)


def test_a_goal_that_is_reached_is_no_failure():
    row = judge(world_with(), ConstantSpeed(), seed=3, budget=5)
    assert row["outcome"] == "no failure"


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_episode_has_the_same_verdict(seed):
    rows = [judge(world_with(*ONE_LANE_FREE), ConstantSpeed(), seed, budget=500) for _ in range(2)]
    assert rows[0] == rows[1]
