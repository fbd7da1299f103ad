"""Episodes made of dice: small pictures, a few agents and lanes, nothing simulated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasets.camera import Camera
from datasets.driving import Action, Decision, Shadow, Trajectory
from datasets.episode import TICK, End, Outcome, Tick
from datasets.geometry import SE2
from datasets.observation import CameraFrame, EgoState, Observation, Route
from datasets.scene import Agents, Lanes, Scene
from datasets.store.logged import Head, LoggedTick
from datasets.store.pictures import PictureFormat
from datasets.store.writer import DatasetWriter

GOAL = Outcome(End.GOAL)


def rig(cameras: int = 2) -> tuple[Camera, ...]:
    return tuple(
        Camera(f"camera{i}", 32, 16, 20.0, np.array([0.5, 0.1 * i, 1.4]), yaw=0.1 * i)
        for i in range(cameras)
    )


def head(scenario: str = "highway", seed: int = 0, cameras: int = 2, shadow: str = "") -> Head:
    return Head(scenario, seed, "clear", "dice", rig(cameras), shadow=shadow)


def route(rng: np.random.Generator) -> Route:
    return Route(rng.normal(size=(rng.integers(2, 12), 2)) * 50)


def ego(rng: np.random.Generator) -> EgoState:
    return EgoState(*rng.normal(size=4).tolist())


def agents(rng: np.random.Generator, n: int) -> Agents:
    return Agents(
        id=rng.integers(0, 99, n),
        kind=rng.integers(0, 2, n),
        xy_ego=rng.normal(size=(n, 2)) * 40,
        heading=rng.normal(size=n),
        speed=rng.normal(size=n) * 10,
        length=rng.uniform(1, 9, n),
        width=rng.uniform(1, 3, n),
        braking=rng.random(n) < 0.5,
        indicator=rng.integers(-1, 2, n),
        visible=rng.random(n),
        xy_std=rng.random(n),
        valid=rng.random(n) < 0.8,
    )


def lanes(rng: np.random.Generator, n: int, points: int = 7) -> Lanes:
    count = rng.integers(0, points + 1, n)
    count[0] = points
    return Lanes(
        id=np.arange(n),
        xy_ego=rng.normal(size=(n, points, 2)) * 60,
        valid=np.arange(points) < count[:, None],
        lateral_std=rng.random((n, points)) * (rng.random((n, 1)) < 0.5),
        width=rng.uniform(3, 5, n),
        speed_limit=rng.uniform(5, 30, n),
        left_marking=rng.integers(0, 3, n),
        right_marking=rng.integers(0, 3, n),
        on_route=rng.random(n) < 0.5,
        priority=rng.integers(-1, 2, n),
        leads_to=rng.random((n, n)) < 0.3,
        left_of=rng.random((n, n)) < 0.3,
    )


def scene(rng: np.random.Generator, t: float, way: Route) -> Scene:
    some = int(rng.integers(1, 5))
    return Scene(t, ego(rng), agents(rng, int(rng.integers(0, 5))), lanes(rng, some), way)


def trajectory(rng: np.random.Generator) -> Trajectory:
    n = 5
    t = np.linspace(0, 2, n)
    return Trajectory(t, rng.normal(size=(n, 2)), rng.normal(size=n), rng.normal(size=n))


def shadow(rng: np.random.Generator) -> Shadow:
    action = Action(*rng.uniform(-0.5, 0.5, 2).tolist())
    plan = trajectory(rng) if rng.random() < 0.5 else None
    return Shadow("policy@x", action, plan, *rng.uniform(0, 9, 2).tolist())


def smooth_picture(camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """A ramp of colours, which JPEG hardly changes."""
    low, high = rng.integers(0, 120, 3), rng.integers(130, 256, 3)
    ramp = np.linspace(low, high, camera.width_px)
    return np.tile(ramp.astype(np.uint8), (camera.height_px, 1, 1))


def episode(
    about: Head, ticks: int, seed: int = 0, outcome: Outcome | None = GOAL
) -> Iterator[LoggedTick]:
    """`outcome` None: the episode is cut off."""
    rng = np.random.default_rng([about.seed, seed])
    for i in range(ticks):
        t = i * TICK
        way = route(rng)
        truth = scene(rng, t, way)
        frames = tuple(CameraFrame(c, smooth_picture(c, rng), t) for c in about.rig)
        belief = [None, truth, scene(rng, t, route(rng))][i % 3]
        plan = trajectory(rng) if i % 2 else None
        beside = shadow(rng) if about.shadow and i % 4 else None
        action = Action(*rng.uniform(-0.5, 0.5, 2).tolist())
        last = outcome if i == ticks - 1 else None
        yield LoggedTick(
            tick=Tick(
                index=i,
                observation=Observation(t, frames, ego(rng), way),
                truth=truth,
                decision=Decision(action, f"driver {i % 2}", "why not", plan, belief, beside),
                outcome=last,
                compute_time=float(rng.random()),
            ),
            executed=Action(*rng.uniform(-0.5, 0.5, 2).tolist()),
            intervention=bool(i % 2),
            world_from_ego=SE2(*rng.normal(size=3).tolist()),
            simulator=f'{{"tick": {i}}}',
        )


def record(
    writer: DatasetWriter,
    about: Head,
    ticks: int = 12,
    outcome: Outcome | None = GOAL,
    picture_format: PictureFormat = PictureFormat.PNG,
) -> list[LoggedTick]:
    """Record an episode, and return what was recorded."""
    logged = list(episode(about, ticks, outcome=outcome))
    with writer.begin(about, picture_format=picture_format) as journal:
        for one in logged:
            journal.add(one)
    assert writer.adopt(journal.path) is not None
    return logged
