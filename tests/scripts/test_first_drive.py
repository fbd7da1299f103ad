"""The first thing a newcomer sees: the expert drives, and arrives."""

import pytest

from scripts.agents import make_agent
from sim.loop import drive
from sim.world import World

NAMES = ["highway", "merge", "racetrack", "lane-keeping", "two-way"]


def outcome(name, seed):
    world = World(name, cameras=False)
    *_, last = drive(world, make_agent("expert", world), seed)
    return last.outcome


@pytest.mark.parametrize("name", NAMES)
def test_the_expert_reaches_the_goal(name):
    assert outcome(name, seed=5).success


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(10))
def test_the_expert_reaches_the_goal_on_ten_seeds(name, seed):
    assert outcome(name, seed).success
