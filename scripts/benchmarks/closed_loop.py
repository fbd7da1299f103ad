"""The pilot at the wheel: from camera pictures to the action, stage by stage; and one whole step of
the closed loop beside a step of highway-env that sees nothing, in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator

from datasets.observation import Observation
from scripts.agents import make_agent
from scripts.benchmarks.timing import p50, percentiles
from scripts.benchmarks.traffic import StockEnv
from sim.loop import drive
from sim.scenarios import scenario_named
from sim.world import World

STEP_SCENARIO = "highway"
WARM_UP = 5  # ticks of an episode that are not measured: the first ones compile and fill caches
LONGEST = 200  # steps of an episode, after which the traffic of both is set up anew
Times = dict[str, list[float]]


def camera_to_action(agent: str, scenarios: tuple[str, ...], ticks: int, seed: int) -> Times:
    """s of every tick, in all ("act") and by stage, over ticks of all scenarios."""
    spent: Times = {"act": []}
    each = -(-ticks // len(scenarios))
    for scenario in scenarios:
        for _ in zip(range(each), _measured(agent, scenario, seed, spent), strict=False):
            pass
    return spent


def _measured(agent: str, scenario: str, seed: int, spent: Times) -> Iterator[None]:
    """Drive episode after episode; a tick is measured, then asked for again."""
    while True:
        world = World(scenario, "random")
        driver = make_agent(agent, world)
        for tick in drive(world, driver, seed):
            if tick.index < WARM_UP:
                continue
            spent["act"].append(tick.compute_time)
            for stage, seconds in getattr(driver, "spent", {}).items():
                spent.setdefault(stage, []).append(seconds)
            yield
        seed += 1


def step_beside_stock(agent: str, steps: int, seed: int) -> Times:
    """s of one step of the closed loop of the highway (decide, move everybody, draw five cameras)
    and of highway-env's own step without a camera, in turn."""
    scenario = scenario_named(STEP_SCENARIO)
    world, stock = World(scenario), StockEnv(scenario)
    driver = make_agent(agent, world)
    spent: Times = {"closed_loop_step": [], "stock_step": []}
    while len(spent["stock_step"]) < steps:
        observation: Observation = world.reset(seed)
        driver.reset()
        stock.reset(seed)
        for k in range(LONGEST):
            began = time.perf_counter()
            observation, outcome = world.step(driver.act(observation).action)
            middle = time.perf_counter()
            stock.step()
            ended = time.perf_counter()
            if k >= WARM_UP:
                spent["closed_loop_step"].append(middle - began)
                spent["stock_step"].append(ended - middle)
            if outcome is not None or len(spent["stock_step"]) >= steps:
                break
        seed += 1
    return spent


def figures(agent: str, scenarios: tuple[str, ...], ticks: int, seed: int) -> dict[str, object]:
    """What the report says of the pilot, ms."""
    acting = camera_to_action(agent, scenarios, ticks, seed)
    stepping = step_beside_stock(agent, max(ticks // 4, 1), seed)
    stages = {name: times for name, times in acting.items() if name != "act"}
    return {
        "camera_to_action_ms": percentiles(acting["act"]),
        "stages": {name: {"p50": round(p50(times) * 1e3, 3)} for name, times in stages.items()},
        **{f"{name}_ms": {"p50": round(p50(times) * 1e3, 3)} for name, times in stepping.items()},
    }
