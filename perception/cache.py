"""Ticks of a dataset made ready to train from: pictures and targets in memory-mapped arrays.

Decoding a tick and working out its targets costs more than a step of a small network on it, so both
are done once. One folder holds one selection of ticks; whoever asks for the same selection of the
same data again gets the same folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from datasets.checks import IntArray
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from perception.drivable import drivable_cells
from perception.inputs import EGO_INPUTS, ROUTE_INPUTS, ego_inputs, route_inputs
from perception.road_code import ROAD_SIZE, encode_road
from perception.road_truth import road_truth
from perception.vehicle_code import Grid
from perception.vehicle_targets import ROW, vehicle_targets

_VERSION = 1  # of what is kept: older folders are made again
_READY = "cache.json"  # written last: a folder without it is not finished


@dataclass(frozen=True, slots=True)
class Selection:
    """Which ticks."""

    seeds: tuple[int, int]  # the first and the last one of the episodes taken
    ticks_per_episode: int = 70  # at most so many, evenly spaced: neighbours are nearly alike

    def __post_init__(self) -> None:
        if self.seeds[0] > self.seeds[1] or self.ticks_per_episode < 1:
            raise ValueError(f"Selection: expected seeds in order and a tick or more, got {self}")

    def of(self, rows: Iterable[EpisodeRow]) -> IntArray:
        """The numbers of the ticks."""
        taken = [row for row in rows if self.seeds[0] <= row.head.seed <= self.seeds[1]]
        count = [min(row.ticks, self.ticks_per_episode) for row in taken]
        parts = [
            row.first + np.arange(n) * row.ticks // n for row, n in zip(taken, count, strict=True)
        ]
        return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


class Cache:
    """N ticks, ready. Arrays are read where they lie; `batch` copies what it is asked for."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / _READY).read_text())
        self.data_hash: str = about["data_hash"]
        self.ticks: IntArray = _map(folder, "ticks")
        self.frames: NDArray[np.uint8] = _map(folder, "frames")  # (N, C, height, width, 3)
        self.middles: NDArray[np.uint8] = _map(folder, "middles")  # (N, C, rows, columns)
        self.drivable: NDArray[np.uint8] = _map(folder, "drivable")  # (N, C, rows, columns)
        self.road: NDArray[np.float32] = _map(folder, "road")  # (N, ROAD_SIZE)
        self.route: NDArray[np.float32] = _map(folder, "route")
        self.ego: NDArray[np.float32] = _map(folder, "ego")
        self._vehicles: NDArray[np.float32] = _map(folder, "vehicles")  # (all, ROW)
        self._first: IntArray = _map(folder, "first")  # (N * C + 1,) of each picture's vehicles

    def __len__(self) -> int:
        return len(self.ticks)

    def batch(self, chosen: IntArray) -> dict[str, NDArray[Any]]:
        """The arrays of the chosen ticks, stacked; `vehicles` (K, ROW) lists those of all pictures
        and `picture` (K,) says which of the B * C each belongs to."""
        cameras = self.frames.shape[1]
        places = (np.asarray(chosen)[:, None] * cameras + np.arange(cameras)).ravel()
        first, last = self._first[places], self._first[places + 1]
        which = np.concatenate(
            [np.zeros(0, np.int64), *(np.arange(a, b) for a, b in zip(first, last, strict=True))]
        )
        return {
            **{name: np.asarray(getattr(self, name)[chosen]) for name in _PER_TICK},
            "vehicles": np.asarray(self._vehicles[which]),
            "picture": np.repeat(np.arange(len(places)), last - first),
        }


_PER_TICK = ("frames", "middles", "drivable", "road", "route", "ego")


def open_cache(dataset: Path, selection: Selection, root: Path, quiet: bool = False) -> Cache:
    """The cache of that selection below `root`, made first if it is not there."""
    reader = DatasetReader(dataset)
    rows = [row for row in reader.rows if row.index not in reader.damaged]
    ticks = selection.of(rows)
    if len(ticks) == 0:
        raise ValueError(f"{dataset}: expected episodes with seeds {selection.seeds}, got none")
    data_hash = _hash(rows, selection)
    folder = root / data_hash[:16]
    if not (folder / _READY).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _fill(folder, reader, ticks, quiet)
        about = {"data_hash": data_hash, "selection": asdict(selection), "dataset": dataset.name}
        (folder / _READY).write_text(json.dumps(about))
    return Cache(folder)


def _hash(rows: list[EpisodeRow], selection: Selection) -> str:
    low, high = selection.seeds
    episodes = [[row.uid, row.ticks] for row in rows if low <= row.head.seed <= high]
    text = json.dumps([_VERSION, asdict(selection), episodes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _map(folder: Path, name: str) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))


def _fill(folder: Path, reader: DatasetReader, ticks: IntArray, quiet: bool) -> None:
    shape = reader.pictures(ticks[:1], threads=1).shape[1:]
    grid = Grid.of(reader.rows[0].head.rig[0])
    cells = (len(ticks), shape[0], grid.rows, grid.columns)
    arrays = {
        "frames": _create(folder, "frames", (len(ticks), *shape), np.uint8),
        "middles": _create(folder, "middles", cells, np.uint8),
        "drivable": _create(folder, "drivable", cells, np.uint8),
        "road": _create(folder, "road", (len(ticks), ROAD_SIZE), np.float32),
        "route": _create(folder, "route", (len(ticks), ROUTE_INPUTS), np.float32),
        "ego": _create(folder, "ego", (len(ticks), EGO_INPUTS), np.float32),
    }
    vehicles: list[NDArray[np.float32]] = []
    for i, sample in enumerate(tqdm(_samples(reader, ticks), "cache", len(ticks), disable=quiet)):
        vehicles += sample.pop("vehicles")
        for name, value in sample.items():
            arrays[name][i] = value
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in vehicles])])
    np.save(folder / "vehicles.npy", np.concatenate([np.zeros((0, len(ROW)), "f4"), *vehicles]))
    np.save(folder / "first.npy", first.astype(np.int64))
    np.save(folder / "ticks.npy", ticks)


def _create(folder: Path, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def _samples(reader: DatasetReader, ticks: IntArray) -> Iterator[dict[str, Any]]:
    for tick in ticks:
        logged = reader.logged(int(tick))
        observation, truth = logged.tick.observation, logged.tick.truth
        cameras = [frame.camera for frame in observation.frames]
        found = [vehicle_targets(truth.agents, camera) for camera in cameras]
        yield {
            "frames": np.stack([frame.rgb for frame in observation.frames]),
            "middles": np.stack([middles for _, middles, _ in found]),
            "drivable": drivable_cells(truth.lanes, cameras),
            "road": encode_road(road_truth(truth)),
            "route": route_inputs(observation.route),
            "ego": ego_inputs(observation.ego),
            "vehicles": [targets.as_rows() for targets, _, _ in found],
        }
