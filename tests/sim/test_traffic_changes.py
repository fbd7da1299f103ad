"""Whatever anybody does to a road between two steps, ours sees as stock does; and what the kernels
do not know is left to stock."""

import copy

import numpy as np
import pytest

from scripts.twins import DT, difference
from sim.highway import (
    IDMVehicle,
    Landmark,
    Obstacle,
    PolyLaneFixedWidth,
    RegulatedRoad,
    Road,
    RoadNetwork,
    StraightLane,
    Vehicle,
    make_bare,
)
from sim.traffic import accelerate
from tests.sim.road_twins import FREE, ONE_STEP, SAME, highway_road, run, twin_roads, uses_kernels

# --- what anybody may do between two steps ---


SHIFT = np.array([0.0, 4.0])  # m, one lane to the side


def _slow_lane(road):
    road.network.lanes_list()[1].speed_limit = 12.0


def _close_lane(road):
    road.network.lanes_list()[0].forbidden = True


def _new_lane(road):
    start, end = road.network.lanes_list()[-1].start, road.network.lanes_list()[-1].end
    road.network.add_lane("0", "1", StraightLane(start + SHIFT, end + SHIFT, speed_limit=30))


def _add_and_remove(road):
    del road.vehicles[3]
    lane = road.vehicles[1].lane_index
    road.vehicles.insert(2, IDMVehicle.make_on_lane(road, lane, 120.0, 20.0))
    road.objects.append(Obstacle(road, road.vehicles[4].position + 15 * SHIFT[::-1]))
    road.objects.append(Landmark(road, road.vehicles[5].position + 7 * SHIFT[::-1]))


def _temper(road):
    road.vehicles[2].DISTANCE_WANTED = 3.0
    road.vehicles[3].POLITENESS = 0.5
    road.vehicles[4].enable_lane_change = False
    road.vehicles[5].target_speed = 5.0
    road.vehicles[6].MAX_SPEED = 15.0
    road.vehicles[7].LENGTH = 12.0


def _state(road):
    road.vehicles[2].position[0] += 3.0
    road.vehicles[3].position = road.vehicles[3].position + SHIFT / 4
    road.vehicles[4].heading += 0.2
    road.vehicles[5].speed = -1.0
    road.vehicles[6].crashed = True
    road.vehicles[7].impact = np.array([0.5, -0.5])
    road.vehicles[8].timer = 0.99
    road.vehicles[9].collidable = False
    road.vehicles[0].action = {"steering": 0.1, "acceleration": -2.0}


def _routes(road):
    shared = [("0", "1", 0), ("0", "1", 2)]
    road.vehicles[2].route = road.vehicles[3].route = shared
    road.vehicles[4].route = [("0", "1", None)]
    road.vehicles[5].route = []


def _reorder(road):
    road.vehicles.reverse()


@pytest.mark.parametrize(
    "change",
    [_slow_lane, _close_lane, _new_lane, _add_and_remove, _temper, _state, _routes, _reorder],
)
def test_changes_between_steps_are_seen(change):
    roads = twin_roads(highway_road())
    run(roads, 20)
    for road in roads:
        change(road)
    for _ in range(15):
        assert run(roads, 2).within(FREE)
    assert uses_kernels(roads[1])
    assert not difference(roads[0], run_without(change)).within(FREE)


def run_without(change):
    """The same road as in the test, without the change: it must matter."""
    del change
    road = accelerate(highway_road())
    road.advance(DT, 50)
    return road


def test_a_changed_class_is_seen_by_running_worlds(monkeypatch):
    roads = twin_roads(highway_road())
    run(roads, 5)
    monkeypatch.setattr(IDMVehicle, "COMFORT_ACC_MAX", 1.0)
    assert run(roads, 20).within(FREE)


def test_vehicles_meet_the_end_of_the_ramp():
    env = make_bare("merge-v1", {})
    env.reset(seed=0)
    obstacle = env.road.objects[0]
    env.vehicle.position = obstacle.position - [20.0, 0.0]
    env.vehicle.speed = 20.0
    env.vehicle.on_state_update()
    roads = twin_roads(env.road)
    for _ in range(40):
        assert run(roads, 1).within(ONE_STEP)
    assert roads[0].objects[0].crashed
    assert roads[0].vehicles[0].crashed


