"""The yielding attributes of RegulatedRoad's vehicles, to the arrays and back.

A vehicle has `is_yielding`, `yield_timer` and `color` only once it has had to yield, and loses its
colour when it may go on.
"""

from __future__ import annotations

from typing import Any

from sim.highway import RegulatedRoad
from sim.traffic import layout as at

PREDICTION_TYPES = ("zero_steering", "constant_steering")


def read(road: RegulatedRoad, traffic: at.Traffic) -> bool:
    """False: stock would raise an error."""
    tag = traffic.tag
    for i, vehicle in enumerate(road.vehicles):
        tag[at.YIELDING, i] = bool(getattr(vehicle, "is_yielding", False))
        tag[at.YIELD_TIMER, i] = getattr(vehicle, "yield_timer", 0)
        prediction = vehicle.prediction_type
        if prediction not in PREDICTION_TYPES:
            return False
        tag[at.KEEPS_STEERING, i] = prediction == "constant_steering"
    tag[at.YIELD_TOUCHED] = 0
    return True


def write(road: RegulatedRoad, traffic: at.Traffic) -> None:
    for i, vehicle in enumerate(road.vehicles):
        if traffic.tag[at.YIELD_TOUCHED, i]:
            _write_vehicle(
                vehicle,
                bool(traffic.tag[at.YIELDING, i]),
                int(traffic.tag[at.YIELD_TIMER, i]),
                float(traffic.body[at.TARGET_SPEED, i]),
                road.YIELDING_COLOR,
            )


def _write_vehicle(vehicle: Any, yields: bool, timer: int, target: float, color: Any) -> None:
    vehicle.is_yielding, vehicle.yield_timer, vehicle.target_speed = yields, timer, target
    if yields:
        vehicle.color = color
    elif hasattr(vehicle, "color"):
        del vehicle.color
