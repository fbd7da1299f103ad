"""Two copies of a road, stock and fast, for tests of the traffic kernels."""

import copy

from scripts.twins import DT, Difference, difference
from sim.highway import make_bare
from sim.traffic import accelerate

SAME = Difference(0.0, 0.0, ())
ONE_STEP, FREE = 1e-9, 1e-6  # m, rad, m/s


def twin_roads(road):
    """Two copies of a road, one of them fast."""
    return copy.deepcopy(road), accelerate(copy.deepcopy(road))


def run(roads, steps):
    for road in roads:
        for _ in range(steps):
            road.act()
            road.step(DT)
    return difference(*roads)


def uses_kernels(road):
    return road._mirror.bodies is not None and road._mirror.known and road._mirror.network.known


def highway_road(vehicles=12, seed=0, **config):
    env = make_bare("highway-v0", {"vehicles_count": vehicles} | config)
    env.reset(seed=seed)
    return env.road
