"""Short films for a page: an episode drawn tick by tick, as an address that a <video> plays."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterable
from pathlib import Path

import cv2

from datasets.episode import DECISION_HZ, Tick
from sim.state import WorldState
from sim.window.canvas import HEIGHT, WIDTH, Canvas, Status
from sim.window.ink import Image
from sim.window.video import VideoWriter
from sim.world import World

SCALE = 0.5  # of the window's picture: half a megabyte for half a minute
LAST_SECONDS = 15.0  # what led to the end is what a reader wants to see


def film_uri(pictures: Iterable[Image]) -> str:
    """Pictures of the window as H.264 in MP4, inside the address itself: the page needs no other
    file."""
    size_px = round(WIDTH * SCALE), round(HEIGHT * SCALE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        writer = VideoWriter(path, *size_px, DECISION_HZ)
        for picture in pictures:
            writer.write(cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA))
        writer.close()
        return "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode()


class Film:
    """Collects the ticks of one episode; `watch` fits sim.scores.record."""

    def __init__(self, world: World, agent: str, weather: str) -> None:
        self._world = world
        self._agent = agent
        self._weather = weather
        self._scenes: list[tuple[Tick, WorldState, float]] = []
        self._keep = round(LAST_SECONDS * DECISION_HZ)

    def watch(self, tick: Tick) -> None:
        share = self._world.progress / self._world.goal
        self._scenes = [*self._scenes[1 - self._keep :], (tick, self._world.state, share)]

    def data_uri(self) -> str:
        """The last seconds, as an address."""
        canvas = Canvas()
        return film_uri(
            canvas.draw(tick, state, self._world.road_map, self._status(share))
            for tick, state, share in self._scenes
        )

    def _status(self, share: float) -> Status:
        return Status(
            scenario=self._world.scenario.name,
            seed=self._world.seed or 0,
            weather=self._weather,
            agent=self._agent,
            time_limit=self._world.scenario.time_limit,
            progress=share,
        )
