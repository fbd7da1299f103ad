"""The road over time: steadied, remembered behind the car, and cut into lanes."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.frenet import Polyline
from datasets.geometry import SE2, wrap_angle
from datasets.scene import Lanes
from perception.lanes import lanes_of
from perception.nouns import LEFT, OWN, RIGHT, SLOTS, STATION_S, STATIONS, RoadEstimate
from perception.road_filter import RoadFilter
from perception.road_truth import road_truth
from perception.trail import REACH, Trail
from planning.lane_graph import LaneGraph
from sim.scenarios import SCENARIOS
from sim.world import World
from tests.perception.made_up import HERE, bend, road

AHEAD = SE2(1.5, 0.0, 0.0)  # a tick at 15 m/s
STRAIGHT_BEHIND = np.stack([np.arange(-REACH, 0.0, 2.0), np.zeros(int(REACH / 2))], axis=1)


def graph_of(estimate: RoadEstimate) -> tuple[Lanes, LaneGraph]:
    lanes = lanes_of(estimate, STRAIGHT_BEHIND)
    return lanes, LaneGraph.of(lanes)


def cut(values: np.ndarray, slot: int, from_s: float, value: float = 0.0) -> np.ndarray:
    out = values.copy()
    out[slot, from_s < STATION_S] = value
    return out


# --- steadied ---


def test_a_road_that_stays_as_it_is_stays_as_it_was():
    steady, same = RoadFilter(), road(0.4, (1, 2, 3))
    for _ in range(10):
        told = steady.update(same, HERE)
    np.testing.assert_allclose(told.xy_ego, same.xy_ego, atol=1e-9)
    np.testing.assert_allclose(told.lane_offset, same.lane_offset, atol=1e-9)
    assert told.length == pytest.approx(same.length)


@pytest.mark.parametrize("curvature", [0.0, 0.02, -0.05])
def test_driving_along_it_moves_the_road_back(curvature):
    steady = RoadFilter()
    step = SE2(*(1.0 * np.array([1.0, curvature / 2])), curvature * 1.0)
    for _ in range(10):
        told = steady.update(road(curvature=curvature), step)
    np.testing.assert_allclose(told.xy_ego, bend(curvature), atol=0.1)


def test_noise_is_averaged_away():
    rng, steady = np.random.default_rng(0), RoadFilter()
    raw, told = [], []
    for _ in range(200):
        error = rng.normal(0, 0.2, STATIONS)
        seen = replace(road(), xy_ego=road().xy_ego + error[:, None] * (0.0, 1.0))
        told.append(steady.update(seen, AHEAD).xy_ego[:, 1])
        raw.append(error)
    assert np.std(told[20:]) < 0.75 * np.std(raw[20:])


def test_another_lane_is_not_mixed_with_the_old_one():
    steady = RoadFilter()
    steady.update(road(-1.9), HERE)
    told = steady.update(road(2.1), HERE)
    np.testing.assert_allclose(told.xy_ego[:, 1], 2.1)


# --- behind the car ---


def test_the_trail_lies_where_the_spine_was():
    trail, curvature, pose = Trail(), 0.03, SE2(0.0, 0.0, 0.0)
    for _ in range(40):
        behind = trail.follow(road(curvature=curvature), pose)
        pose = pose @ SE2(np.sin(curvature) / curvature, (1 - np.cos(curvature)) / curvature, 0.03)
    passed = behind[np.hypot(*behind.T) < 35]
    centre = np.array([0.0, 1 / curvature])
    np.testing.assert_allclose(np.hypot(*(passed - centre).T), 1 / curvature, atol=0.2)
    assert len(passed) > 10


def test_changing_lane_takes_the_trail_along_and_counts():
    trail = Trail()
    trail.follow(road(-1.8), HERE)
    behind = trail.follow(road(2.2), AHEAD)
    np.testing.assert_allclose(behind[:, 1], 2.2, atol=0.05)
    assert trail.lane == 1


# --- lanes ---


def test_three_lanes_are_three_lanes_side_by_side():
    lanes, graph = graph_of(road(0.5, (1, 2, 3)))
    assert len(lanes) == 3
    own = graph.ego_lane(graph.locate(np.zeros((1, 2)), np.zeros(1))[0][0])
    assert own is not None
    assert graph.left[own] >= 0
    assert graph.right[own] >= 0
    np.testing.assert_allclose(lanes.centerline(int(graph.left[own]))[45:, 1], 4.5, atol=1e-6)
    assert not lanes.leads_to.any()


def test_the_edge_of_the_road_tells_of_lanes_beyond_the_described_ones():
    wide = road(0.0, range(SLOTS))
    edge = wide.edge_offset.copy()
    edge[RIGHT] -= 8.0  # room for two
    lanes, graph = graph_of(replace(wide, edge_offset=edge))
    assert len(lanes) == SLOTS + 2
    lane, beside = int(graph.ego_lane(graph.locate(np.zeros((1, 2)), np.zeros(1))[0][0]) or 0), 0
    while graph.right[lane] >= 0:
        lane, beside = int(graph.right[lane]), beside + 1
    assert beside == 4


def test_a_lane_that_ends_is_worth_less_and_its_end_is_known():
    seen = road(0.0, (2, 3))
    ends = replace(seen, lane_exists_at=cut(seen.lane_exists_at, 3, 40.0))
    lanes, graph = graph_of(ends)
    first = np.flatnonzero(lanes.xy_ego[:, 0, 0] < 0)
    ending = first[np.argmin(lanes.xy_ego[first, 0, 1])]
    own = first[np.argmax(lanes.xy_ego[first, 0, 1])]
    assert graph.depth[own] == 2
    assert graph.changes[ending] == 1
    assert graph.successors[ending] == ()
    assert 30 < lanes.centerline(int(ending))[-1, 0] < 50


def test_a_lane_that_cannot_be_made_out_far_away_does_not_end_there():
    seen = road(0.0, (2, 3))
    hazy = replace(seen, lane_exists_at=cut(seen.lane_exists_at, 3, 40.0, value=0.4))
    _, graph = graph_of(hazy)
    assert graph.changes.max() == 0


def test_where_the_own_lane_leaves_the_route_the_exit_is_to_be_taken():
    seen = road(0.0, (1, 2, 3))
    exits = seen.lane_offset.copy()
    beyond = STATION_S > 40
    exits[3, beyond] -= 0.002 * (STATION_S[beyond] - 40) ** 2
    on_route = cut(cut(seen.lane_on_route, 2, 40.0), 1, 40.0)
    lanes, graph = graph_of(replace(seen, lane_offset=exits, lane_on_route=on_route))
    start = np.flatnonzero(lanes.xy_ego[:, 0, 0] < 0)
    changes = {round(float(lanes.xy_ego[i, 0, 1])): int(graph.changes[i]) for i in start}
    assert changes == {4: 2, 0: 1, -4: 0}


def test_oncoming_lanes_are_driven_the_other_way_and_are_nobody_s_neighbours():
    oncoming = np.eye(SLOTS)[1]
    lanes, graph = graph_of(road(0.0, (1, 2), lane_oncoming=oncoming))
    other = int(np.flatnonzero(~lanes.on_route)[0])
    line = lanes.centerline(other)
    assert line[0, 0] > line[-1, 0]
    assert graph.left.max() == -1
    assert graph.right.max() == -1


def test_a_junction_is_crossed_where_it_begins_and_ends():
    lanes = lanes_of(
        road(junction=1.0, junction_begin=30.0, junction_end=42.0, give_way=1.0), STRAIGHT_BEHIND
    )
    across = lanes.xy_ego[~lanes.on_route][:, :, 0]
    np.testing.assert_allclose(sorted(across[:, 0]), [30.0, 42.0], atol=1e-6)
    assert lanes.priority[~lanes.on_route].min() > lanes.priority[lanes.on_route].max()


def turning(angle: float, begin: float, end: float) -> np.ndarray:
    """(S, 2) a spine that turns by so much between two places, and is straight elsewhere."""
    s = np.arange(0.0, 100.5, 0.5)
    heading = angle * np.clip((s - begin) / (end - begin), 0.0, 1.0)
    xy = np.cumsum(0.5 * np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    return np.stack([np.interp(STATION_S, s, column) for column in (xy - xy[0]).T], axis=1)


@pytest.mark.parametrize(("angle", "ways"), [(1.3, 2), (-1.3, 2), (0.3, 0), (0.0, 0)])
def test_who_comes_out_of_the_road_that_is_turned_into_may_go_straight_on(angle, ways):
    begin, end = 20.0, 40.0
    junction = {"junction": 1.0, "junction_begin": begin, "junction_end": end}
    spine = turning(angle, begin, end)
    oncoming = np.eye(SLOTS)[1]
    lanes, _ = graph_of(road(0.0, (1, 2), xy_ego=spine, lane_oncoming=oncoming, **junction))
    against = ~lanes.on_route & lanes.leads_to.any(axis=1)
    assert lanes.leads_to[against].sum() == ways
    for out in np.flatnonzero(against):
        came = lanes.centerline(out)
        on = [lanes.centerline(way) for way in np.flatnonzero(lanes.leads_to[out])]
        ends = np.array([came[-1] - came[-2], *(line[-1] - line[-2] for line in on)])
        headings = np.arctan2(*ends.T[::-1])
        turns = sorted(np.cos(headings[1:] - headings[0]))
        assert turns == pytest.approx([np.cos(angle), 1.0], abs=0.05)
        assert all(np.hypot(*(line[0] - came[-1])) < 1.5 for line in on)


@pytest.mark.parametrize("early", [0.0, 3.0])
def test_the_way_straight_on_runs_like_the_road_beyond(early):
    """Even where a junction is told to end sooner than the lanes are straight again."""
    junction = {"junction": 1.0, "junction_begin": 20.0, "junction_end": 40.0 - early}
    spine = turning(1.3, 20.0, 40.0)
    oncoming = np.eye(SLOTS)[1]
    lanes, _ = graph_of(road(0.0, (1, 2), xy_ego=spine, lane_oncoming=oncoming, **junction))
    last = [np.diff(lanes.centerline(way)[-2:], axis=0)[0] for way in range(len(lanes))]
    against = [wrap_angle(np.arctan2(y, x) - 1.3 - np.pi) for x, y in last]
    ends_there = ~lanes.on_route & ~lanes.leads_to.any(axis=1) & lanes.leads_to.any(axis=0)
    assert np.abs(np.array(against)[ends_there]).min() < 0.1


def test_no_road_no_lanes():
    assert len(lanes_of(road(exists=0.1), STRAIGHT_BEHIND)) == 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_on_every_road_the_lanes_lie_on_the_true_ones(scenario):
    """From truth to estimate and back: what the planner drives along is where the lanes are."""
    world = World(scenario, cameras=False)
    world.reset(5)
    truth = world.truth()
    estimate = road_truth(truth)
    lanes = lanes_of(estimate, Trail().follow(estimate, HERE))
    true_lines = [Polyline(truth.lanes.centerline(i)) for i in range(len(truth.lanes))]
    assert lanes.on_route.any()
    for i in np.flatnonzero(lanes.on_route):
        line = lanes.centerline(int(i))
        line = line[(line[:, 0] > 0) & (np.hypot(*line.T) < 50)]
        if len(line):
            away = np.min([np.abs(true.project(line)[1]) for true in true_lines], axis=0)
            assert np.median(away) < 0.1
            assert away.max() < 1.0
    edge = estimate.edge_offset
    assert (edge[LEFT] >= edge[RIGHT]).all()
    assert len(lanes) >= estimate.lane_exists[OWN]
