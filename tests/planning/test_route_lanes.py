"""Whose word counts about the lanes that the route needs: the lanes', or the phone's."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.observation import Route
from planning.lane_graph import LaneGraph
from planning.reach import find_paths
from tests.planning.scenes import ego_state, lanes_of, straight_lanes

FORK = 60.0  # m ahead: there the lanes of the one road end, and those of the next begin
OFFSETS = (4.0, 0.0, -4.0)  # m left of the car, which is in the middle one


def forking(leading_on):
    """Three lanes; those of which `leading_on` is true go on along the route."""
    near, far = np.arange(-80.0, FORK + 1, 2.0), np.arange(FORK, 161.0, 2.0)
    curves = [np.stack([x, np.full(len(x), y)], axis=1) for x in (near, far) for y in OFFSETS]
    lanes = lanes_of(curves)
    leads_to = np.zeros((6, 6), np.bool_)
    leads_to[[0, 1, 2], [3, 4, 5]] = True
    left_of = lanes.left_of.copy()
    left_of[3, 2] = False
    on_route = np.array([True] * 3 + list(leading_on))
    return replace(lanes, leads_to=leads_to, left_of=left_of, on_route=on_route)


def leaving(side):
    """The phone's route: straight on, or off to a side (1 left, -1 right) where the lanes fork."""
    x = np.arange(-20.0, 161.0, 20.0)
    return Route(np.stack([x, side * 0.5 * np.maximum(x - 40.0, 0.0)], axis=1))


@pytest.mark.parametrize(
    ("leading_on", "side", "changes"),
    [
        ((True, True, True), 0, (0, 0, 0)),
        ((True, True, True), -1, (1, 2, 0)),  # nothing is seen that tells: the phone does
        ((False, False, True), -1, (1, 2, 0)),
        ((False, True, False), -1, (0, 1, 1)),  # what is seen tells: the phone's lane is not it
        ((True, False, True), 0, (1, 0, 0)),
        ((True, False, True), -1, (1, 2, 0)),  # either lane would do: not the one that leads away
        ((True, False, False), -1, (1, 2, 0)),
        ((True, False, False), 1, (1, 0, 2)),
    ],
)
def test_lane_changes_for_the_route(leading_on, side, changes):
    graph = LaneGraph.of(forking(leading_on))
    paths = find_paths(graph, ego_state(15.0), leaving(side))
    assert dict(zip(paths.side.tolist(), paths.changes.tolist(), strict=True)) == dict(
        zip((0, 1, -1), changes, strict=True)
    )


@pytest.mark.parametrize("radius", [15.0, 20.0, 30.0])
@pytest.mark.parametrize("side", [1, -1])
def test_a_bend_out_of_sight_is_no_exit(radius, side):
    angle = np.arange(0.0, np.pi, 20.0 / radius)
    bend = np.stack([60.0 + radius * np.sin(angle), radius * (1 - np.cos(angle))], axis=1)
    back = np.stack([np.arange(60.0, -20.0, -20.0), np.full(4, 2 * radius)], axis=1)
    before = np.stack([np.arange(-20.0, 60.0, 20.0), np.zeros(4)], axis=1)
    route = np.concatenate([before, bend, back]) * [1, side]
    paths = find_paths(LaneGraph.of(straight_lanes(OFFSETS)), ego_state(10.0), Route(route))
    assert paths.changes.tolist() == [0, 0, 0]
