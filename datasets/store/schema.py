"""The columns of a dataset, and a LoggedTick as a row of them.

One table for everybody: LeRobot's names where LeRobot has one (`action`, `observation.state`,
`observation.images.*`, `next.reward`, ...), our own beside them. All numbers are of fixed shape and
all else is text, because LeRobot's loaders can batch only those. Doubles keep every bit.

| column | what |
|---|---|
| timestamp, frame_index, episode_index, index, task_index | LeRobot's; timestamp counts from 0 |
| action | the decision: accel m/s^2, steering_angle rad. The label, free of injected noise |
| executed_action | what the car did: the same, plus noise where noise was injected |
| observation.state | measured speed, yaw_rate, accel, steering_angle |
| observation.route, observation.route_points | the route, padded; how many of its points count |
| observation.t, observation.frame_times | s, world clock; when each picture was taken |
| observation.images.NAME | one picture per camera of the rig |
| next.reward, next.done, next.success | what came of it, see `reward` |
| end, at_fault | how the episode ended; "" on every tick but its last |
| driver, reason, intervention, compute_time | who drove and why |
| pose | where the car was: x, y, heading in the world frame |
| plan, truth, belief | JSON, see datasets/store/text.py; "" for none; belief "=": as truth |
| simulator | the simulator's state before the action |
| shadow | JSON as well: what who rode along would have done; "" for nobody |
| apart | m between the plans of driver and shadow, 2 s ahead; 0 where nobody rode along |
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from datasets.camera import Camera
from datasets.driving import Action, Decision
from datasets.episode import DECISION_HZ, TICK, End, Outcome, Tick
from datasets.geometry import SE2
from datasets.observation import ROUTE_POINTS, CameraFrame, EgoState, Observation, Route
from datasets.scene import Scene
from datasets.store.logged import Head, LoggedTick
from datasets.store.text import (
    same_scene,
    scene_from_text,
    scene_to_text,
    shadow_from_text,
    shadow_to_text,
    trajectory_from_text,
    trajectory_to_text,
)

SAME = "="  # a belief that is the truth
REWARD_AT_END = 100.0  # metres that a goal is worth, and a collision or leaving the road costs
IMAGES = "observation.images."
HEAD_KEY = b"roadloop.head"  # of the metadata of a data file: what holds for its episode


@dataclass(frozen=True, slots=True)
class Column:
    """One column, as LeRobot's info.json describes it."""

    name: str
    dtype: str
    size: int = 1
    names: tuple[str, ...] | None = None
    absent: float | str | None = None  # its value in datasets from before there was such a column


INDICES = (
    Column("episode_index", "int64"),
    Column("index", "int64"),
    Column("task_index", "int64"),
)  # known only when the episode joins a dataset
_ACTION = ("accel", "steering_angle")
_XY = tuple(f"{axis}{i}" for i in range(ROUTE_POINTS) for axis in "xy")


def number_columns(cameras: int) -> tuple[Column, ...]:
    """The columns that hold numbers, without INDICES."""
    return (
        Column("timestamp", "float32"),
        Column("frame_index", "int64"),
        Column("action", "float64", 2, _ACTION),
        Column("executed_action", "float64", 2, _ACTION),
        Column("observation.state", "float64", 4, ("speed", "yaw_rate", *_ACTION)),
        Column("observation.route", "float64", 2 * ROUTE_POINTS, _XY),
        Column("observation.route_points", "int64"),
        Column("observation.t", "float64"),
        *([Column("observation.frame_times", "float64", cameras)] if cameras else []),
        Column("next.reward", "float64"),
        Column("next.done", "bool"),
        Column("next.success", "bool"),
        Column("at_fault", "bool"),
        Column("intervention", "bool"),
        Column("compute_time", "float64"),
        Column("pose", "float64", 3, ("x", "y", "heading")),
        Column("apart", "float64", absent=0.0),
    )


TEXTS = (
    *(
        Column(name, "string")
        for name in ("end", "driver", "reason", "plan", "truth", "belief", "simulator")
    ),
    Column("shadow", "string", absent=""),
)
NEWER = tuple(c for c in (*number_columns(0), *TEXTS) if c.absent is not None)


def features(rig: tuple[Camera, ...], video: bool) -> dict[str, dict[str, Any]]:
    """The "features" of info.json; the nominal calibration stands with each camera."""
    plain: dict[str, dict[str, Any]] = {
        column.name: {
            "dtype": column.dtype,
            "shape": [column.size],
            "names": list(column.names) if column.names else None,
        }
        for column in (*number_columns(len(rig)), *TEXTS, *INDICES)
    }
    for camera, calibration in zip(rig, json.loads(_rig_json(rig)), strict=True):
        info = {"calibration": calibration}
        plain[IMAGES + camera.name] = {
            "dtype": "video" if video else "image",
            "shape": [camera.height_px, camera.width_px, 3],
            "names": ["height", "width", "channels"],
            "info": info | (_video_info(camera) if video else {}),
        }
    return plain


def _rig_json(rig: tuple[Camera, ...]) -> str:
    return json.dumps(json.loads(Head("", 0, "", "", rig).to_json())["rig"])


def _video_info(camera: Camera) -> dict[str, Any]:
    return {
        "video.height": camera.height_px,
        "video.width": camera.width_px,
        "video.codec": "h264",
        "video.pix_fmt": "yuv420p",
        "video.fps": DECISION_HZ,
        "video.channels": 3,
        "has_audio": False,
        "is_depth_map": False,
    }


