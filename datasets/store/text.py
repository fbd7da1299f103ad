"""Scenes, trajectories and shadows as JSON text: short enough for every tick, plain enough for
every tool.

Lengths are rounded to 0.1 mm, angles to 0.1 mrad, speeds to 0.1 mm/s; centerlines of lanes to
1 mm, as steps from point to point ("xy_mm": first point, then differences), which compress ten
times better than positions. The simulator's state holds the exact values.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import orjson

from datasets.checks import BoolArray, FloatArray
from datasets.driving import Action, Shadow, Trajectory
from datasets.observation import EgoState, Route
from datasets.scene import Agents, Lanes, Scene

_DECIMALS = 4
_PER_METRE = 1000  # lanes count in millimetres
_AGENT_INTEGERS = ("id", "kind", "indicator")
_AGENT_REALS = ("heading", "speed", "length", "width", "visible", "xy_std")
_LANE_INTEGERS = ("id", "left_marking", "right_marking", "priority")
_LANE_REALS = ("width", "speed_limit")
_LANE_PAIRS = ("leads_to", "left_of")


def scene_to_text(scene: Scene, route: Route, truth: Scene | None = None) -> str:
    """`route` is the observation's: a scene that has the same one does not repeat it, nor the lanes
    of the `truth` that it is kept beside."""
    same_route = np.array_equal(scene.route.xy_ego, route.xy_ego)
    same_lanes = truth is not None and _equal(scene.lanes, truth.lanes)
    return _dump(
        {
            "t": scene.t,
            "ego": scene.ego.as_array().tolist(),
            "agents": _plain_agents(scene.agents),
            "lanes": None if same_lanes else _plain_lanes(scene.lanes),
            "route": None if same_route else _rounded(scene.route.xy_ego),
        }
    )


def scene_from_text(text: str, route: Route, truth: Scene | None = None) -> Scene:
    """The scene of that text; `route` and `truth` as in `scene_to_text`."""
    plain = orjson.loads(text)
    own = plain["route"]
    if plain["lanes"] is None and truth is None:
        raise ValueError("scene_from_text: expected the truth beside a scene without lanes")
    return Scene(
        t=plain["t"],
        ego=EgoState(*plain["ego"]),
        agents=_agents(plain["agents"]),
        lanes=truth.lanes if truth and plain["lanes"] is None else _lanes(plain["lanes"]),
        route=route if own is None else Route(np.array(own, np.float64)),
    )


def same_scene(a: Scene, b: Scene) -> bool:
    """Whether two scenes are equal in everything."""
    return (a.t, a.ego) == (b.t, b.ego) and all(
        _equal(getattr(a, part), getattr(b, part)) for part in ("agents", "lanes", "route")
    )


def _equal(a: Any, b: Any) -> bool:
    """Whether two structs of arrays are equal in every array."""
    return a is b or all(
        np.array_equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a)
    )


def trajectory_to_text(trajectory: Trajectory) -> str:
    return _dump(_plain_trajectory(trajectory))


def trajectory_from_text(text: str) -> Trajectory:
    return _trajectory(orjson.loads(text))


def shadow_to_text(shadow: Shadow) -> str:
    """All of it but `apart`, which has a column of its own. Its numbers are exact, those of its
    trajectory as any other's."""
    action, plan = shadow.action, shadow.trajectory
    return _dump(
        {
            "model": shadow.model,
            "action": [action.accel, action.steering_angle],
            "compute_time": shadow.compute_time,
            "trajectory": None if plan is None else _plain_trajectory(plan),
        }
    )


def shadow_from_text(text: str, apart: float) -> Shadow:
    plain = orjson.loads(text)
    plan = plain["trajectory"]
    return Shadow(
        model=plain["model"],
        action=Action(*plain["action"]),
        trajectory=None if plan is None else _trajectory(plan),
        apart=apart,
        compute_time=plain["compute_time"],
    )


def _plain_trajectory(trajectory: Trajectory) -> dict[str, Any]:
    columns = (trajectory.t, trajectory.xy_ego, trajectory.heading, trajectory.speed)
    return {"t_x_y_heading_speed": _rounded(np.column_stack(columns))}


def _trajectory(plain: dict[str, Any]) -> Trajectory:
    table = np.array(plain["t_x_y_heading_speed"], np.float64)
    t, xy_ego, heading, speed = np.split(table, [1, 3, 4], axis=1)
    return Trajectory(t.ravel(), xy_ego, heading.ravel(), speed.ravel())


