"""train.py perception: ticks with pictures, recorded or drawn again -> perception's network."""

from __future__ import annotations

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
from perception.export import export_onnx
from perception.runtime import WEIGHTS
from perception.training import TrainConfig, train
from perception.weights import load_weights
from scripts.redraw import OtherViews
from scripts.training.arguments import Arguments
from scripts.training.outcome import command, finish


@dataclass(frozen=True)
class Perception(Arguments):
    """Cameras -> vehicles and road."""

    data: tuple[Path, ...] = (Path("runs/data"),)
    """datasets, best with the weather drawn at random; those without pictures are drawn again"""
    out: Path = Path("runs/perception")
    """the folder of the run: checkpoint, weights, card, TensorBoard's files"""
    cache: Path = Path("runs/cache")
    """a folder for decoded ticks: 0.3 MB each"""
    ticks_per_scenario: int = 1500
    """how many ticks of each scenario are used, evenly spaced; of those held out a tenth"""
    redrawn: int = 0
    """how many more, drawn again in other weathers and from beside the lane's middle"""
    in_place: int = 0
    """how many more, drawn again in other weathers from where the car was"""
    start: Path | None = None
    """weights to begin with"""
    every: int = 250
    train: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(default_factory=TrainConfig)


def train_perception(args: Perception) -> None:
    torch.set_num_threads(args.threads)
    with joined(args.device, args.compile) as processes:
        # 1. The ticks, decoded once; the first process does it for all.
        quiet = not processes.is_first
        if processes.is_first:
            _caches(args, quiet)
        processes.wait()
        held_out, ticks = _caches(args, quiet)
        # 2. Train.
        start = load_weights(args.start)[0].state_dict() if args.start else None
        about = {
            "command": command(),
            "data": f"seeds {args.seeds[0]} to {args.seeds[1]}, {len(ticks)} ticks",
            "held_out": f"seeds {args.held_out[0]} to {args.held_out[1]}, {len(held_out)} ticks",
        }
        train(
            args.train, ticks, held_out, _rig(args.data), args.out, processes, about, args.every,
            start,
        )  # fmt: skip
        # 3. Say what came of it.
        if processes.is_first:
            folder = WEIGHTS if args.ship else args.out
            print(finish("perception", args.out, folder, load_weights, export_onnx, write_card))


def _caches(args: Perception, quiet: bool) -> tuple[Caches, Caches]:
    """Those held out, and those to learn from."""
    exams = Selection(args.held_out, max(1, args.ticks_per_scenario // 10))
    held_out = open_caches(args.data, exams, args.cache, quiet, jobs=args.jobs)
    if not held_out.parts:
        raise ValueError(
            f"train.py perception: expected pictures with the held-out seeds {args.held_out}, got "
            f"episodes without any"
        )
    chosen = Selection(args.seeds, args.ticks_per_scenario, args.held_out)
    parts = open_caches(args.data, chosen, args.cache, quiet, jobs=args.jobs).parts
    beside = OtherViews(every=16, seed=args.train.seed)
    in_place = OtherViews(every=16, seed=args.train.seed, sideways=0.0, turn_deg=0.0)
    for count, views in ((args.redrawn, beside), (args.in_place, in_place)):
        if count:
            more = Selection(args.seeds, count, args.held_out)
            parts += open_caches(args.data, more, args.cache, quiet, views, args.jobs).parts
    if not parts:
        raise ValueError(
            f"train.py perception: expected pictures with seeds {args.seeds}, or --redrawn or "
            f"--in-place to draw some, got episodes without any"
        )
    return held_out, Caches(parts)


def _rig(datasets: tuple[Path, ...]) -> tuple[Camera, ...]:
    """Of the first one with pictures."""
    heads = (DatasetReader(data).rows[0].head for data in datasets)
    return next(head.rig for head in heads if head.rig)
