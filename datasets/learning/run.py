"""One training run, whatever it trains: batches -> steps of AdamW along a cosine -> weights.

Networks compute in bfloat16 where the device has it; an exponential moving average of the weights
is what is validated and kept. The order of the data is a function of the seed and the epoch, and
what chance does to a batch one of the seed and the step, so that a run that was killed goes on
where it was. With several processes each takes its part of every batch; each batch is made while
the one before is learned from.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from datasets.checks import IntArray
from datasets.learning.checkpoint import Checkpoint, load, save
from datasets.learning.processes import Processes

Network = TypeVar("Network", bound=nn.Module)
Terms = dict[str, Tensor]  # of a loss, each one number


@dataclass(frozen=True, slots=True)
class Course:
    """How to train, apart from what. Whoever trains adds fields of his own."""

    steps: int = 5000
    batch_size: int = 32  # ticks, of all processes together
    learning_rate: float = 2e-3  # the highest, after `warm_up` steps
    warm_up: int = 200  # steps
    weight_decay: float = 0.02
    ema_decay: float = 0.995  # a step: the average looks back some 200 steps
    clip: float = 30.0  # the longest gradient that is followed
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size) < 1 or not 0 < self.ema_decay < 1:
            raise ValueError(
                f"{type(self).__name__}: expected steps, a batch and a decay below 1, got {self}"
            )

    def rate(self, step: int) -> float:
        """The learning rate: up in a line, down along a cosine."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class NonFiniteLossError(RuntimeError):
    """The loss is no number any more: whatever is trained from here on is worthless."""


class Run(Generic[Network]):
    """What changes while training. A checkpoint in `path` is gone on from."""

    def __init__(
        self, network: Network, course: Course, data_hash: str, processes: Processes, path: Path
    ) -> None:
        self.course, self.processes = course, processes
        self._path, self._data_hash = path, data_hash
        self.network = network.to(processes.device)
        mean = get_ema_multi_avg_fn(course.ema_decay)  # type: ignore[no-untyped-call]
        self._average = AveragedModel(self.network, multi_avg_fn=mean, use_buffers=True)
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), course.learning_rate, weight_decay=course.weight_decay
        )
        self.step = 0
        if path.exists():
            self._restore(load(path, self._config_text, data_hash))
        self._trained = processes.trained(self.network)

    @property
    def averaged(self) -> Network:
        """The network with the moving average of the weights."""
        return cast(Network, self._average.module)

    @property
    def _config_text(self) -> str:
        return json.dumps(asdict(self.course), sort_keys=True)

    def choices(self, epoch: IntArray) -> Iterator[tuple[IntArray, torch.Generator]]:
        """For every step from `step` on: this process's part of the ticks of its batch, and what
        chance to change them by. `epoch` (N,) are the ticks of one, shuffled anew for each."""
        size, processes, seed = self.course.batch_size, self.processes, self.course.seed
        if len(epoch) < size:
            raise ValueError(f"train: expected at least a batch of {size} ticks, got {len(epoch)}")
        per_epoch, shuffled, order = len(epoch) // size, -1, epoch
        for step in range(self.step, self.course.steps):
            number, i = divmod(step, per_epoch)
            if number != shuffled:
                shuffled, order = number, np.random.default_rng([seed, number]).permutation(epoch)
            batch = order[i * size : (i + 1) * size]
            chance = np.random.default_rng([seed, step, processes.rank]).integers(2**62)
            generator = torch.Generator().manual_seed(int(chance))
            yield np.sort(batch[processes.rank :: processes.count]), generator

    def learn(self, judge: Callable[[nn.Module], tuple[Terms, Tensor]]) -> dict[str, float]:
        """One step. `judge` says how wrong the network is on the batch: the terms of the loss and
        their total, which come back as numbers."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.course.rate(self.step)
        terms, loss = judge(self._trained)
        together = self.processes.mean(torch.stack([*terms.values(), loss]).detach())
        told = dict(zip([*terms, "total"], together.tolist(), strict=True))
        if not math.isfinite(told["total"]):
            raise NonFiniteLossError(f"step {self.step}: expected finite losses, got {told}")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.course.clip)
        self._optimizer.step()
        self._average.update_parameters(self.network)
        self.step += 1
        return told

    def save(self) -> None:
        save(
            self._path,
            Checkpoint(
                self.step,
                self._config_text,
                self._data_hash,
                self.network.state_dict(),
                self._average.state_dict(),
                self._optimizer.state_dict(),
            ),
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.step = checkpoint.step
        self.network.load_state_dict(checkpoint.model)
        self._average.load_state_dict(checkpoint.average)
        self._optimizer.load_state_dict(checkpoint.optimizer)


class School(Protocol):
    """What a run learns from."""

    def batch(self, chosen: IntArray, chance: torch.Generator) -> Any:
        """The chosen ticks, changed by chance, on the device. Called from another thread."""

    def learn(self, batch: Any) -> dict[str, float]:
        """One step; the terms of the loss."""


def go_through(
    run: Run[Network],
    epoch: IntArray,
    school: School,
    review: Callable[[SummaryWriter], dict[str, float]],
    out: Path,
    every: int,
) -> dict[str, float]:
    """All steps of a run over the ticks of an `epoch` (N,), again and again, with a progress bar
    and TensorBoard's curves.

    Each `every` steps, and at the end, the first process saves the run and `review`s it: validates,
    and keeps the weights. Returns the figures of the last review.
    """
    writer = SummaryWriter(str(out / "tensorboard")) if run.processes.is_first else None
    figures: dict[str, float] = {}
    bar = tqdm(total=run.course.steps, initial=run.step, desc="train", disable=writer is None)
    for batch in _ahead(school.batch, run.choices(epoch)):
        terms = school.learn(batch)
        bar.update()
        last = run.step == run.course.steps
        if writer is not None and (run.step % 20 == 0 or last):
            bar.set_postfix(loss=f"{terms['total']:.3f}")
            told = {f"loss/{name}": value for name, value in terms.items()}
            add_scalars(writer, told | {"learning_rate": run.course.rate(run.step)}, run.step)
        if writer is not None and (run.step % every == 0 or last):
            figures = review(writer)
            add_scalars(writer, figures, run.step)
            run.save()
    bar.close()
    if writer is not None:
        writer.close()
    return figures


def _ahead(
    make: Callable[[IntArray, torch.Generator], Any],
    choices: Iterator[tuple[IntArray, torch.Generator]],
) -> Iterator[Any]:
    """What is made of each choice, in their order; each is made while the one before is in use."""
    coming: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(max_workers=1) as other_thread:
        for choice in choices:
            coming.append(other_thread.submit(make, *choice))
            if len(coming) > 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def add_scalars(writer: SummaryWriter, values: dict[str, float], step: int) -> None:
    """Each as a curve of its own."""
    for name, value in values.items():
        writer.add_scalar(name, value, step)
