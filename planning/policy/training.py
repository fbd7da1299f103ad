"""Training the learned driver: lessons -> weights.

The lessons lie in memory, on the GPU where there is one: the trunk is frozen, and what is left to
learn is small. Speed and route are left out now and then, each tick anew, so that the pupil drives
by what it sees. Every head is shown its own part of the stretches.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from datasets.checks import IntArray
from datasets.learning.processes import Processes
from datasets.learning.run import Course, Run, Terms, go_through
from planning.policy.code import KEEP, encode_speed, side_of
from planning.policy.config import PolicyConfig
from planning.policy.lessons import Lessons
from planning.policy.losses import LossWeights, losses, total
from planning.policy.network import SPEED_UNIT, PolicyNet, Wish
from planning.policy.validation import validate
from planning.policy.weights import save_weights

Batch = dict[str, Tensor]
_CHANGE = 3.0  # m/s: a target that differs more from the present speed is a key moment


@dataclass(frozen=True, slots=True)
class PolicyTraining(Course):
    """How to train. What these values say together with the lessons decides the weights."""

    steps: int = 4000
    batch_size: int = 64
    learning_rate: float = 3e-3
    warm_up: int = 100
    shown: float = 0.8  # share of the stretches that each head is shown
    no_route: float = 0.25  # share of the ticks without a route
    no_ego: float = 0.5  # share of the ticks without the ego's sensors
    own_share: float = 0.0  # of an epoch, at least, from drives of a pupil: they come repeatedly
    network: PolicyConfig = field(default_factory=PolicyConfig)
    weights: LossWeights = field(default_factory=LossWeights)


class Desk:
    """Lessons where they are learned: tensors on the device, and the batches made of them."""

    def __init__(self, lessons: Lessons, config: PolicyTraining, device: torch.device) -> None:
        def there(array: Any) -> Tensor:
            return torch.from_numpy(array).to(device)

        ego_speed = lessons.ego[:, 1] * np.float32(SPEED_UNIT)
        side = side_of(lessons.path[:, 0])
        key = (side != KEEP) | (np.abs(lessons.speed - ego_speed) > _CHANGE)
        rng = np.random.default_rng(config.seed)
        stretches = int(lessons.stretch[-1]) + 1
        shown = rng.random((stretches, config.network.heads)) < config.shown
        weight = shown[lessons.stretch] * (1 + config.weights.key * key)[:, None]
        self._device = device
        self._past = there(lessons.past(config.network.ticks))
        self._all = {
            "coarse": there(lessons.coarse),
            "route": there(lessons.route),
            "ego": there(lessons.ego),
            "path": there(lessons.path),
            "side": there(side),
            "speeds": there(encode_speed(lessons.speed).astype(np.float32)),
            "own_speed": there(ego_speed),
            "weight": there(weight.astype(np.float32)),
        }

    def batch(self, chosen: IntArray) -> Batch:
        """The chosen ticks; `coarse` (B, ticks, C, channels, rows, columns) with those before."""
        rows = torch.from_numpy(chosen).to(self._device)
        batch = {name: each[rows] for name, each in self._all.items() if name != "coarse"}
        return batch | {"coarse": self._all["coarse"][self._past[rows]]}


class School:
    """A run and its lessons."""

    def __init__(self, run: Run[PolicyNet], config: PolicyTraining, lessons: Lessons) -> None:
        self._run, self._config = run, config
        self._desk = Desk(lessons, config, run.processes.device)

    def batch(self, chosen: IntArray, chance: torch.Generator) -> Batch:
        """The chosen ticks; some without the route, some without the ego's sensors."""
        batch = self._desk.batch(chosen)
        shares = {"route": self._config.no_route, "ego": self._config.no_ego}
        for name, share in shares.items():
            left_out = torch.rand(len(chosen), generator=chance) < share
            batch[name] = batch[name] * ~left_out.to(self._run.processes.device)[:, None]
        return batch

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step."""

        def judge(network: nn.Module) -> tuple[Terms, Tensor]:
            with self._run.processes.autocast():
                wish = wish_of(network, batch)
            terms = losses(wish, batch)
            return terms, total(terms, self._config.weights)

        return self._run.learn(judge)


def train(
    config: PolicyTraining,
    lessons: tuple[Lessons, str],
    held_out: Lessons,
    out: Path,
    processes: Processes,
    about: dict[str, Any],
    every: int = 500,
    start: dict[str, Any] | None = None,
    own: int = 0,
) -> dict[str, float]:
    """Train to the end, or on from where a run in `out` was killed; the last validation's figures.
    `lessons` come with the hash that tells them from others, the last `own` of them from a pupil's
    drives; `start` are weights to begin with."""
    torch.manual_seed(config.seed)
    data_hash = lessons[1]
    network = PolicyNet(config.network)
    if start is not None:
        network.load_state_dict(start)
    run = Run(network, config, data_hash, processes, out / "checkpoint.pt")
    school = School(run, config, lessons[0])
    exam = Desk(held_out, config, processes.device)

    def review(_: Any) -> dict[str, float]:
        parts = np.array_split(np.arange(len(held_out)), -(-len(held_out) // config.batch_size))
        with torch.inference_mode():
            answers = [(wish_of(run.averaged, b), b) for b in map(exam.batch, parts)]
        figures = validate(answers)
        made = {"step": run.step, "data_hash": data_hash, "train": asdict(config)}
        path = out / "weights.safetensors"
        save_weights(path, run.averaged, {**about, **made, "figures": figures})
        return figures

    epoch = epoch_of(len(lessons[0]), own, config.own_share)
    return go_through(run, epoch, school, review, out, every)


def epoch_of(count: int, own: int, share: float) -> IntArray:
    """The ticks to learn from before any other comes again, out of `count`: all of them, and the
    last `own` as often as it takes until they are about that share."""
    if not 0 <= share < 1:
        raise ValueError(f"own_share: expected a share of at least 0 and below 1, got {share}")
    others = count - own
    times = max(1, round(share / (1 - share) * others / own)) if own else 1
    return np.concatenate([np.arange(others), np.tile(np.arange(others, count), times)])


def wish_of(network: nn.Module, batch: Batch) -> Wish:
    """What the heads want at the ticks of a batch."""
    return Wish(*network(batch["coarse"].float(), batch["route"], batch["ego"]))
