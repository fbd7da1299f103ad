"""Training the network that measures close-ups."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from datasets.checks import FloatArray, IntArray
from datasets.learning.processes import Processes
from datasets.learning.run import Course, Run, Terms, go_through
from perception.calibrate import SIGMAS, WITHIN
from perception.close_up.cutting import ABOUT, SIDE
from perception.close_up.network import CloseUpNet, CloseUpShape
from perception.close_up.samples import CloseUps
from perception.close_up.weights import save_weights
from perception.losses import laplace
from perception.validation import BANDS

Batch = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class CloseUpTraining(Course):
    """How to train. What these values say together with the close-ups decides the weights."""

    steps: int = 6000
    batch_size: int = 256
    ema_decay: float = 0.998
    light: float = 0.3  # of the pixels' brightness and contrast, at most
    shift: int = 3  # px across and down, at most
    network: CloseUpShape = field(default_factory=CloseUpShape)


class School:
    """A run and its close-ups."""

    def __init__(self, run: Run[CloseUpNet], config: CloseUpTraining, close_ups: CloseUps) -> None:
        self._run, self._config, self._close_ups = run, config, close_ups

    def batch(self, chosen: IntArray, chance: torch.Generator) -> Batch:
        """The chosen close-ups, made harder, on the device."""
        batch = batch_of(self._close_ups, chosen)
        make_harder(batch, self._config, chance)
        return {name: value.to(self._run.processes.device) for name, value in batch.items()}

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step."""

        def judge(network: nn.Module) -> tuple[Terms, Tensor]:
            with self._run.processes.autocast():
                further, log_std = network(batch["pixels"], batch["about"]).unbind(1)
            loss = laplace(further - batch["further"], log_std).mean()
            return {"range": loss}, loss

        return self._run.learn(judge)


def train(
    config: CloseUpTraining,
    close_ups: tuple[CloseUps, str],
    held_out: CloseUps,
    out: Path,
    processes: Processes,
    about: dict[str, Any],
    every: int = 500,
    start: dict[str, Tensor] | None = None,
) -> dict[str, float]:
    """Train to the end, or on from where a run in `out` was killed; the last validation's figures.
    `close_ups` come with the hash that tells them from others; `start` are weights to begin
    with."""
    torch.manual_seed(config.seed)
    data_hash = close_ups[1]
    network = CloseUpNet(config.network).to(memory_format=torch.channels_last)
    if start is not None:
        network.load_state_dict(start)
    run = Run(network, config, data_hash, processes, out / "checkpoint.pt")
    school = School(run, config, close_ups[0])

    def review(_: Any) -> dict[str, float]:
        averaged = copy.deepcopy(run.averaged)  # training goes on with what it believes itself
        widened = calibrate(averaged, held_out, config.batch_size)
        figures = validate(averaged, held_out, config.batch_size)
        made = {"step": run.step, "data_hash": data_hash, "train": asdict(config)}
        path = out / "weights.safetensors"
        save_weights(path, averaged, {**about, **made, "figures": figures, "widened": widened})
        return figures

    return go_through(run, np.arange(len(close_ups[0])), school, review, out, every)


def batch_of(close_ups: CloseUps, chosen: IntArray) -> Batch:
    """Some of the close-ups, as tensors."""
    return {
        name: torch.from_numpy(getattr(close_ups, name)[chosen])
        for name in ("pixels", "about", "further")
    }


def make_harder(batch: Batch, config: CloseUpTraining, chance: torch.Generator) -> None:
    """Change a batch in place: each close-up lighter or darker, shifted, half of them mirrored. All
    of that leaves the distance what it is."""
    count = len(batch["pixels"])
    change = 2 * torch.rand(2, count, generator=chance) - 1
    light, contrast = (1 + config.light * change)[:, :, None, None, None]
    pixels = batch["pixels"].float()
    middle = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels = ((pixels - middle) * contrast + middle * light).clamp(0, 255)
    mirrored = torch.rand(count, generator=chance) < 0.5
    pixels[mirrored] = pixels[mirrored].flip(2)
    batch["about"][mirrored, ABOUT.index("u")] *= -1
    off = torch.randint(-config.shift, config.shift + 1, (2, count, 1), generator=chance)
    rows, columns = (torch.arange(SIDE) - off).clamp(0, SIDE - 1)
    each = torch.arange(count)[:, None, None]
    batch["pixels"] = pixels[each, rows[:, :, None], columns[:, None, :]].to(torch.uint8)


def calibrate(network: CloseUpNet, held_out: CloseUps, batch_size: int) -> float:
    """Change the network's last bias so that as many of the errors on close-ups it has not learned
    from are within two standard deviations as should be; the factor on these."""
    error, std = measured(network, held_out, batch_size)
    factor = float(np.quantile(np.abs(error) / std, WITHIN)) / SIGMAS
    with torch.no_grad():
        network.tell.bias[1] += math.log(factor)
    return factor


def validate(network: CloseUpNet, held_out: CloseUps, batch_size: int) -> dict[str, float]:
    """By how far away the vehicles are: how far off distances are, m, how far the guesses that it
    began with were, and which share of the errors is within two standard deviations."""
    error, std = measured(network, held_out, batch_size)
    figures = {}
    for name, low, high in BANDS:
        inside = (held_out.distance >= low) & (held_out.distance < high)
        if inside.any():
            away, guess = held_out.distance[inside], -held_out.further[inside]
            figures[f"error/{name}"] = float((np.abs(np.expm1(error[inside])) * away).mean())
            figures[f"guess/{name}"] = float((np.abs(np.expm1(guess)) * away).mean())
            within = np.abs(error[inside]) < SIGMAS * std[inside]
            figures[f"calibration/within_2_sigma_{name}"] = float(within.mean())
    return figures


@torch.no_grad()
def measured(
    network: CloseUpNet, close_ups: CloseUps, batch_size: int
) -> tuple[FloatArray, FloatArray]:
    """(N,) errors of the logarithms of the distances, and the standard deviations said."""
    network.eval()
    device = next(network.parameters()).device
    parts: list[FloatArray] = []
    for chosen in _split(len(close_ups), batch_size):
        batch = batch_of(close_ups, chosen)
        told = network(batch["pixels"].to(device), batch["about"].to(device)).cpu().numpy()
        error = told[:, 0] - batch["further"].numpy()
        parts.append(np.stack([error, np.exp(told[:, 1])]).astype(np.float64))
    error, std = np.concatenate(parts, axis=1)
    return error, std


def _split(count: int, size: int) -> Sequence[IntArray]:
    return np.array_split(np.arange(count), -(-count // size))
