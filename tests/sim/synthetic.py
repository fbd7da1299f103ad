"""Small worlds to test cameras in, without the simulator."""

from __future__ import annotations

import numpy as np

from datasets.scene import AgentKind, Indicator, Marking
from sim.state import Lane, RoadMap, WorldState


def highway(lanes: int = 4, length: int = 10_000) -> RoadMap:
    """Straight lanes along x; lane 0 is the leftmost."""
    x = np.arange(0.0, length + 1)
    rows = []
    for i in range(lanes):
        xy = np.stack([x, np.full_like(x, -4.0 * i)], axis=1)
        left = Marking.SOLID if i == 0 else Marking.DASHED
        right = Marking.SOLID if i == lanes - 1 else Marking.NONE
        rows.append(Lane("0", "1", xy, 4.0, 30.0, left, right, 0))
    left_of = np.zeros((lanes, lanes), np.bool_)
    left_of[np.arange(1, lanes), np.arange(lanes - 1)] = True
    return RoadMap(tuple(rows), np.zeros((lanes, lanes), np.bool_), left_of)


def ring(radius: float = 20.0) -> RoadMap:
    """A roundabout of two lanes, with one straight road that ends on it."""
    angle = np.linspace(0, 2 * np.pi, 200)
    rows = []
    for i, r in enumerate((radius, radius + 4.0)):
        xy = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
        left, right = (Marking.SOLID, Marking.NONE) if i == 0 else (Marking.DASHED, Marking.SOLID)
        rows.append(Lane("r", "r", xy, 4.0, 10.0, left, right, 1))
    x = np.arange(120.0, radius + 3, -1.0)
    for y in (2.0, -2.0):
        xy = np.stack([x, np.full_like(x, y)], axis=1)
        out = y < 0
        xy = xy[::-1].copy() if out else xy
        rows.append(Lane("a", "r", xy, 4.0, 10.0, Marking.SOLID, Marking.SOLID, 0))
    n = len(rows)
    left_of = np.zeros((n, n), np.bool_)
    left_of[1, 0] = True
    return RoadMap(tuple(rows), np.zeros((n, n), np.bool_), left_of)


def state(
    xy: list[tuple[float, float]],
    heading: list[float] | None = None,
    *,
    t: float = 0.0,
    **changes: object,
) -> WorldState:
    """Bodies of 5 x 2 m at these places; the first is the ego."""
    n = len(xy)
    zero = np.zeros(n, np.int64)
    values: dict[str, object] = {
        "id": np.arange(n),
        "kind": zero + AgentKind.VEHICLE,
        "xy_world": np.array(xy, dtype=np.float64),
        "heading": np.zeros(n) if heading is None else np.array(heading, dtype=np.float64),
        "speed": np.full(n, 20.0),
        "accel": np.zeros(n),
        "steering_angle": np.zeros(n),
        "length": np.full(n, 5.0),
        "width": np.full(n, 2.0),
        "lane": zero,
        "target_lane": zero,
        "indicator": zero + Indicator.OFF,
        "braking": np.zeros(n, np.bool_),
        "crashed": np.zeros(n, np.bool_),
    }
    values.update(changes)
    return WorldState(t=t, **values)  # type: ignore[arg-type]


def highway_traffic(vehicles: int = 50, seed: int = 0, t: float = 0.0) -> WorldState:
    """The ego and traffic around and ahead of it, about as dense as highway-env's highway."""
    rng = np.random.default_rng(seed)
    x = 300.0 + np.cumsum(rng.uniform(5.5, 12.0, vehicles))
    lane = np.arange(vehicles) % 4
    lane = np.where(rng.random(vehicles) < 0.5, lane, 3 - lane)
    xy = [(300.0, -4.0), *zip(x.tolist(), (-4.0 * lane).tolist(), strict=True)]
    n = vehicles + 1
    return state(
        xy,
        t=t,
        braking=rng.random(n) < 0.2,
        indicator=rng.choice([-1, 0, 0, 0, 1], n).astype(np.int64),
        kind=np.where(np.arange(n) == n - 1, AgentKind.OBSTACLE, AgentKind.VEHICLE).astype(
            np.int64
        ),
    )
