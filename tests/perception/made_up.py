"""Cars and roads made by hand, as detections and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from datasets.checks import FloatArray
from datasets.geometry import SE2, wrap_angle
from datasets.observation import EgoState
from datasets.scene import Agents
from perception.nouns import OWN, SLOTS, STATION_S, STATIONS, Detections, RoadEstimate

HERE = SE2(0.0, 0.0, 0.0)


def ego(speed: float = 0.0, steering_angle: float = 0.0) -> EgoState:
    slip = np.arctan(np.tan(steering_angle) / 2)
    return EgoState(speed, float(speed * np.sin(slip) / 2.5), 0.0, steering_angle)


def detected(rows: Sequence[Sequence[float]], std: float = 0.1, **changes: Any) -> Detections:
    """Cars at (x, y, heading, speed), as one camera sees them."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    n = len(table)
    seen = Detections(
        camera=np.zeros(n, np.int64),
        score=np.full(n, 0.9),
        xy_ego=table[:, :2].copy(),
        xy_cov=np.tile(std**2 * np.eye(2), (n, 1, 1)),
        heading=table[:, 2].copy(),
        heading_std=np.full(n, 0.05),
        speed=table[:, 3].copy(),
        speed_std=np.full(n, 4.0),
        length=np.full(n, 5.0),
        width=np.full(n, 2.0),
        obstacle=np.zeros(n),
        braking=np.zeros(n),
        indicator=np.tile([0.0, 1.0, 0.0], (n, 1)),
        visible=np.ones(n),
    )
    return replace(seen, **changes)


def seen_from(world: Detections, world_from_ego: SE2) -> Detections:
    """Detections given in the world frame, as the car sees them."""
    to_ego = world_from_ego.inverse()
    turn = to_ego.rotation
    return replace(
        world,
        xy_ego=to_ego.apply(world.xy_ego),
        xy_cov=turn @ world.xy_cov @ turn.T,
        heading=wrap_angle(world.heading + to_ego.heading),
    )


def agents_of(seen: Detections, visible: float = 1.0) -> Agents:
    """The same cars as agents of a true scene."""
    n = len(seen)
    return Agents(
        id=np.arange(n),
        kind=np.zeros(n, np.int64),
        xy_ego=seen.xy_ego,
        heading=seen.heading,
        speed=seen.speed,
        length=seen.length,
        width=seen.width,
        braking=np.zeros(n, np.bool_),
        indicator=np.zeros(n, np.int64),
        visible=np.full(n, visible),
        xy_std=np.zeros(n),
        valid=np.ones(n, np.bool_),
    )


def road(
    offset: float = 0.0, lanes: Sequence[int] = (OWN,), curvature: float = 0.0, **changes: Any
) -> RoadEstimate:
    """A road that bends evenly, its spine `offset` m left of the car, with these slots."""
    exists_at = np.zeros((SLOTS, STATIONS))
    exists_at[list(lanes)] = 1.0
    place = 4.0 * (OWN - np.arange(SLOTS))
    painted = np.tile([0.0, 1.0, 0.0], (SLOTS, 1))
    estimate = RoadEstimate(
        exists=1.0,
        xy_ego=bend(curvature) + np.array([0.0, offset]),
        lateral_std=0.05 + 0.003 * STATION_S,
        length=100.0,
        length_std=1.0,
        speed_limit=20.0,
        speed_limit_std=1.0,
        lane_exists=exists_at.max(axis=1),
        lane_exists_at=exists_at,
        lane_offset=np.tile(place[:, None], STATIONS),
        lane_offset_std=np.full((SLOTS, STATIONS), 0.1),
        lane_width=np.full(SLOTS, 4.0),
        lane_oncoming=np.zeros(SLOTS),
        lane_on_route=exists_at.copy(),
        left_marking=painted,
        right_marking=painted,
        edge_offset=np.array([[4.0 * (OWN - min(lanes)) + 2.0], [4.0 * (OWN - max(lanes)) - 2.0]])
        * np.ones(STATIONS),
        edge_offset_std=np.full((2, STATIONS), 0.2),
        junction=0.0,
        junction_begin=0.0,
        junction_end=0.0,
        junction_std=1.0,
        give_way=0.0,
    )
    return replace(estimate, **changes)


def bend(curvature: float) -> FloatArray:
    """(S, 2) an arc from the origin, straight ahead at first."""
    if curvature == 0:
        return np.stack([STATION_S, np.zeros(STATIONS)], axis=1)
    angle = curvature * STATION_S
    return np.stack([np.sin(angle), 1 - np.cos(angle)], axis=1) / curvature
