"""Ticks of a dataset made ready to train from: pictures and targets in memory-mapped arrays.

Decoding a tick and working out its targets costs more than a step of a small network on it, so both
are done once. One folder holds the ticks taken of one scenario of one dataset, as many of each
scenario, so that none rules; whoever asks for the same ticks again gets the same folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from datasets.checks import IntArray
from datasets.learning.inputs import ego_inputs, route_inputs, stacked
from datasets.observation import CameraFrame
from datasets.scene import Scene
from datasets.store.logged import Head, LoggedTick
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from perception.drivable import drivable_cells
from perception.road_code import encode_road
from perception.road_truth import road_truth
from perception.vehicle_targets import ROW, vehicle_targets

_VERSION = 1  # of what is kept: older folders are made again
_READY = "ready"  # written last: a folder without it is not finished


@dataclass(frozen=True, slots=True)
class Selection:
    """Which ticks."""

    seeds: tuple[int, int]  # the first and the last one of the episodes taken
    ticks_per_scenario: int = 1500  # at most, evenly spaced: neighbours are nearly alike
    without: tuple[int, int] | None = None  # the first and the last seed of those left out

    def __post_init__(self) -> None:
        if self.seeds[0] > self.seeds[1] or self.ticks_per_scenario < 1:
            raise ValueError(f"Selection: expected seeds in order and a tick or more, got {self}")

    def episodes(self, rows: Iterable[EpisodeRow], scenario: str) -> list[EpisodeRow]:
        """Those of a scenario that are taken."""
        return [
            row
            for row in rows
            if row.head.scenario == scenario
            and _within(row.head.seed, self.seeds)
            and not _within(row.head.seed, self.without)
        ]

    def ticks(self, episodes: Iterable[EpisodeRow]) -> IntArray:
        """The numbers of the ticks taken of the episodes of one scenario."""
        every = [np.arange(row.first, row.last, dtype=np.int64) for row in episodes]
        ticks = np.concatenate([np.zeros(0, np.int64), *every])
        count = min(len(ticks), self.ticks_per_scenario)
        return np.asarray(ticks[np.arange(count) * len(ticks) // max(1, count)])


def _within(seed: int, seeds: tuple[int, int] | None) -> bool:
    return seeds is not None and seeds[0] <= seed <= seeds[1]


class Redraw(Protocol):
    """A tick seen differently than it was recorded, such as in another weather."""

    name: str  # tells what it does: caches with other pictures lie in other folders

    def __call__(self, logged: LoggedTick, head: Head) -> tuple[Sequence[CameraFrame], Scene]:
        """The frames of a tick without its pictures, and the truth from there; ticks come in
        order."""


class Cache:
    """N ticks of one folder, read where they lie; `batch` copies what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.data_hash = folder.name
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


class Caches:
    """Several caches as one: what is trained and validated on."""

    def __init__(self, parts: Sequence[Cache]) -> None:
        self.parts = tuple(parts)
        self._first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
        hashes = "".join(part.data_hash for part in parts)
        self.data_hash = hashlib.sha256(hashes.encode()).hexdigest()

    def __len__(self) -> int:
        return int(self._first[-1])

    def batch(self, chosen: IntArray) -> dict[str, NDArray[Any]]:
        """As Cache.batch; the ticks come ordered by the part that they are from."""
        of = np.searchsorted(self._first, chosen, side="right") - 1
        batches, pictures = [], 0
        for part in np.unique(of):
            batch = self.parts[part].batch(np.sort(chosen[of == part]) - self._first[part])
            batch["picture"] = batch["picture"] + pictures
            pictures += batch["frames"].shape[0] * batch["frames"].shape[1]
            batches.append(batch)
        return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def open_caches(
    datasets: Iterable[Path],
    selection: Selection,
    root: Path,
    quiet: bool = False,
    redraw: Redraw | None = None,
    jobs: int = 1,
) -> Caches:
    """The caches of that selection below `root`, one per dataset and scenario, made first where
    they are missing, in `jobs` processes; with the pictures recorded, or with those of `redraw`.
    What was recorded without pictures has ticks only if drawn again. ValueError where no episode
    has those seeds."""
    wanted: list[tuple[Path, Path, IntArray]] = []  # folder, dataset, ticks
    found = 0
    for dataset in datasets:
        reader = DatasetReader(dataset)
        rows = [row for row in reader.rows if row.index not in reader.damaged]
        for scenario in sorted({row.head.scenario for row in rows}):
            episodes = selection.episodes(rows, scenario)
            found += len(episodes)
            if redraw is None:
                episodes = [row for row in episodes if row.cameras]
            if episodes:
                folder = _folder(root, scenario, episodes, selection, redraw)
                wanted.append((folder, dataset, selection.ticks(episodes)))
    if not found:
        raise ValueError(f"open_caches: expected episodes with seeds {selection.seeds}, got none")
    missing = [one for one in wanted if not (one[0] / _READY).exists()]
    filling = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(_fill)(*one, redraw) for one in missing
    )
    total = sum(len(ticks) for _, _, ticks in missing)
    with tqdm(total=total, desc="ticks made ready", disable=quiet or not missing) as bar:
        for made in filling:
            bar.update(made)
    return Caches([Cache(folder) for folder, _, _ in wanted])


def _folder(
    root: Path,
    scenario: str,
    episodes: list[EpisodeRow],
    selection: Selection,
    redraw: Redraw | None,
) -> Path:
    """Named after all that decides what is in it."""
    content = [_VERSION, selection.ticks_per_scenario, [[row.uid, row.ticks] for row in episodes]]
    if redraw is not None:
        content.append(redraw.name)
    return root / f"{scenario}-{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]}"


def _map(folder: Path, name: str) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))


def _fill(folder: Path, dataset: Path, ticks: IntArray, redraw: Redraw | None) -> int:
    """Make one folder; how many ticks that were."""
    reader = DatasetReader(dataset)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {}
    vehicles: list[NDArray[np.float32]] = []
    for i, sample in enumerate(_samples(reader, ticks, redraw)):
        vehicles += sample.pop("vehicles")
        for name, value in sample.items():
            if name not in arrays:
                arrays[name] = _create(folder, name, (len(ticks), *value.shape), value.dtype)
            arrays[name][i] = value
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in vehicles])])
    np.save(folder / "vehicles.npy", np.concatenate([np.zeros((0, len(ROW)), "f4"), *vehicles]))
    np.save(folder / "first.npy", first.astype(np.int64))
    np.save(folder / "ticks.npy", ticks)
    (folder / _READY).touch()
    return len(ticks)


def _create(folder: Path, name: str, shape: tuple[int, ...], dtype: np.dtype) -> NDArray[Any]:
    path = folder / f"{name}.npy"
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def _samples(
    reader: DatasetReader, ticks: IntArray, redraw: Redraw | None
) -> Iterator[dict[str, Any]]:
    for tick in ticks:
        if redraw is None:
            logged = reader.logged(int(tick))
            frames, truth = logged.tick.observation.frames, logged.tick.truth
        else:
            logged = reader.logged(int(tick), ())
            frames, truth = redraw(logged, reader.row_of(int(tick)).head)
        rig = [frame.camera for frame in frames]
        found = [vehicle_targets(truth.agents, camera) for camera in rig]
        yield {
            "frames": stacked(frames),
            "middles": np.stack([middles for _, middles, _ in found]),
            "drivable": drivable_cells(truth.lanes, rig),
            "road": encode_road(road_truth(truth)),
            "route": route_inputs(truth.route),
            "ego": ego_inputs(logged.tick.observation.ego),
            "vehicles": [targets.as_rows() for targets, _, _ in found],
        }
