"""Scenes made by hand: straight and bent roads with some cars on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from datasets.checks import FloatArray
from datasets.geometry import SE2
from datasets.observation import EgoState, Route
from datasets.scene import Agents, Lanes, Scene

WIDTH = 4.0  # m


def ego_state(speed: float, accel: float = 0.0, steering_angle: float = 0.0) -> EgoState:
    slip = np.arctan(np.tan(steering_angle) / 2)
    return EgoState(speed, float(speed * np.sin(slip) / 2.5), accel, steering_angle)


def lanes_of(curves: Sequence[FloatArray], limit: float = 30.0, on_route: bool = True) -> Lanes:
    """Lanes side by side along the given (P, 2) curves, the first one leftmost."""
    n, longest = len(curves), max(len(curve) for curve in curves)
    xy, valid = np.zeros((n, longest, 2)), np.zeros((n, longest), np.bool_)
    for i, curve in enumerate(curves):
        xy[i, : len(curve)], valid[i, : len(curve)] = curve, True
    one = np.ones(n, np.int64)
    return Lanes(
        id=np.arange(n),
        xy_ego=xy,
        valid=valid,
        lateral_std=np.zeros((n, longest)),
        width=np.full(n, WIDTH),
        speed_limit=np.full(n, float(limit)),
        left_marking=one,
        right_marking=one,
        on_route=np.full(n, on_route),
        priority=one,
        leads_to=np.zeros((n, n), np.bool_),
        left_of=np.eye(n, k=-1, dtype=np.bool_),
    )


def straight_lanes(offsets: Sequence[float], limit: float = 30.0) -> Lanes:
    """Lanes straight ahead, at these offsets left of the car, from left to right."""
    x = np.arange(-80.0, 161.0, 2.0)
    return lanes_of([np.stack([x, np.full(len(x), y)], axis=1) for y in offsets], limit)


def bent_lane(radius: float, straight: float = 40.0) -> FloatArray:
    """(P, 2) a curve: straight behind the car and for a while ahead, then a left turn."""
    x = np.arange(-80.0, straight)
    before = np.stack([x, np.zeros(len(x))], axis=1)
    angle = np.arange(0.0, min(160 / radius, 1.5 * np.pi), 1.0 / radius)
    arc = np.stack([straight + radius * np.sin(angle), radius * (1 - np.cos(angle))], axis=1)
    return np.concatenate([before, arc])


def agents_at(rows: Sequence[tuple[float, float, float, float]], **changes: object) -> Agents:
    """Cars at (x, y, heading, speed)."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    n = len(table)
    agents = Agents(
        id=np.arange(n),
        kind=np.zeros(n, np.int64),
        xy_ego=table[:, :2].copy(),
        heading=table[:, 2].copy(),
        speed=table[:, 3].copy(),
        length=np.full(n, 5.0),
        width=np.full(n, 2.0),
        braking=np.zeros(n, np.bool_),
        indicator=np.zeros(n, np.int64),
        visible=np.ones(n),
        xy_std=np.zeros(n),
        valid=np.ones(n, np.bool_),
    )
    return replace(agents, **changes)  # type: ignore[arg-type]


def scene_of(
    lanes: Lanes, agents: Agents | None = None, ego: EgoState | None = None, t: float = 0.0
) -> Scene:
    route = Route(np.array([[0.0, 0.0], [100.0, 0.0]]))
    return Scene(t, ego or ego_state(20.0), agents or Agents.none(), lanes, route)


def seen_from(lanes: Lanes, world_from_ego: SE2) -> Lanes:
    """The lanes of a map, which are in the world frame, as the car sees them."""
    return replace(lanes, xy_ego=world_from_ego.inverse().apply(lanes.xy_ego))


def mirrored(scene: Scene) -> Scene:
    """The scene as a mirror along the car's axis shows it."""
    flip = np.array([1.0, -1.0])
    lanes, agents, ego = scene.lanes, scene.agents, scene.ego
    return Scene(
        scene.t,
        EgoState(ego.speed, -ego.yaw_rate, ego.accel, -ego.steering_angle),
        replace(
            agents,
            xy_ego=agents.xy_ego * flip,
            heading=-agents.heading,
            indicator=-agents.indicator,
        ),
        replace(
            lanes,
            xy_ego=lanes.xy_ego * flip,
            left_of=lanes.left_of.T.copy(),
            left_marking=lanes.right_marking,
            right_marking=lanes.left_marking,
        ),
        Route(scene.route.xy_ego * flip),
    )
