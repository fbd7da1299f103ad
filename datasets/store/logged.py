"""What a dataset keeps: LoggedTick, a Tick and what belongs to it, and Head, what holds for all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

import numpy as np

from datasets.camera import Camera
from datasets.driving import Action
from datasets.episode import Tick
from datasets.geometry import SE2


@dataclass(frozen=True, slots=True)
class LoggedTick:
    """One tick as it is kept."""

    tick: Tick  # its decision is the clean label
    executed: Action  # what the car really did: the label plus noise, where noise was injected
    intervention: bool  # a person took the wheel from an agent
    world_from_ego: SE2  # where the car was
    simulator: str  # the simulator's state before the action, as its own text; "" where none


@dataclass(frozen=True, slots=True)
class Parent:
    """The tick of another episode that an episode began from."""

    uid: str
    tick: int


@dataclass(frozen=True, slots=True)
class Head:
    """What holds for a whole episode."""

    scenario: str  # the task, in LeRobot's words
    seed: int
    weather: str
    agent: str  # who was asked to drive; who did stands in every tick
    rig: tuple[Camera, ...]  # empty where the cameras were off
    noise: str = ""  # what disturbed the driving, "" where nothing did
    parent: Parent | None = None
    shadow: str = ""  # who rode along without driving, "" where nobody did

    def to_json(self) -> str:
        plain = asdict(self)
        if not self.shadow:
            # As it was before there were shadows: the uid of an episode is a digest of this.
            del plain["shadow"]
        return json.dumps(plain, default=np.ndarray.tolist)

    @classmethod
    def from_json(cls, text: str) -> Head:
        content = json.loads(text)
        expected = {field.name for field in fields(cls)}
        if not isinstance(content, dict) or set(content) | {"shadow"} != expected:
            raise ValueError(f"Head: expected {sorted(expected)}, got {text[:200]!r}")
        parent = content["parent"]
        content["parent"] = None if parent is None else Parent(**parent)
        content["rig"] = rig_from(content["rig"])
        return cls(**content)


def rig_from(plain: list[dict[str, object]]) -> tuple[Camera, ...]:
    """Cameras from their plain values, as JSON holds them."""
    return tuple(
        Camera(**{**camera, "xyz_ego": np.array(camera["xyz_ego"], np.float64)})  # type: ignore[arg-type]
        for camera in plain
    )


def same_pictures(a: tuple[Camera, ...], b: tuple[Camera, ...]) -> bool:
    """Whether two rigs give the same columns: cameras of the same names and sizes."""
    return picture_shapes(a) == picture_shapes(b)


def picture_shapes(rig: tuple[Camera, ...]) -> list[tuple[str, int, int]]:
    """Name, height and width of every camera."""
    return [(camera.name, camera.height_px, camera.width_px) for camera in rig]
