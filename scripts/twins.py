"""The same world twice, stock highway-env and ours, and what differs between them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.driving import Action
from datasets.episode import DECISION_HZ, PHYSICS_HZ
from sim.bridge import drive_ego, native_action, start_episode
from sim.highway import AbstractEnv, Road, make_bare
from sim.reference import idm_at_ego
from sim.scenarios import Scenario
from sim.traffic import accelerate, advance

DT = 1 / PHYSICS_HZ  # s
STEPS = PHYSICS_HZ // DECISION_HZ
_SAME_THING = {"road", "lane", "history", "log"}  # compared through lane_index, or display only
# What None says as well of where a body goes; that an impact of nothing leaves a wreck, too, shows
# a step later. Of bodies pushed apart until they touch, the last bit decides which of them it is.
_NONE_IS = {"impact": np.zeros(2)}  # m


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two roads that should be equal."""

    position: float  # m, the greatest over bodies and axes; infinite if the bodies differ
    number: float  # the greatest over every other number that a body carries
    decisions: tuple[str, ...]  # what is not a number and differs: lanes, crashes, routes, flags

    def within(self, tolerance: float) -> bool:
        return self.position <= tolerance and self.number <= tolerance and not self.decisions


def difference(stock: Road, ours: Road) -> Difference:
    """Every attribute of every body, and of the road that the bodies' behaviour depends on."""
    pairs = list(zip(stock.vehicles + stock.objects, ours.vehicles + ours.objects, strict=False))
    if [type(a) for a in stock.vehicles] != [type(a) for a in ours.vehicles]:
        return Difference(np.inf, np.inf, ("who is on the road",))
    position = max((float(np.abs(a.position - b.position).max()) for a, b in pairs), default=0.0)
    number, decisions = 0.0, []
    for row, (a, b) in enumerate(pairs):
        mine, theirs = vars(a), vars(b)
        if mine.keys() != theirs.keys():
            decisions.append(f"{row}.{sorted(mine.keys() ^ theirs.keys())}")
        for name in (mine.keys() & theirs.keys()) - _SAME_THING - {"position"}:
            apart = _apart(
                *(_NONE_IS.get(name) if x is None else x for x in (mine[name], theirs[name]))
            )
            if np.isinf(apart):
                decisions.append(f"{row}.{name}: {mine[name]} v {theirs[name]}")
            else:
                number = max(number, apart)
        if stock.network.lanes_list().index(a.lane) != ours.network.lanes_list().index(b.lane):
            decisions.append(f"{row}.lane")
    if getattr(stock, "steps", 0) != getattr(ours, "steps", 0):
        decisions.append("road.steps")
    return Difference(position, number, tuple(decisions))


def _apart(a: Any, b: Any) -> float:
    """How far two values are from each other; infinite if they are not numbers and not equal."""
    if (a is None) != (b is None):
        return np.inf
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((_apart(a[key], b[key]) for key in a), default=0.0)
    if not isinstance(a, bool | np.bool_) and isinstance(a, float | int | np.number | np.ndarray):
        apart = np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64))
        return float(apart.max()) if apart.size else 0.0
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return np.inf
        return max((_apart(x, y) for x, y in zip(a, b, strict=True)), default=0.0)
    return 0.0 if a == b else np.inf


class Twins:
    """One scenario side by side, with the same seed and the same actions."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.stock = make_bare(scenario.env_id, scenario.config)
        self.ours = accelerate(make_bare(scenario.env_id, scenario.config))

    def reset(self, seed: int) -> None:
        """Begin. The reset itself is compared, too: some worlds run for a while in it."""
        start_episode(self.stock, self.scenario, seed)
        start_episode(self.ours, self.scenario, seed)
        self.tick = 0
        self._driver = idm_at_ego(self.stock, self.scenario)

    def action(self, weave: bool) -> Action:
        """What highway-env's driver would do in the stock world, or that with swerves in it."""
        action = native_action(self.stock, self._driver)
        self._driver.timer += STEPS * DT
        if not weave:
            return action
        swerve, surge = 0.03 * np.sin(self.tick / 5), 2 * np.cos(self.tick / 7)
        return Action.clipped(action.accel + surge, action.steering_angle + swerve)

    def step(self, action: Action) -> None:
        """One decision of both."""
        for env in (self.stock, self.ours):
            self.decide(env, action)
        self.tick += 1

    def decide(self, env: AbstractEnv, action: Action) -> None:
        """One decision of one of them."""
        drive_ego(env, action)
        advance(env.road, DT, STEPS)
        if self.scenario.spawn_rate:
            env._clear_vehicles()
            env._spawn_vehicle(spawn_probability=self.scenario.spawn_rate / DECISION_HZ)

    def difference(self) -> Difference:
        return difference(self.stock.road, self.ours.road)

    def one_step(self) -> Difference:
        """One physics step of ours from the stock world's state of this moment, against stock's."""
        stock, ours = copy.deepcopy(self.stock.road), accelerate(copy.deepcopy(self.stock.road))
        for road in (stock, ours):
            road.act()
            road.step(DT)
        return difference(stock, ours)

    @property
    def over(self) -> bool:
        ticks = round(self.scenario.time_limit * DECISION_HZ)
        return self.tick >= ticks or bool(self.stock.vehicle.crashed)