def pile_up(seed, regulated=False):
    """Vehicles of all kinds thrown onto a crossing: overlaps, crashes and odd headings."""
    rng = np.random.default_rng(seed)
    net = RoadNetwork.straight_road_network(3, length=120)
    net.add_lane("1", "2", StraightLane([120, 0], [120, 90], speed_limit=None, priority=2))
    road = (RegulatedRoad if regulated else Road)(net, np_random=rng)
    for k in range(24):
        kind = (IDMVehicle, Vehicle)[k % 5 == 0]
        place = rng.uniform((0, -2), (125, 12))
        road.vehicles.append(kind(road, place, rng.uniform(-0.6, 0.6), rng.uniform(-3, 25)))
        road.vehicles[-1].check_collisions = bool(k % 7)
        road.vehicles[-1].solid = bool(k % 6)
    road.objects = [Obstacle(road, rng.uniform((20, 0), (110, 8))) for _ in range(3)]
    road.objects.append(Landmark(road, [60.0, 4.0]))
    return road


@pytest.mark.parametrize("regulated", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_pile_ups(seed, regulated):
    roads = twin_roads(pile_up(seed, regulated))
    roads[0].neighbour_vehicles_connected_lanes = True
    roads[1].neighbour_vehicles_connected_lanes = True
    for step in range(12):
        stock, ours = twin_roads(roads[0])
        assert run((stock, ours), 1).within(ONE_STEP), step
        run(roads, 1)
    assert sum(vehicle.crashed for vehicle in roads[0].vehicles) > 5
    assert any(body.hit for body in roads[0].vehicles + roads[0].objects)


@pytest.mark.parametrize(("impact", "equal"), [((0.0, 0.0), True), ((1e-3, 0.0), False)])
def test_an_impact_of_nothing_is_none(impact, equal):
    roads = twin_roads(highway_road())
    roads[0].vehicles[3].impact = np.array(impact)
    assert roads[1].vehicles[3].impact is None
    assert difference(*roads).within(FREE) == equal


# --- what the kernels do not know is left to stock ---


class Braking(IDMVehicle):
    """Overrides a method: only Python knows what it does."""

    def acceleration(self, ego_vehicle, front_vehicle=None, rear_vehicle=None):
        return super().acceleration(ego_vehicle, front_vehicle, rear_vehicle) - 0.5


class Cautious(IDMVehicle):
    """Changes attributes only."""

    DISTANCE_WANTED = 20.0
    TIME_WANTED = 2.5
    LENGTH = 8.0


def with_kind(kind):
    road = highway_road()
    road.vehicles[3] = kind.create_from(road.vehicles[3])
    return road


def stay():
    """Stands in for a method of one vehicle."""


def with_own_method():
    road = highway_road()
    road.vehicles[3].follow_road = stay
    return road


def with_history():
    road = highway_road()
    road.record_history = True
    return road


def with_unknown_lane():
    road = highway_road()
    points = [(0.0, 40.0), (50.0, 42.0), (90.0, 50.0)]
    road.network.add_lane("a", "b", PolyLaneFixedWidth(points))
    return road


def with_strange_route():
    road = highway_road()
    road.vehicles[3].route = [("0", "1", 2), ("nowhere", "1", 0)]
    return road


@pytest.mark.parametrize(
    "make",
    [
        lambda: with_kind(Braking),
        with_own_method,
        with_history,
        with_unknown_lane,
        with_strange_route,
    ],
)
def test_the_unknown_is_left_to_stock(make):
    stock = make()
    ours = accelerate(copy.deepcopy(stock))
    assert run((stock, ours), 8) == SAME
    assert not ours._mirror.read(ours, 1) or ours.record_history


def test_a_subclass_with_other_attributes_is_driven_by_the_kernels():
    stock, ours = twin_roads(with_kind(Cautious))
    assert run((stock, ours), 20).within(FREE)
    assert uses_kernels(ours)


def drive(road, steps):
    for _ in range(steps):
        road.act()
        road.step(DT)


def test_an_error_of_stock_is_raised_as_stock_raises_it():
    """A route into a lane that the next road does not have, on a road with yielding."""
    errors = []
    for fast in (False, True):
        road = pile_up(0, regulated=True)
        road.vehicles[1].route = [("1", "2", 3)]
        if fast:
            accelerate(road)
        with pytest.raises(IndexError) as error:
            drive(road, 10)
        errors.append(str(error.value))
    assert errors[0] == errors[1]
