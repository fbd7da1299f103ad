"""The only door to highway-env: every class of it that we use comes through here, and every world.

A world is one of highway-env's own environments, bare: its roads, its spawning and its traffic,
without its observations, rewards and endings, which cost time and of which some cannot even be
built with continuous actions (`_rewards` of merge, roundabout and two-way).
"""

from __future__ import annotations

from typing import Any

import gymnasium
import highway_env
from highway_env.envs.common.abstract import AbstractEnv
from highway_env.road.lane import (
    AbstractLane,
    CircularLane,
    LineType,
    PolyLane,
    PolyLaneFixedWidth,
    SineLane,
    StraightLane,
)
from highway_env.road.regulation import RegulatedRoad
from highway_env.road.road import Road, RoadNetwork
from highway_env.vehicle.behavior import (
    AggressiveVehicle,
    DefensiveVehicle,
    IDMVehicle,
    LinearVehicle,
)
from highway_env.vehicle.controller import ControlledVehicle, MDPVehicle
from highway_env.vehicle.dynamics import BicycleVehicle
from highway_env.vehicle.kinematics import Vehicle
from highway_env.vehicle.objects import Landmark, Obstacle, RoadObject

from datasets.episode import DECISION_HZ, PHYSICS_HZ

__all__ = [
    "AbstractEnv",
    "AbstractLane",
    "AggressiveVehicle",
    "BicycleVehicle",
    "CircularLane",
    "ControlledVehicle",
    "DefensiveVehicle",
    "IDMVehicle",
    "IntersectionIDMVehicle",
    "Landmark",
    "LineType",
    "LinearVehicle",
    "MDPVehicle",
    "Obstacle",
    "PolyLane",
    "PolyLaneFixedWidth",
    "RegulatedRoad",
    "Road",
    "RoadNetwork",
    "RoadObject",
    "SineLane",
    "StraightLane",
    "Vehicle",
    "gymnasium",
    "highway_env",
    "make_bare",
    "make_stock",
]


class IntersectionIDMVehicle(IDMVehicle):
    """Traffic of the intersection. That environment changes the attributes of the class of its
    traffic for the whole process (a jam distance of 7 m, for one); here it changes only this class,
    so that other worlds in the process stay as they are."""


class _EgoSeat:
    """Stands in for highway-env's action type: says only which class the ego is made of."""

    vehicle_class = Vehicle


class _Bare:
    """Mixed in before an environment: what is left is `_reset`, which makes roads and traffic."""

    def define_spaces(self) -> None:
        self.action_type = _EgoSeat()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        if seed is None:  # highway-env resets in its constructor, before anyone can give a seed
            return
        gymnasium.Env.reset(self, seed=seed)
        self.time = self.steps = 0
        self._reset()
        self.road.neighbour_vehicles_connected_lanes = self.config[
            "neighbour_vehicles_connected_lanes"
        ]


def make_bare(env_id: str, config: dict[str, Any]) -> AbstractEnv:
    """A bare environment at our rates; `reset(seed=...)` fills it. The caller drives its road:
    `env.vehicle.act(...)`, `env.road.act()`, `env.road.step(dt)`."""
    creator = gymnasium.envs.registration.load_env_creator(gymnasium.spec(env_id).entry_point)
    bare = type(f"Bare{creator.__name__}", (_Bare, creator), {})
    rates = {"simulation_frequency": PHYSICS_HZ, "policy_frequency": DECISION_HZ}
    if "intersection" in env_id:
        rates["other_vehicles_type"] = f"{__name__}.{IntersectionIDMVehicle.__name__}"
    kwargs = dict(gymnasium.spec(env_id).kwargs)
    env = bare(**kwargs)
    env.configure(rates | config)
    return env


def make_stock(env_id: str, config: dict[str, Any], render_mode: str | None = None) -> AbstractEnv:
    """highway-env's environment as it comes, for comparison."""
    shown = {} if render_mode is None else {"render_mode": render_mode}  # not all of them take it
    return gymnasium.make(env_id, config=config, **shown).unwrapped
