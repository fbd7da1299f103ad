"""True scenes and routes: they hold what is near, in the right place, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.driving import Action
from datasets.frenet import Polyline
from datasets.geometry import SE2
from datasets.scene import Scene
from sim.scenarios import SCENARIOS
from sim.state import EGO
from sim.truth import TruthView
from sim.world import World

QUICK = [name for name in SCENARIOS if not name.startswith("highway")]


@pytest.mark.parametrize("name", QUICK)
def test_the_ego_stands_on_a_lane_of_its_route(name):
    world = World(name)
    world.reset(1)
    lanes = world.truth().lanes
    at = [
        abs(Polyline(lanes.centerline(i)).project(np.zeros(2))[1])
        for i in np.flatnonzero(lanes.on_route & (lanes.valid.sum(1) > 1))
    ]
    assert min(at) < 4.5


@pytest.mark.parametrize("name", QUICK)
def test_agents_are_where_the_world_has_them(name):
    world = World(name)
    world.reset(1)
    agents = world.truth().agents
    back = world.state.world_from_ego.apply(agents.xy_ego)
    for agent_id, xy in zip(agents.id, back, strict=True):
        row = np.flatnonzero(world.state.id == agent_id)[0]
        assert row != EGO
        np.testing.assert_allclose(xy, world.state.xy_world[row], atol=1e-9)


def test_a_scene_does_not_depend_on_where_the_world_lies():
    world = World("roundabout")
    world.reset(4)
    moved_from_world = SE2(31.0, -7.0, 2.1)
    state, road_map = world.state, world.road_map
    moved_state = replace(
        state,
        xy_world=moved_from_world.apply(state.xy_world),
        heading=state.heading + moved_from_world.heading,
    )
    lanes = tuple(
        replace(lane, xy_world=moved_from_world.apply(lane.xy_world)) for lane in road_map.lanes
    )
    scene = world.truth()
    on_route = np.zeros(len(lanes), np.bool_)
    visible = np.ones(len(state.id))
    views = [TruthView(road_map, on_route), TruthView(replace(road_map, lanes=lanes), on_route)]
    here, there = (
        view.scene(s, scene.ego, scene.route, visible)
        for view, s in zip(views, [state, moved_state], strict=True)
    )
    np.testing.assert_allclose(there.agents.xy_ego, here.agents.xy_ego, atol=1e-9)
    np.testing.assert_allclose(there.agents.heading, here.agents.heading, atol=1e-9)
    np.testing.assert_allclose(there.lanes.xy_ego, here.lanes.xy_ego, atol=1e-9)


@pytest.mark.parametrize("name", QUICK)
def test_lanes_in_a_scene_join(name):
    world = World(name)
    world.reset(2)
    for _ in range(30):
        if world.outcome is None:
            world.step(Action(0.0, 0.0))
    lanes = world.truth().lanes
    for i, j in np.argwhere(lanes.leads_to):
        assert np.linalg.norm(lanes.centerline(i)[-1] - lanes.centerline(j)[0]) < 1.5


def test_an_observation_holds_no_truth():
    world = World("merge")
    observation = world.reset(0)
    assert not any(isinstance(getattr(observation, name), Scene) for name in observation.__slots__)
    assert observation.ego != world.true_ego()


# --- the phone's route ---


@pytest.mark.parametrize(
    ("name", "side"), [("intersection-left", 1), ("intersection-right", -1), ("exit", -1)]
)
def test_the_route_tells_left_from_right(name, side):
    world = World(name)
    for seed in range(10):
        world.reset(seed)
        end = world._navigation.line.xy[-1]
        line = world._navigation.route(world.state.world_from_ego, world._s)
        assert np.sign(world.state.world_from_ego.inverse().apply(end)[1]) == side
        if name != "exit":  # its exit lies beyond the ten points of the first tick
            assert np.sign(line.xy_ego[-1, 1]) == side


def test_the_route_errs_by_as_much_as_a_phone():
    errors = []
    for seed in range(40):
        world = World("merge")
        world.reset(seed)
        errors.append(world._navigation.line.project(world._navigation._xy_phone)[1])
    assert 1.5 < np.std(np.concatenate(errors)) < 2.0


def test_who_follows_the_route_alone_leaves_the_lane():
    """Pure pursuit of the phone's line: in most episodes the car's middle crosses its lane's edge
    within 20 s, though the road is straight and empty enough to keep it."""
    left = 0
    for seed in range(10):
        world = World("merge")
        observation = world.reset(seed)
        lane = world.road_map.lanes[world.state.lane[EGO]]
        for _ in range(200):
            route = Polyline(observation.route.xy_ego)
            s = route.project(np.zeros(2))[0]
            x, y = route.position(s + 15.0)
            steering = np.arctan(2 * 5.0 * y / (x * x + y * y))
            speed_error = 15.0 - observation.ego.speed
            observation, outcome = world.step(Action.clipped(speed_error, float(steering)))
            if outcome is not None:
                break
            offset = Polyline(lane.xy_world).project(world.state.xy_world[EGO])[1]
            if abs(offset) > lane.width / 2:
                left += 1
                break
        else:
            continue
        left += outcome is not None and not outcome.success
    assert left >= 7


def test_labels_come_with_the_frames_of_the_same_moment():
    world = World("merge")
    observation = world.reset(0)
    frames, labels = world.labelled()
    for seen, frame, label in zip(observation.frames, frames, labels, strict=True):
        np.testing.assert_array_equal(frame.rgb, seen.rgb)
        assert label.instance.shape == frame.rgb.shape[:2]
