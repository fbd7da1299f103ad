"""Recorded episodes -> lessons for the learned driver (planning/policy/lessons.py).

Of every few ticks: what perception's trunk makes of the recorded pictures (where the cameras were
off, of pictures drawn from the simulator's state), and what is to be done there
(scripts/labels.py): what the expert, asked afresh on the recorded truth, would do; on a policy's
own episodes this is DAgger's label. Beside them the same moments seen from a car a little further
aside and turned, in another weather, drawn from the simulator's state, with the path moved into
that car's frame: from there the pupil learns the way back without having gone astray.

Files lie in a folder named after the trunk's weights and the settings; what is there is not made
again.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from control.agent import VISIBLE
from datasets.geometry import SE2
from datasets.learning.inputs import ego_inputs, route_inputs
from datasets.observation import CameraFrame, Route
from datasets.store.logged import LoggedTick
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from perception.runtime import ONNX_FILE, WEIGHTS, OnnxLook
from perception.source import Look
from perception.trunk import trunk_of
from planning.planner import RulePlanner
from planning.policy.lessons import Lessons, save_lessons
from scripts.episode_files import episode_files
from scripts.labels import Persons, has_persons, of_expert, of_person
from scripts.redraw import ChangingWeather

_VERSION = 1  # of what a file holds: older ones are made again
HERE = SE2(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class LessonConfig:
    """Which moments, and how far the car is moved in their copies."""

    every: int = 2
    """ticks from one moment taken to the next"""
    moved: float = 0.5
    """share of the moments that are also seen from a moved car"""
    stretch: int = 8
    """moments in a row with the same move"""
    weather_every: int = 24
    """moved moments in a row with the same weather: setting one up takes a quarter of a second"""
    sideways: float = 1.0
    """m to either side, at most"""
    turn_deg: float = 5.0
    """to either side, at most"""
    seed: int = 0
    """of the moves and weathers"""


@dataclass(frozen=True, slots=True)
class Taken:
    """One moment: a row of Lessons."""

    coarse: NDArray[np.float16]
    route: NDArray[np.float32]
    ego: NDArray[np.float32]
    path: NDArray[np.float32]
    speed: float
    stretch: int
    moved: bool


def lesson_files(
    datasets: Sequence[Path],
    root: Path,
    config: LessonConfig,
    seeds: tuple[int, int],
    jobs: int = 1,
    quiet: bool = False,
    eyes: Path = WEIGHTS,
) -> list[Path]:
    """The files of all episodes with these seeds, made first where they are missing, by the trunk
    of perception's weights in the folder `eyes`."""
    folder = root / folder_name(config, eyes)
    return episode_files(
        datasets,
        seeds,
        lambda row: folder / file_name(row),
        partial(make_file, config=config, eyes=eyes),
        "lessons",
        jobs,
        quiet,
    )


def folder_name(config: LessonConfig, eyes: Path = WEIGHTS) -> str:
    """After the trunk that makes the features, and the settings."""
    settings = json.dumps([_VERSION, asdict(config)], sort_keys=True)
    return f"{trunk_of(eyes)}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"


def file_name(row: EpisodeRow) -> str:
    who = "-person" if has_persons(row) else ""
    return f"{row.head.scenario}-{row.head.seed}-{row.uid}{who}.safetensors"


def make_file(path: Path, dataset: Path, index: int, config: LessonConfig, eyes: Path) -> None:
    """The lessons of one episode, as recorded first, then as seen from moved cars."""
    cv2.setNumThreads(1)
    reader = DatasetReader(dataset)
    row = reader.rows[index]
    look = OnnxLook(eyes / ONNX_FILE.name, closer=False)
    taken = list(take(reader, row, config, look))
    taken.sort(key=lambda each: each.stretch)  # stable: in time within a stretch
    lessons = Lessons(
        coarse=np.stack([each.coarse for each in taken]),
        route=np.stack([each.route for each in taken]),
        ego=np.stack([each.ego for each in taken]),
        path=np.stack([each.path for each in taken]),
        speed=np.array([each.speed for each in taken], np.float32),
        stretch=np.array([each.stretch for each in taken], np.int64),
        moved=np.array([each.moved for each in taken]),
    )
    save_lessons(path, lessons, {"scenario": row.head.scenario, "seed": str(row.head.seed)})


def take(
    reader: DatasetReader, row: EpisodeRow, config: LessonConfig, look: Look
) -> Iterator[Taken]:
    """The moments of one episode; stretch 0 is as recorded."""
    expert, persons = RulePlanner(), Persons(reader, row)
    views = MovedViews(row, config)
    for number, tick in enumerate(range(row.first, row.last, config.every)):
        logged = reader.logged(tick)
        truth = logged.tick.truth
        seen = truth.agents.where(truth.agents.visible >= VISIBLE)
        expert.plan(replace(truth, agents=seen))
        choice = expert.last
        assert choice is not None, "the expert has just planned"
        observation = logged.tick.observation
        driven = persons.driven(tick - row.first)
        stretch, view = views.of(number)
        for which, place in ((0, HERE), (stretch, view)):
            if place is None:
                continue
            if place is not HERE or not observation.frames:
                frames = views.draw(logged, place)
                route = Route(place.inverse().apply(observation.route.xy_ego))
                observation = replace(observation, frames=frames, route=route)
            coarse = look(observation).coarse
            assert coarse is not None, "a network looks"
            label = of_expert(choice, place) if driven is None else of_person(choice, driven, place)
            yield Taken(
                coarse=coarse.astype(np.float16),
                route=route_inputs(observation.route),
                ego=ego_inputs(observation.ego),
                path=label.path.astype(np.float32),
                speed=label.speed,
                stretch=which,
                moved=place is not HERE,
            )


class MovedViews:
    """Where the car is moved to in each stretch of an episode, and what it sees from there."""

    def __init__(self, row: EpisodeRow, config: LessonConfig) -> None:
        head = row.head
        self._config = config
        self._rng = np.random.default_rng(
            [
                config.seed,
                head.seed,
                zlib.crc32(head.scenario.encode()),
                zlib.crc32(row.uid.encode()),
            ]
        )
        self._weather = ChangingWeather(head, config.weather_every, self._rng)
        self._stretch = -1
        self._view: SE2 | None = None

    def of(self, number: int) -> tuple[int, SE2 | None]:
        """The stretch of the moment of that number, from 1, and its view; None: not moved."""
        config = self._config
        stretch = number // config.stretch
        if stretch != self._stretch:
            self._stretch = stretch
            side, turn = self._rng.uniform(-1, 1, 2)
            chosen = self._rng.random() < config.moved
            turn *= np.deg2rad(config.turn_deg)
            self._view = SE2(0.0, config.sideways * side, turn) if chosen else None
        return 1 + stretch, self._view

    def draw(self, logged: LoggedTick, view: SE2) -> tuple[CameraFrame, ...]:
        """The frames of that moment from the moved car."""
        world, renderer = self._weather.restored(logged)
        return renderer.render(world.state.with_ego_at(view))
