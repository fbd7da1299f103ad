"""The yielding attributes of RegulatedRoad's vehicles, to the arrays and back.

A vehicle has `is_yielding`, `yield_timer` and `color` only once it has had to yield, and loses its
colour when it may go on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.highway import RegulatedRoad

PREDICTION_TYPES = ("zero_steering", "constant_steering")


def read(road: RegulatedRoad, bodies: np.ndarray) -> bool:
    """False: stock would raise an error."""
    for vehicle, row in zip(road.vehicles, bodies, strict=False):
        row["yielding"] = bool(getattr(vehicle, "is_yielding", False))
        row["yield_timer"] = getattr(vehicle, "yield_timer", 0)
        if vehicle.prediction_type not in PREDICTION_TYPES:
            return False
        row["keeps_steering"] = vehicle.prediction_type == "constant_steering"
        row["yield_touched"] = 0
    return True


def write(road: RegulatedRoad, bodies: np.ndarray) -> None:
    for i in np.flatnonzero(bodies["yield_touched"]).tolist():
        row = bodies[i]
        _write_vehicle(
            road.vehicles[i],
            bool(row["yielding"]),
            int(row["yield_timer"]),
            float(row["target_speed"]),
            road.YIELDING_COLOR,
        )


def _write_vehicle(vehicle: Any, yields: bool, timer: int, target: float, color: Any) -> None:
    vehicle.is_yielding, vehicle.yield_timer, vehicle.target_speed = yields, timer, target
    if yields:
        vehicle.color = color
    elif hasattr(vehicle, "color"):
        del vehicle.color
