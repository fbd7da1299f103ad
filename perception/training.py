"""Training: ticks of a dataset -> weights.

Every step: a batch, made harder; what the network says of it in bfloat16; how wrong that is; a step
of the run (datasets/learning/run.py).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from datasets.camera import Camera
from datasets.checks import IntArray
from datasets.learning.processes import Processes
from datasets.learning.run import Course, Run, Terms, go_through
from perception.augment import Augment, AugmentConfig
from perception.cache import Caches
from perception.calibrate import calibrate
from perception.losses import LossWeights, losses, total
from perception.network import NetworkConfig, Output, PerceptionNet
from perception.pictures import compared
from perception.road_code import decode_road
from perception.validation import detections_of, look, true_detections, validate
from perception.weights import save_weights


@dataclass(frozen=True, slots=True)
class TrainConfig(Course):
    """How to train. What these values say together with the data decides the weights."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    only_road: bool = False
    """learn the road's head alone: the trunk stays, and with it the policies that sit on it"""


class School:
    """A run and what it learns from."""

    def __init__(self, run: Run[PerceptionNet], config: TrainConfig, ticks: Caches) -> None:
        self._run, self._config, self._ticks = run, config, ticks
        self._augment = Augment(config.augment)

    def batch(self, chosen: IntArray, chance: torch.Generator) -> dict[str, Tensor]:
        """The chosen ticks, made harder, on the device."""
        found = self._ticks.batch(chosen)
        batch = {name: torch.from_numpy(array) for name, array in found.items()}
        self._augment(batch, chance)
        return {name: value.to(self._run.processes.device) for name, value in batch.items()}

    def learn(self, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step."""

        def judge(network: nn.Module) -> tuple[Terms, Tensor]:
            with self._run.processes.autocast():
                output = Output(*network(batch["frames"], batch["route"], batch["ego"]))
            terms = losses(output, batch)
            return terms, total(terms, self._config.weights)

        return self._run.learn(judge)


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
    torch.manual_seed(config.seed)
    network = PerceptionNet(config.network)
    if start is not None:
        own = network.state_dict()
        fits = {name: t for name, t in start.items() if own[name].shape == t.shape}
        network.load_state_dict(own | fits)
    network = network.to(memory_format=torch.channels_last)
    if config.only_road:
        for part in (network.trunk, network.vehicles):
            part.requires_grad_(False).eval()  # nor do their running means move
    run = Run(network, config, ticks.data_hash, processes, out / "checkpoint.pt")
    school = School(run, config, ticks)

    def review(writer: SummaryWriter) -> dict[str, float]:
        averaged = copy.deepcopy(run.averaged)  # training goes on with what it believes itself
        if config.only_road:  # the average of a negative zero is a positive one: another trunk_hash
            averaged.trunk.load_state_dict(network.trunk.state_dict())
        widened = calibrate(averaged, held_out, config.batch_size)
        figures = validate(averaged, held_out, cameras, config.batch_size)
        _add_pictures(writer, run, held_out, cameras)
        made = {"step": run.step, "data_hash": ticks.data_hash, "train": asdict(config)}
        path = out / "weights.safetensors"
        save_weights(path, averaged, {**about, **made, "figures": figures, "widened": widened})
        return figures

    return go_through(run, np.arange(len(ticks)), school, review, out, every)


def _add_pictures(
    writer: SummaryWriter,
    run: Run[PerceptionNet],
    held_out: Caches,
    cameras: Sequence[Camera],
    count: int = 4,
) -> None:
    """Some ticks with what is said and what is true."""
    batch = held_out.batch(np.linspace(0, len(held_out) - 1, count).astype(np.int64))
    output = look(run.averaged.eval(), batch)
    for i in range(count):
        told = detections_of(output, i, cameras), decode_road(output.road[i].numpy())
        true = true_detections(batch, i, cameras), decode_road(batch["road"][i])
        picture = compared(batch["frames"][i], cameras, told, true)
        writer.add_image(f"ticks/{i}", picture, run.step, dataformats="HWC")
