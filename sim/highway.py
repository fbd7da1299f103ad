"""The only door to highway-env: every class of it that we use comes through here."""

from __future__ import annotations

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

__all__ = [
    "AbstractEnv",
    "AbstractLane",
    "AggressiveVehicle",
    "BicycleVehicle",
    "CircularLane",
    "ControlledVehicle",
    "DefensiveVehicle",
    "IDMVehicle",
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
]
