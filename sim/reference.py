"""highway-env's own driver, IDM/MOBIL, on a scenario: how far it gets sets the goals."""

from __future__ import annotations

import functools
import itertools

from datasets.episode import PHYSICS_HZ
from sim.bridge import start_episode, xy_world
from sim.highway import AbstractEnv, IDMVehicle, IntersectionIDMVehicle, make_bare
from sim.navigation import Navigation
from sim.scenarios import Scenario
from sim.state import RoadMap
from sim.traffic import accelerate, advance


def idm_at_ego(env: AbstractEnv, scenario: Scenario) -> IDMVehicle:
    """An IDM/MOBIL driver where the ego is, with the ego's speed as the one it wants and with the
    lanes of the route that it must be on."""
    ego = env.vehicle
    intersection = scenario.env_id.startswith("intersection")
    kind = IntersectionIDMVehicle if intersection else IDMVehicle
    driver = kind(env.road, ego.position, ego.heading, ego.speed)
    if scenario.route[0] != scenario.route[-1]:
        driver.route = _lane_route(env, scenario)
    return driver


def _lane_route(env: AbstractEnv, scenario: Scenario) -> list[tuple[str, str, int | None]]:
    """The route as highway-env takes it: the lane is named where the road has several and the next
    one is not as wide, so that MOBIL knows which lane it must reach."""
    roads = list(itertools.pairwise(scenario.route))
    lanes = {road: len(env.road.network.graph[road[0]][road[1]]) for road in roads}
    route: list[tuple[str, str, int | None]] = []
    wanted: int | None = None
    for road in reversed(roads):
        if route and lanes[road] > lanes[route[-1][:2]] and route[-1][2] is None:
            wanted = lanes[road] - 1  # what leaves a road leaves it on the right
        elif wanted is not None:
            wanted = min(wanted, lanes[road] - 1)
        route.append((*road, wanted))
    return route[::-1]


@functools.lru_cache(maxsize=64)  # half a second on a circuit, and episodes are driven repeatedly
def idm_distance(scenario: Scenario, road_map: RoadMap, seed: int, fast: bool = True) -> float:
    """Metres along the route that IDM/MOBIL covers on this seed within the time limit. Where it
    crashes, it counts as if it had gone on at its mean speed."""
    env = make_bare(scenario.env_id, scenario.config)
    if fast:
        accelerate(env)
    start_episode(env, scenario, seed)
    driver = idm_at_ego(env, scenario)
    env.road.vehicles[env.road.vehicles.index(env.vehicle)] = driver
    navigation = Navigation(scenario, road_map, seed)
    start = s = navigation.start(xy_world(driver))
    steps = round(scenario.time_limit * PHYSICS_HZ)
    for step in range(1, steps + 1):
        advance(env.road, 1 / PHYSICS_HZ, 1)
        s = navigation.advance(s, xy_world(driver))
        if driver.crashed:
            return (s - start) * steps / step
    return s - start