def arrow_schema(head: Head, pictures: bool = True, indices: bool = True) -> Any:
    """The schema of an episode's table. Its metadata hold the Head, and what lets the Hugging Face
    tools decode the pictures without LeRobot."""
    rig = head.rig if pictures else ()
    numbers = (*number_columns(len(head.rig)), *(INDICES if indices else ()))
    fields = [pa.field(c.name, _arrow_type(c)) for c in (*numbers, *TEXTS)]
    described = {c.name: _hugging_face_type(c) for c in (*numbers, *TEXTS)}
    for camera in rig:
        picture = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
        fields.append(pa.field(IMAGES + camera.name, picture))
        described[IMAGES + camera.name] = {"_type": "Image"}
    metadata = {
        b"huggingface": json.dumps({"info": {"features": described}}).encode(),
        HEAD_KEY: head.to_json().encode(),
    }
    return pa.schema(fields, metadata=metadata)


def with_newer(table: Any, names: Sequence[str]) -> Any:
    """The table with those of the columns `names` that it is too old to have."""
    for column in NEWER:
        if column.name in names and column.name not in table.column_names:
            values = pa.array([column.absent] * len(table), _arrow_type(column))
            table = table.append_column(column.name, values)
    return table


def _arrow_type(column: Column) -> Any:
    scalar = pa.type_for_alias("bool" if column.dtype == "bool" else column.dtype)
    return scalar if column.size == 1 else pa.list_(scalar, column.size)


def _hugging_face_type(column: Column) -> dict[str, Any]:
    scalar = {"dtype": column.dtype, "_type": "Value"}
    if column.size == 1:
        return scalar
    return {"feature": scalar, "length": column.size, "_type": "List"}


def reward(speed: float, outcome: Outcome | None) -> float:
    """Metres driven in the tick; reaching the goal, a collision and leaving the road weigh 100."""
    at_end = {End.GOAL: 1, End.COLLISION: -1, End.OFF_ROAD: -1}
    worth = 0 if outcome is None else at_end.get(outcome.end, 0)
    return speed * TICK + REWARD_AT_END * worth


def to_row(logged: LoggedTick, frame_index: int) -> dict[str, Any]:
    """A row of the table, without INDICES and pictures."""
    tick, observation = logged.tick, logged.tick.observation
    decision, outcome = tick.decision, tick.outcome
    row: dict[str, Any] = {
        "timestamp": frame_index / DECISION_HZ,
        "frame_index": frame_index,
        "action": _action_values(decision.action),
        "executed_action": _action_values(logged.executed),
        "observation.state": observation.ego.as_array(),
        "observation.route": observation.route.padded().ravel(),
        "observation.route_points": len(observation.route.xy_ego),
        "observation.t": observation.t,
        "next.reward": reward(tick.truth.ego.speed, outcome),
        "next.done": outcome is not None,
        "next.success": outcome is not None and outcome.success,
        "end": "" if outcome is None else outcome.end.value,
        "at_fault": outcome is not None and outcome.at_fault,
        "driver": decision.driver,
        "reason": decision.reason,
        "intervention": logged.intervention,
        "compute_time": tick.compute_time,
        "pose": [
            logged.world_from_ego.x,
            logged.world_from_ego.y,
            logged.world_from_ego.heading,
        ],
        "plan": "" if decision.trajectory is None else trajectory_to_text(decision.trajectory),
        "truth": scene_to_text(tick.truth, observation.route),
        "belief": _belief_text(decision.scene, tick.truth, observation.route),
        "simulator": logged.simulator,
        "shadow": "" if decision.shadow is None else shadow_to_text(decision.shadow),
        "apart": 0.0 if decision.shadow is None else decision.shadow.apart,
    }
    if observation.frames:
        times = [frame.t for frame in observation.frames]
        row["observation.frame_times"] = times if len(times) > 1 else times[0]
    return row


def from_row(row: Mapping[str, Any], head: Head) -> LoggedTick:
    """The LoggedTick of a row, whose pictures are decoded; those it lacks are left out."""
    route = Route(np.array(row["observation.route"], np.float64).reshape(-1, 2)).xy_ego
    route_known = Route(route[: row["observation.route_points"]].copy())
    truth = scene_from_text(row["truth"], route_known)
    observation = Observation(
        t=row["observation.t"],
        frames=tuple(_frames(row, head)),
        ego=EgoState(*row["observation.state"]),
        route=route_known,
    )
    plan, shadow = row["plan"], row["shadow"]
    decision = Decision(
        action=Action(*row["action"]),
        driver=row["driver"],
        reason=row["reason"],
        trajectory=trajectory_from_text(plan) if plan else None,
        scene=_belief(row["belief"], route_known, truth),
        shadow=shadow_from_text(shadow, row["apart"]) if shadow else None,
    )
    outcome = Outcome(End(row["end"]), row["at_fault"]) if row["end"] else None
    return LoggedTick(
        tick=Tick(row["frame_index"], observation, truth, decision, outcome, row["compute_time"]),
        executed=Action(*row["executed_action"]),
        intervention=row["intervention"],
        world_from_ego=SE2(*row["pose"]),
        simulator=row["simulator"],
    )


def _frames(row: Mapping[str, Any], head: Head) -> list[CameraFrame]:
    times = row["observation.frame_times"] if head.rig else ()
    return [
        CameraFrame(camera, row[IMAGES + camera.name], t)
        for camera, t in zip(head.rig, np.atleast_1d(times).tolist(), strict=True)
        if row.get(IMAGES + camera.name) is not None
    ]


def _action_values(action: Action) -> list[float]:
    return [action.accel, action.steering_angle]


def _belief_text(scene: Scene | None, truth: Scene, route: Route) -> str:
    if scene is None:
        return ""
    return SAME if same_scene(scene, truth) else scene_to_text(scene, route, truth)


def _belief(text: str, route: Route, truth: Scene) -> Scene | None:
    if text == SAME:
        return truth
    return scene_from_text(text, route, truth) if text else None
