"""Train what learns:

    uv run scripts/train.py perception --data runs/data --out runs/perception
    torchrun --nproc-per-node=4 scripts/train.py perception --data runs/data --out runs/perception

A run that is killed goes on where it was when the same command is given again. Watch it with
`uv run tensorboard --logdir runs`.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro

from datasets.camera import Camera
from datasets.learning.processes import joined
from datasets.store.reader import DatasetReader
from perception.cache import Caches, Selection, open_caches
from perception.card import write_card
from perception.training import TrainConfig, train
from perception.weights import load_weights
from scripts.redraw import OtherWeathers
from scripts.subcommands import run_chosen


@dataclass(frozen=True)
class Perception:
    """Cameras -> vehicles and road."""

    data: tuple[Path, ...] = (Path("runs/data"),)
    """datasets, with pictures, best with the weather drawn at random"""
    out: Path = Path("runs/perception")
    """the folder of the run: checkpoint, weights, card, TensorBoard's files"""
    cache: Path = Path("runs/cache")
    """a folder for decoded ticks: 0.3 MB each"""
    seeds: tuple[int, int] = (1000, 1026)
    """the first and the last of the episodes to train on"""
    held_out: tuple[int, int] = (1027, 1029)
    """the same to validate on"""
    ticks_per_scenario: int = 1500
    """how many ticks of each scenario are used, evenly spaced; of those held out a tenth"""
    redrawn: int = 0
    """how many more, with pictures drawn again in other weathers"""
    start: Path | None = None
    """weights to begin with"""
    every: int = 250
    """steps between validations, which also save"""
    threads: int = 1
    """that torch may use on the processor"""
    device: str = "auto"
    """cpu or cuda; auto takes a GPU if there is one"""
    train: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(default_factory=TrainConfig)


def train_perception(args: Perception) -> None:
    torch.set_num_threads(args.threads)
    with joined(args.device) as processes:
        # 1. The ticks, decoded once; the first process does it for all.
        quiet = not processes.is_first
        if processes.is_first:
            _caches(args, quiet)
        processes.wait()
        held_out, ticks = _caches(args, quiet)
        # 2. Train.
        start = load_weights(args.start)[0].state_dict() if args.start else None
        about = {
            "command": shlex.join(["scripts/train.py", *sys.argv[1:]]),
            "data": f"seeds {args.seeds[0]} to {args.seeds[1]}, {len(ticks)} ticks",
            "held_out": f"seeds {args.held_out[0]} to {args.held_out[1]}, {len(held_out)} ticks",
        }
        train(
            args.train, ticks, held_out, _rig(args.data[0]), args.out, processes, about, args.every,
            start,
        )  # fmt: skip
        # 3. Say what came of it.
        if processes.is_first:
            weights = args.out / "weights.safetensors"
            print(write_card(weights, load_weights(weights)[1]).read_text())


def _caches(args: Perception, quiet: bool) -> tuple[Caches, Caches]:
    held_out = Selection(args.held_out, max(1, args.ticks_per_scenario // 10))
    chosen = Selection(args.seeds, args.ticks_per_scenario)
    parts = open_caches(args.data, chosen, args.cache, quiet).parts
    if args.redrawn:
        more = Selection(args.seeds, args.redrawn)
        again = OtherWeathers(every=8, seed=args.train.seed)
        parts += open_caches(args.data, more, args.cache, quiet, again).parts
    return open_caches(args.data, held_out, args.cache, quiet), Caches(parts)


def _rig(data: Path) -> tuple[Camera, ...]:
    return DatasetReader(data).rows[0].head.rig


TRAININGS = {"perception": (Perception, train_perception)}


def main() -> None:
    run_chosen(TRAININGS, __doc__)


if __name__ == "__main__":
    main()
