"""Training: ticks of a dataset -> weights.

Every step: a batch, made harder; what the network says of it in bfloat16; how wrong that is; a step
of AdamW along a cosine; an exponential moving average of the weights, which is what is validated
and kept. The order of ticks is a function of the seed and the epoch, so that a run that was killed
goes on where it was.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from datasets.camera import Camera
from datasets.checks import IntArray
from datasets.learning.checkpoint import Checkpoint, load, save
from datasets.learning.processes import Processes
from perception.augment import Augment, AugmentConfig
from perception.cache import Caches
from perception.losses import LossWeights, losses, total
from perception.network import NetworkConfig, Output, PerceptionNet
from perception.pictures import compared
from perception.road_code import decode_road
from perception.validation import detections_of, look, true_detections, validate
from perception.weights import save_weights


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How to train. What these values say together with the data decides the weights."""

    steps: int = 5000
    batch_size: int = 32  # ticks, of all processes together
    learning_rate: float = 2e-3  # the highest, after `warm_up` steps
    warm_up: int = 200  # steps
    weight_decay: float = 0.02
    ema_decay: float = 0.995  # a step: the average looks back some 200 steps
    clip: float = 30.0  # the longest gradient that is followed
    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size) < 1 or not 0 < self.ema_decay < 1:
            raise ValueError(
                f"TrainConfig: expected steps, a batch and a decay below 1, got {self}"
            )

    def rate(self, step: int) -> float:
        """The learning rate: up in a line, down along a cosine."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class NonFiniteLossError(RuntimeError):
    """The loss is no number any more: whatever is trained from here on is worthless."""


def train(
    config: TrainConfig,
    ticks: Caches,
    held_out: Caches,
    cameras: Sequence[Camera],
    out: Path,
    processes: Processes,
    about: dict[str, Any],
    every: int = 250,
    start: dict[str, Tensor] | None = None,
) -> dict[str, float]:
    """Train to the end, or on from where a run in `out` was killed; the last validation's figures.

    Validates and saves each `every` steps: `out`/checkpoint.pt to go on from, and
    `out`/weights.safetensors, which carry `about`. `start`: weights to begin with, as far
    as they fit: another head may sit on the same trunk.
    """
    run = _Run(config, ticks.data_hash, processes, out / "checkpoint.pt", start)
    writer = SummaryWriter(str(out / "tensorboard")) if processes.is_first else None
    figures: dict[str, float] = {}
    bar = tqdm(total=config.steps, initial=run.step, desc="train", disable=writer is None)
    for chosen in run.batches(len(ticks)):
        terms = run.learn(ticks.batch(chosen))
        bar.update()
        if writer is not None and (run.step % 20 == 0 or run.step == config.steps):
            bar.set_postfix(loss=f"{terms['total']:.3f}")
            for name, value in terms.items():
                writer.add_scalar(f"loss/{name}", value, run.step)
            writer.add_scalar("learning_rate", config.rate(run.step), run.step)
        if writer is not None and (run.step % every == 0 or run.step == config.steps):
            figures = validate(run.averaged, held_out, cameras, config.batch_size)
            for name, value in figures.items():
                writer.add_scalar(name, value, run.step)
            _add_pictures(writer, run, held_out, cameras)
            run.save()
            made = {"step": run.step, "data_hash": ticks.data_hash, "train": asdict(config)}
            path = out / "weights.safetensors"
            save_weights(path, run.averaged, {**about, **made, "figures": figures})
    bar.close()
    if writer is not None:
        writer.close()
    return figures


class _Run:
    """What changes while training."""

    def __init__(
        self,
        config: TrainConfig,
        data_hash: str,
        processes: Processes,
        path: Path,
        start: dict[str, Tensor] | None,
    ) -> None:
        torch.manual_seed(config.seed)
        self._config, self._processes, self._path = config, processes, path
        self._data_hash = data_hash
        network = PerceptionNet(config.network)
        if start is not None:
            own = network.state_dict()
            fits = {name: t for name, t in start.items() if own[name].shape == t.shape}
            network.load_state_dict(own | fits)
        self._network = network.to(processes.device, memory_format=torch.channels_last)
        self._average = AveragedModel(
            self._network, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True
        )
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        self._generator = torch.Generator().manual_seed(config.seed + processes.rank)
        self._augment = Augment(config.augment, self._generator)
        self.step = 0
        if path.exists():
            self._restore(load(path, self._config_text, data_hash))
        self._trained: torch.nn.Module = self._network
        if processes.count > 1:
            self._trained = DistributedDataParallel(self._network)

    @property
    def averaged(self) -> PerceptionNet:
        """The network with the moving average of the weights."""
        network = self._average.module
        assert isinstance(network, PerceptionNet)
        return network

    @property
    def _config_text(self) -> str:
        return json.dumps(asdict(self._config), sort_keys=True)

    def batches(self, count: int) -> Iterator[IntArray]:
        """The ticks of this process's part of every batch from `step` on."""
        size, processes = self._config.batch_size, self._processes
        if count < size:
            raise ValueError(f"train: expected at least a batch of {size} ticks, got {count}")
        per_epoch = count // size
        while self.step < self._config.steps:
            epoch, first = divmod(self.step, per_epoch)
            order = np.random.default_rng([self._config.seed, epoch]).permutation(count)
            for i in range(first, per_epoch):
                if self.step >= self._config.steps:
                    return
                batch = order[i * size : (i + 1) * size]
                yield np.sort(batch[processes.rank :: processes.count])

    def learn(self, arrays: dict[str, Any]) -> dict[str, float]:
        """One step; the terms of the loss and their total."""
        batch = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self._augment(batch)
        batch = {name: value.to(self._processes.device) for name, value in batch.items()}
        for group in self._optimizer.param_groups:
            group["lr"] = self._config.rate(self.step)
        with torch.autocast(self._processes.device.type, torch.bfloat16):
            output = Output(*self._trained(batch["frames"], batch["route"], batch["ego"]))
        terms = losses(output, batch)
        loss = total(terms, self._config.weights)
        together = self._processes.mean(torch.stack([*terms.values(), loss]).detach())
        told = dict(zip([*terms, "total"], together.tolist(), strict=True))
        if not math.isfinite(told["total"]):
            raise NonFiniteLossError(f"step {self.step}: expected finite losses, got {told}")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._config.clip)
        self._optimizer.step()
        self._average.update_parameters(self._network)
        self.step += 1
        return told

    def save(self) -> None:
        save(
            self._path,
            Checkpoint(
                self.step,
                self._config_text,
                self._data_hash,
                self._network.state_dict(),
                self._average.state_dict(),
                self._optimizer.state_dict(),
                self._generator.get_state(),
            ),
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.step = checkpoint.step
        self._network.load_state_dict(checkpoint.model)
        self._average.load_state_dict(checkpoint.average)
        self._optimizer.load_state_dict(checkpoint.optimizer)
        self._generator.set_state(checkpoint.generator)


def _add_pictures(
    writer: SummaryWriter, run: _Run, held_out: Caches, cameras: Sequence[Camera], count: int = 4
) -> None:
    """Some ticks with what is said and what is true."""
    batch = held_out.batch(np.linspace(0, len(held_out) - 1, count).astype(np.int64))
    output = look(run.averaged.eval(), batch)
    for i in range(count):
        told = detections_of(output, i, cameras), decode_road(output.road[i].numpy())
        true = true_detections(batch, i, cameras), decode_road(batch["road"][i])
        picture = compared(batch["frames"][i], cameras, told, true)
        writer.add_image(f"ticks/{i}", picture, run.step, dataformats="HWC")
