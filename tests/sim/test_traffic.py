"""Ours against stock highway-env in the same process: one physics step from any state, whole
episodes, and the ways to step, copy and switch."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from numba import njit

from scripts.twins import DT, Twins, difference
from sim.highway import (
    IDMVehicle,
    Road,
    make_bare,
)
from sim.scenarios import SCENARIOS, Scenario
from sim.traffic import accelerate, advance, numpy_math, restore
from tests.sim.road_twins import FREE, ONE_STEP, SAME, highway_road, run, twin_roads, uses_kernels

OTHER_TYPES = ["LinearVehicle", "AggressiveVehicle", "DefensiveVehicle"]
OTHER_WORLDS = ["merge", "roundabout", "u-turn", "two-way", "exit"]


# --- whole worlds ---


@pytest.mark.parametrize("name", SCENARIOS)
def test_free_running_and_one_step_from_every_state_visited(name):
    twins = Twins(SCENARIOS[name])
    for seed in (0, 1):
        twins.reset(seed)
        assert twins.difference().within(FREE)
        while not twins.over and twins.tick < 15:
            if twins.tick % 5 == 0:
                assert twins.one_step().within(ONE_STEP)
            twins.step(twins.action(weave=seed == 1))
            assert twins.difference().within(FREE), twins.tick
        assert uses_kernels(twins.ours.road)


@pytest.mark.parametrize("kind", OTHER_TYPES)
@pytest.mark.parametrize("name", OTHER_WORLDS)
def test_every_type_of_traffic(name, kind):
    scenario = SCENARIOS[name]
    config = {"other_vehicles_type": f"highway_env.vehicle.behavior.{kind}"}
    twins = Twins(Scenario("other", scenario.env_id, scenario.route, 9.0, config=config))
    twins.reset(3)
    for tick in range(20):
        if tick % 5 == 0:
            assert twins.one_step().within(ONE_STEP)
        twins.step(twins.action(weave=True))
        assert twins.difference().within(FREE)
    assert uses_kernels(twins.ours.road)


def send_home(road, row):
    """Put a vehicle a few metres before the place where the intersection takes it away."""
    vehicle = road.vehicles[row]
    vehicle.route, vehicle.target_lane_index = [("il2", "o2", 0)], ("il2", "o2", 0)
    lane = road.network.get_lane(("il2", "o2", 0))
    vehicle.position, vehicle.heading = lane.position(70.0, 0.0), lane.heading_at(70.0)
    vehicle.on_state_update()


def test_traffic_yields_enters_and_leaves_at_the_intersection():
    twins = Twins(SCENARIOS["intersection-left"])
    twins.reset(4)
    for env in (twins.stock, twins.ours):
        send_home(env.road, 0)
    going, seen, yielded = twins.stock.road.vehicles[0], [], set()
    for _ in range(110):
        road = twins.stock.road
        seen += [vehicle for vehicle in road.vehicles if vehicle not in seen]
        yielded |= {seen.index(v) for v in road.vehicles if getattr(v, "is_yielding", False)}
        twins.step(twins.action(weave=False))
        assert twins.difference().within(FREE)
    assert yielded
    assert len(seen) > 5
    assert going not in road.vehicles


DYNAMIC = {"type": "ContinuousAction", "dynamical": True, "steering_range": (-1.0, 1.0)}


@pytest.mark.parametrize(
    ("env_id", "config"),
    [
        ("highway-fast-v0", {}),  # an MDPVehicle as the ego
        ("intersection-v2", {"action": DYNAMIC}),  # a BicycleVehicle on a RegulatedRoad
        ("racetrack-v1", {}),
        ("lane-keeping-v0", {}),  # simulates in its own order
    ],
)
def test_a_gymnasium_environment_steps_as_stock_does(env_id, config, monkeypatch):
    for name in ("DISTANCE_WANTED", "COMFORT_ACC_MAX", "COMFORT_ACC_MIN"):  # the intersection
        monkeypatch.setattr(IDMVehicle, name, getattr(IDMVehicle, name))  # changes the class
    rates = {"simulation_frequency": 20, "policy_frequency": 10}
    stock, ours = (gymnasium.make(env_id, config=rates | config).unwrapped for _ in range(2))
    accelerate(ours)
    first, _ = stock.reset(seed=5)
    second, _ = ours.reset(seed=5)
    assert isinstance(ours.road, Road)
    assert type(ours.road) is not type(stock.road)
    stock.action_space.seed(0)
    for _ in range(30):
        assert repr(first) == repr(second)
        command = stock.action_space.sample()
        first, *rest = stock.step(command)
        second, *ours_rest = ours.step(command)
        assert rest[:3] == ours_rest[:3]
        assert difference(stock.road, ours.road).within(FREE)
    assert uses_kernels(ours.road)


# --- one call, several ways ---


def test_acting_and_stepping_apart_is_the_same_as_advancing_at_once():
    stock, ours = twin_roads(highway_road())
    at_once = accelerate(copy.deepcopy(ours))
    run((stock, ours), 6)
    at_once.advance(DT, 6)
    assert difference(ours, at_once) == SAME
    assert difference(stock, ours).within(FREE)


def test_a_fast_road_can_be_copied_pickled_and_restored():
    stock, ours = twin_roads(highway_road())
    run((stock, ours), 2)
    copies = [copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    back = restore(copy.deepcopy(ours))
    assert type(back) is Road
    run((stock, ours), 5)
    for road in copies:
        advance(road, DT, 5)
        assert uses_kernels(road)
    advance(back, DT, 5)
    assert all(difference(stock, road).within(FREE) for road in [ours, back, *copies])


def test_a_fast_environment_can_be_pickled():
    env = accelerate(gymnasium.make("highway-fast-v0").unwrapped)
    env.reset(seed=0)
    again = pickle.loads(pickle.dumps(env))
    for one in (env, again):
        one.step(1)
    assert difference(env.road, again.road) == SAME
    assert uses_kernels(again.road)


def test_two_environments_in_one_process_stay_apart():
    stock, ours = (make_bare("highway-v0", {"vehicles_count": 3}) for _ in range(2))
    stock_class = type(ours)
    accelerate(ours)
    for env in (stock, ours):
        env.reset(seed=0)
    assert type(stock.road) is Road
    assert type(ours.road) is not Road
    assert isinstance(ours, stock_class)
    restore(ours)
    assert type(ours) is stock_class
    assert type(ours.road) is Road
    ours.reset(seed=1)
    assert type(ours.road) is Road


def test_only_roads_and_environments_can_be_accelerated():
    with pytest.raises(ValueError, match="expected a highway-env Road or environment"):
        accelerate("highway-v0")


@njit
def each_function(x, y):
    sines = numpy_math.sin(x), numpy_math.cos(x), numpy_math.tan(x)
    arcs = numpy_math.arcsin(x), numpy_math.arctan(x), numpy_math.arctan2(x, y)
    return sines, arcs, numpy_math.power(abs(x), y)


def test_kernels_compute_sines_as_numpy_does_to_the_last_bit():
    for x, y in np.random.default_rng(0).uniform(-1, 1, (2000, 2)):
        for power in (y, 2.0, 4.0):
            sines = np.sin(x), np.cos(x), np.tan(x)
            arcs = np.arcsin(x), np.arctan(x), np.arctan2(x, power)
            assert each_function(x, power) == (sines, arcs, np.power(abs(x), power))
