"""The traffic signals where it will turn off, and nowhere else."""

import itertools

import numpy as np
import pytest

from datasets.driving import Action
from datasets.forks import SIGNALLED
from datasets.frenet import Polyline
from datasets.scene import Indicator
from sim.world import World

BEND = np.pi / 4  # rad: a lane of a crossing that bends more turns off


def bends_to(lane):
    """To which side a lane bends."""
    first, last = lane.xy_world[1] - lane.xy_world[0], lane.xy_world[-1] - lane.xy_world[-2]
    angle = np.arctan2(first[0] * last[1] - first[1] * last[0], first @ last)
    return Indicator(int(np.sign(angle)) * (abs(angle) > BEND))


def leaves_ring(lane):
    return Indicator.RIGHT if lane.node_to.endswith("xs") else Indicator.OFF


def traffic(scenario, seed):
    """For every body that goes on from one lane to the next: both lanes, its signals on the last
    metres of the one, and those on the other. Lane changes are left out."""
    world = World(scenario)
    world.reset(seed)
    road_map = world.road_map
    lines = [Polyline(lane.xy_world) for lane in road_map.lanes]
    stretches = {}  # body: [(lane it means to drive along, its signals there)]
    while world.outcome is None and world.state.t < 15:
        state = world.state
        for i in np.flatnonzero(~state.crashed)[1:]:
            lane, beside = int(state.target_lane[i]), road_map.left_of
            driven = stretches.setdefault(int(state.id[i]), [])
            if not driven or driven[-1][0] != lane:
                driven.append((lane, []))
            left = lines[lane].length - float(lines[lane].project(state.xy_world[i])[0])
            changes = beside[lane, state.lane[i]] or beside[state.lane[i], lane]
            if left < SIGNALLED - 1.0 and not changes:
                driven[-1][1].append(int(state.indicator[i]))
        world.advance(Action.clipped(-3.0, 0.0))
    for driven in stretches.values():
        for (before, signals), (after, then) in itertools.pairwise(driven):
            if road_map.leads_to[before, after]:
                yield road_map.lanes[before], road_map.lanes[after], signals, then


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize(
    ("scenario", "side_of"), [("intersection-left", bends_to), ("roundabout", leaves_ring)]
)
def test_who_turns_off_signals_before_and_while_it_does(scenario, side_of, seed):
    sides = set()
    for before, after, signals, then in traffic(scenario, seed):
        expected = side_of(after)
        if side_of(before) == Indicator.OFF:
            assert set(signals) <= {expected}
        assert set(then) <= {expected} or side_of(after) == Indicator.OFF
        sides.add(expected)
    assert Indicator.OFF in sides
    assert Indicator.RIGHT in sides


def test_where_no_road_forks_nobody_signals():
    assert not any(any(signals) for _, _, signals, _ in traffic("racetrack", 3))