def _plain_agents(agents: Agents) -> dict[str, Any]:
    """The valid ones."""
    if not agents.valid.all():
        agents = agents.compact()
    whole = [*(getattr(agents, name) for name in _AGENT_INTEGERS), agents.braking]
    real = [agents.xy_ego, *(getattr(agents, name) for name in _AGENT_REALS)]
    return {
        "columns": [*_AGENT_INTEGERS, "braking", "x_ego", "y_ego", *_AGENT_REALS],
        "integers": np.column_stack(whole).astype(np.int64),
        "reals": _rounded(np.column_stack(real)),
    }


def _agents(plain: dict[str, Any]) -> Agents:
    integers = np.array(plain["integers"], np.int64).reshape(-1, len(_AGENT_INTEGERS) + 1)
    reals = np.array(plain["reals"], np.float64).reshape(-1, 2 + len(_AGENT_REALS))
    fields: dict[str, Any] = dict(zip(_AGENT_INTEGERS, integers.T.copy(), strict=False))
    fields |= zip(_AGENT_REALS, reals[:, 2:].T.copy(), strict=True)
    return Agents(
        **fields,
        xy_ego=reals[:, :2].copy(),
        braking=integers[:, -1].astype(np.bool_),
        valid=np.ones(len(integers), np.bool_),
    )


def _plain_lanes(lanes: Lanes) -> dict[str, Any]:
    counts = lanes.valid.sum(axis=1)
    steps = np.rint(np.where(lanes.valid[..., None], lanes.xy_ego, 0.0) * _PER_METRE)
    steps[:, 1:] = np.diff(steps, axis=1)
    ends = np.cumsum(counts)[:-1]
    xy_mm = np.split(steps[lanes.valid].astype(np.int64).ravel(), 2 * ends)
    std_mm = np.split(np.rint(lanes.lateral_std[lanes.valid] * _PER_METRE).astype(np.int64), ends)
    plain = {name: getattr(lanes, name) for name in _LANE_INTEGERS}
    plain |= {name: _rounded(getattr(lanes, name)) for name in _LANE_REALS}
    plain |= {name: np.argwhere(getattr(lanes, name)) for name in _LANE_PAIRS}
    return plain | {
        "on_route": lanes.on_route.astype(np.int64),
        "points": lanes.valid.shape[1],
        "xy_mm": xy_mm[: len(lanes)],
        "lateral_std_mm": [line if line.any() else 0 for line in std_mm][: len(lanes)],
    }


def _lanes(plain: dict[str, Any]) -> Lanes:
    n, points = len(plain["id"]), plain["points"]
    xy_ego, lateral_std = np.zeros((n, points, 2)), np.zeros((n, points))
    valid = np.zeros((n, points), np.bool_)
    for i, (steps, std_mm) in enumerate(zip(plain["xy_mm"], plain["lateral_std_mm"], strict=True)):
        xy = np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / _PER_METRE
        xy_ego[i, : len(xy)] = xy
        xy_ego[i, len(xy) :] = xy[-1] if len(xy) else 0.0
        lateral_std[i, : len(xy)] = np.array(std_mm) / _PER_METRE
        valid[i, : len(xy)] = True
    fields: dict[str, Any] = {name: np.array(plain[name], np.int64) for name in _LANE_INTEGERS}
    fields |= {name: np.array(plain[name], np.float64) for name in _LANE_REALS}
    fields |= {name: _matrix(plain[name], n) for name in _LANE_PAIRS}
    return Lanes(
        **fields,
        on_route=np.array(plain["on_route"], np.bool_),
        xy_ego=xy_ego,
        lateral_std=lateral_std,
        valid=valid,
    )


def _matrix(pairs: list[list[int]], n: int) -> BoolArray:
    matrix = np.zeros((n, n), np.bool_)
    for i, j in pairs:
        matrix[i, j] = True
    return matrix


def _rounded(array: FloatArray) -> FloatArray:
    return np.round(array, _DECIMALS) + 0.0  # + 0.0: no "-0.0"


def _dump(plain: dict[str, Any]) -> str:
    # `default`: what is not contiguous in memory
    return orjson.dumps(plain, np.ndarray.tolist, orjson.OPT_SERIALIZE_NUMPY).decode()
