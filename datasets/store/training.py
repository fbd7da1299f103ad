"""Ticks as torch tensors: a Dataset with random access, and a loader that feeds a GPU from itself.

A sample is a dict: `frames` uint8 (H, C, height, width, 3) over H moments of history, oldest first,
and every column of numbers that was asked for, (H, ...) where it is listed in `history_columns`
and of the tick alone otherwise. A moment before the episode's first tick is that tick again, and
`is_pad` (H,) says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.checks import BoolArray, IntArray
from datasets.store.reader import DatasetReader

Sample = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """What a sample holds."""

    cameras: tuple[str, ...] | None = None  # None: all of the rig
    history: tuple[int, ...] = (0,)  # ticks back, oldest first: (10, 5, 0) looks a second back
    columns: tuple[str, ...] = ("action", "observation.route", "observation.route_points")
    history_columns: tuple[str, ...] = ("observation.state",)

    def __post_init__(self) -> None:
        if not self.history or min(self.history) < 0:
            raise ValueError(f"SampleSpec.history: expected ticks back, got {self.history}")


def look_back(
    reader: DatasetReader, ticks: IntArray, history: Sequence[int]
) -> tuple[IntArray, BoolArray]:
    """(B, H) the ticks of each sample, and whether each is a repeated first tick."""
    starts = np.array([row.first for row in reader.rows])
    first = starts[np.searchsorted(starts, ticks, side="right") - 1][:, None]
    wanted = ticks[:, None] - np.asarray(history)
    return np.maximum(wanted, first), wanted < first


class TickDataset(torch.utils.data.Dataset[Sample]):
    """Random access to the usable ticks of a dataset, decoded from disk.

    `batch` decodes many at once on all cores and is what the loaders here use; torch's DataLoader
    can take `dataset[i]` in processes of its own.
    """

    def __init__(self, reader: DatasetReader, spec: SampleSpec | None = None) -> None:
        self.reader = reader
        self.spec = spec or SampleSpec()
        for column in (*self.spec.columns, *self.spec.history_columns):
            reader.numbers(column)  # a bad name is refused here

    def __len__(self) -> int:
        return len(self.reader.usable)

    def __getitem__(self, index: int) -> Sample:
        one = self.batch(np.array([index]), threads=1)
        return {name: value[0] for name, value in one.items()}

    def batch(self, indices: IntArray, threads: int | None = None) -> Sample:
        """The samples of that many indices, stacked."""
        ticks, is_pad = look_back(self.reader, self.reader.usable[indices], self.spec.history)
        sample = self._numbers(ticks, is_pad)
        if self.reader.cameras:
            flat = self.reader.pictures(ticks.ravel(), self.spec.cameras, threads)
            sample["frames"] = torch.from_numpy(flat.reshape(*ticks.shape, *flat.shape[1:]))
        return sample

    def _numbers(self, ticks: IntArray, is_pad: BoolArray) -> Sample:
        now = ticks[:, -1] if self.spec.history[-1] == 0 else ticks.max(axis=1)
        sample = {"is_pad": torch.from_numpy(is_pad), "tick": torch.from_numpy(now)}
        for name in self.spec.columns:
            sample[name] = _tensor(self.reader.numbers(name)[now])
        for name in self.spec.history_columns:
            sample[name] = _tensor(self.reader.numbers(name)[ticks])
        return sample


class ResidentFrames:
    """All pictures of a dataset as one uint8 tensor on a device: (N, C, height, width, 3).

    Decoded once; a batch is then a gather on the device. ValueError where they do not fit in the
    share of its free memory that may be used. On the CPU, where fresh memory costs more than the
    gather, batches take turns in two places: one is overwritten by the next but one.
    """

    def __init__(
        self, dataset: TickDataset, device: torch.device | str, share: float = 0.7
    ) -> None:
        self.dataset = dataset
        self.device = torch.device(device)
        needed, free = frames_bytes(dataset), free_bytes(self.device)
        if needed > share * free:
            raise ValueError(
                f"ResidentFrames: expected at most {share:.0%} of {free / 1e9:.1f} GB on "
                f"{device}, the frames need {needed / 1e9:.1f} GB"
            )
        reader, ticks = dataset.reader, dataset.reader.usable
        self._held: list[NDArray[np.uint8] | None] = [None, None]
        self._turn = 0
        self._place = np.full(len(reader), -1)  # of each tick of the dataset in the tensor
        self._place[ticks] = np.arange(len(ticks))
        shape = reader.pictures(ticks[:1], dataset.spec.cameras, threads=1).shape[1:]
        self.frames = torch.empty((len(ticks), *shape), dtype=torch.uint8, device=self.device)
        for part in np.array_split(np.arange(len(ticks)), max(1, len(ticks) // 256)):
            decoded = torch.from_numpy(reader.pictures(ticks[part], dataset.spec.cameras))
            self.frames[int(part[0]) : int(part[-1]) + 1] = decoded.to(self.device)

    def batch(self, indices: IntArray) -> Sample:
        """As TickDataset.batch, with everything on the device."""
        reader, spec = self.dataset.reader, self.dataset.spec
        ticks, is_pad = look_back(reader, reader.usable[indices], spec.history)
        numbers = self.dataset._numbers(ticks, is_pad)
        sample = {name: value.to(self.device) for name, value in numbers.items()}
        gathered = self._gather(self._place[ticks.ravel()])
        sample["frames"] = gathered.view(*ticks.shape, *self.frames.shape[1:])
        return sample

    def _gather(self, places: IntArray) -> torch.Tensor:
        if self.device.type != "cpu":
            return self.frames.index_select(0, torch.from_numpy(places).to(self.device))
        self._turn = 1 - self._turn
        held = self._held[self._turn]
        if held is None or len(held) != len(places):
            held = self._held[self._turn] = np.empty(
                (len(places), *self.frames.shape[1:]), np.uint8
            )
        # "clip" is what lets numpy write straight into `out`; the places are all in range.
        np.take(self.frames.numpy(), places, axis=0, out=held, mode="clip")
        return torch.from_numpy(held)


class Loader:
    """Shuffled batches for one epoch after another, from the device's memory where the frames fit
    and from disk where they do not."""

    def __init__(
        self,
        dataset: TickDataset,
        batch_size: int,
        device: torch.device | str,
        seed: int,
        resident: bool | None = None,
    ) -> None:
        """`resident`: None keeps the frames on the device if they fit."""
        self._dataset = dataset
        self._batch_size = batch_size
        self._device = torch.device(device)
        self._rng = np.random.default_rng(seed)
        fits = frames_bytes(dataset) < 0.7 * free_bytes(self._device)
        keep = fits if resident is None else resident
        self.resident = ResidentFrames(dataset, self._device) if keep else None

    def __len__(self) -> int:
        return len(self._dataset) // self._batch_size

    def __iter__(self) -> Iterator[Sample]:
        """Every tick once, except for the rest that fills no batch."""
        order = self._rng.permutation(len(self._dataset))
        for i in range(len(self)):
            chosen = order[i * self._batch_size : (i + 1) * self._batch_size]
            if self.resident is not None:
                yield self.resident.batch(chosen)
            else:
                sample = self._dataset.batch(chosen)
                yield {name: value.to(self._device) for name, value in sample.items()}


def frames_bytes(dataset: TickDataset) -> int:
    """What all pictures of a dataset take when decoded."""
    rig = {camera.name: camera for camera in dataset.reader.rows[0].head.rig}
    names = dataset.spec.cameras or dataset.reader.cameras
    pixels = sum(rig[name].width_px * rig[name].height_px for name in names)
    return 3 * pixels * len(dataset)


def free_bytes(device: torch.device) -> int:
    """The memory of a device that is not in use."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(_available_memory())


def _available_memory() -> int:
    """Of this machine; where the system does not say, nothing counts as free."""
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":") for line in file)
        return 1024 * int(fields["MemAvailable"].split()[0])
    except (OSError, KeyError):
        return 0


def _tensor(array: NDArray[np.generic]) -> torch.Tensor:
    """Doubles become float32, as networks want them."""
    narrow = array.astype(np.float32) if array.dtype == np.float64 else array
    return torch.from_numpy(np.ascontiguousarray(narrow))
