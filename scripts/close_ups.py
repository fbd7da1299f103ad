"""Recorded episodes -> close-ups to learn from (perception/close_up/).

Every few ticks the pictures are drawn from the simulator's state, several times: each time from a
car a little elsewhere, in a weather and with mounting errors of its own. Around every vehicle in
them a piece is cut as if somebody had guessed where it is, and how far.

Files lie in a folder named after the settings; what is there is not made again.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from datasets.camera import Camera
from datasets.checks import FloatArray
from datasets.geometry import SE2
from datasets.store.reader import DatasetReader
from perception.close_up.cutting import ABOUT, LEAST_PX_PER_M, SIDE, SPAN, about, cut, worth_it
from perception.close_up.samples import CloseUps, save_close_ups
from perception.vehicle_code import encode_pose
from perception.vehicle_targets import vehicle_targets
from scripts.episode_files import episode_files
from scripts.redraw import in_some_weather, restore
from sim.cameras.renderer import Renderer
from sim.recording import world_of
from sim.world import World

_VERSION = 2  # of what a file holds: older ones are made again


@dataclass(frozen=True, slots=True)
class CloseUpConfig:
    """Which moments, from where, and how well they were guessed."""

    every: int = 10
    """ticks from one moment taken to the next"""
    views: int = 4
    """of each moment, each in a weather of its own"""
    ahead: float = 8.0
    """m that the car is moved along its heading, at most"""
    sideways: float = 2.0
    """m to either side, at most"""
    turn_deg: float = 8.0
    """to either side, at most"""
    off_range: float = 0.1
    """standard deviation of the logarithm of the guessed distance"""
    off_px: float = 0.5
    """standard deviation of the guessed middle, px, and as much again for each 10 px of width"""
    seed: int = 0
    """of all that is drawn by chance"""


def close_up_files(
    datasets: Sequence[Path],
    root: Path,
    config: CloseUpConfig,
    seeds: tuple[int, int],
    jobs: int = 1,
    quiet: bool = False,
) -> list[Path]:
    """The files of all episodes with these seeds, made first where they are missing; ValueError
    where there are none, or no state was kept of them."""
    decides = [_VERSION, SIDE, SPAN, LEAST_PX_PER_M, ABOUT, asdict(config)]
    settings = json.dumps(decides, sort_keys=True)
    folder = root / hashlib.sha256(settings.encode()).hexdigest()[:16]
    return episode_files(
        datasets,
        seeds,
        lambda row: folder / f"{row.head.scenario}-{row.head.seed}-{row.uid}.safetensors",
        partial(make_file, config=config),
        "close-ups",
        jobs,
        quiet,
    )


def make_file(path: Path, dataset: Path, index: int, config: CloseUpConfig) -> None:
    """The close-ups of one episode."""
    cv2.setNumThreads(1)
    none = CloseUps(
        np.zeros((0, SIDE, SIDE, 3), np.uint8),
        *(np.zeros(shape, np.float32) for shape in ((0, len(ABOUT)), 0, 0)),
    )
    parts = [none, *take(DatasetReader(dataset), index, config)]
    arrays = ([getattr(part, name) for part in parts] for name in CloseUps.__slots__)
    save_close_ups(path, CloseUps(*(np.concatenate(each) for each in arrays)))


def take(reader: DatasetReader, index: int, config: CloseUpConfig) -> Iterator[CloseUps]:
    """The close-ups of each picture of one episode."""
    row = reader.rows[index]
    head = row.head
    rng = np.random.default_rng([config.seed, head.seed, zlib.crc32(head.scenario.encode())])
    world = world_of(head, cameras=False)
    renderers: list[Renderer] = []
    for tick in range(row.first, row.last, config.every):
        restore(world, reader.logged(tick, ()))
        if not renderers:
            renderers = [in_some_weather(world, world.rig, rng) for _ in range(config.views)]
        here = world.state
        for renderer in renderers:
            x, y, turn = rng.uniform(-1, 1, 3) * (config.ahead, config.sideways, config.turn_deg)
            world.state = here.with_ego_at(SE2(float(x), float(y), float(np.deg2rad(turn))))
            yield from of_view(world, renderer, config, rng)


def of_view(
    world: World, renderer: Renderer, config: CloseUpConfig, rng: np.random.Generator
) -> Iterator[CloseUps]:
    """The close-ups of one view, picture by picture."""
    truth = world.truth()
    frames = renderer.render(world.state)
    for frame, as_built in zip(frames, renderer.mounted, strict=True):
        wanted = vehicle_targets(truth.agents, frame.camera)[2]
        xy, heading = truth.agents.xy_ego[wanted], truth.agents.heading[wanted]
        log_range = encode_pose(frame.camera, xy, heading)[1]
        seen = encode_pose(as_built, xy, heading)[0]  # px, where the picture shows them
        uv, told = guessed(seen, log_range, config, rng)
        # Who is worth it is asked of the guess, as it will be: who is chosen by the truth is always
        # nearer than the farthest guess.
        chosen = np.isfinite(seen).all(axis=1) & worth_it(told)
        if not chosen.any():
            continue
        guess = uv[chosen], told[chosen]
        yield CloseUps(
            pixels=cut(frame.camera, frame.rgb, *guess),
            about=about(frame.camera, *guess),
            further=(log_range[chosen] - guess[1]).astype(np.float32),
            distance=metres(frame.camera, log_range[chosen]).astype(np.float32),
        )


def guessed(
    uv: FloatArray, log_range: FloatArray, config: CloseUpConfig, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Middles and distances as a first look would tell them."""
    width_px = 2.0 / np.exp(log_range)
    off = config.off_px * (1 + width_px / 10)[:, None] * rng.normal(0, 1, uv.shape)
    return uv + off, log_range + config.off_range * rng.normal(0, 1, len(log_range))


def metres(camera: Camera, log_range: FloatArray) -> FloatArray:
    """(N,) log(m / focal length in px) -> m."""
    return np.exp(log_range) * camera.focal_px
