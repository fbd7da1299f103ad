"""Forks of a road: who turns off, and to which side."""

import numpy as np
import pytest

from datasets.forks import sides_of


def arc(start, heading, curvature, length=30.0):
    """(P, 2) a lane that begins at `start` and bends evenly."""
    step = np.full(int(length), 1.0)
    course = heading + curvature * (np.arange(len(step)) + 0.5)
    way = np.stack([step * np.cos(course), step * np.sin(course)], axis=1)
    return np.concatenate([[start], start + np.cumsum(way, axis=0)])


# How much the road bends before the fork, how much each way on bends, and where they lead.
FORKS = {
    "crossing": (0.0, (0.08, 0.0, -0.11), [1, 0, -1]),
    "junction with a side road": (0.0, (0.0, -0.11), [0, -1]),
    "ring with an exit": (0.05, (0.05, -0.03), [0, -1]),
    "ring the other way round": (-0.05, (0.03, -0.05), [1, 0]),
    "exit of a motorway": (0.0, (0.0005, -0.05), [0, -1]),
    "no fork": (0.0, (0.1,), [0]),
}


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("turned", [0.0, 2.0, -3.0])
@pytest.mark.parametrize("mirror", [1, -1])
def test_who_leaves_the_way_that_goes_on_turns_off(fork, turned, mirror):
    bend, bends, sides = FORKS[fork]
    before = arc(np.zeros(2), turned, bend * mirror)
    heading = turned + bend * mirror * 30
    ways = [arc(before[-1], heading, each * mirror) for each in bends]
    assert sides_of(before, ways) == [side * mirror for side in sides]
