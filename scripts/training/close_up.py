"""train.py close-up: recorded episodes -> close-ups -> the network that measures them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro

from datasets.learning.processes import joined
from perception.close_up.samples import load_close_ups
from perception.close_up.training import CloseUpTraining, train
from perception.close_up.weights import export_onnx, load_weights, write_card
from perception.runtime import WEIGHTS
from scripts.close_ups import CloseUpConfig, close_up_files
from scripts.training.arguments import Arguments
from scripts.training.outcome import command, finish


@dataclass(frozen=True)
class CloseUp(Arguments):
    """How far away vehicles are, from close-ups of them."""

    data: tuple[Path, ...] = (Path("runs/data"),)
    """datasets with the simulator's state: pictures are drawn anew"""
    out: Path = Path("runs/close-up")
    """the folder of the run: checkpoint, weights, card, ONNX file, TensorBoard's files"""
    close_ups: Path = Path("runs/close-ups")
    """a folder for what is learned from: 7 KB a vehicle"""
    start: Path | None = None
    """weights to begin with"""
    take: CloseUpConfig = field(default_factory=CloseUpConfig)
    train: Annotated[CloseUpTraining, tyro.conf.arg(name="")] = field(
        default_factory=CloseUpTraining
    )


def train_close_up(args: CloseUp) -> None:
    torch.set_num_threads(args.threads)
    with joined(args.device, args.compile) as processes:
        # 1. The close-ups, made once; the first process does it for all.
        if processes.is_first:
            _files(args, quiet=False)
        processes.wait()
        files, exams = _files(args, quiet=True)
        close_ups, held_out = load_close_ups(files), load_close_ups(exams)[0]
        # 2. Train.
        about = {
            "command": command(),
            "data": f"{len(files)} episodes of seeds {args.seeds[0]} to {args.seeds[1]}, "
            f"{len(close_ups[0])} close-ups",
            "held_out": f"{len(exams)} episodes of seeds {args.held_out[0]} to "
            f"{args.held_out[1]}, {len(held_out)} close-ups",
        }
        start = load_weights(args.start)[0].state_dict() if args.start else None
        train(args.train, close_ups, held_out, args.out, processes, about, args.every, start)
        # 3. Say what came of it.
        if processes.is_first:
            folder = WEIGHTS if args.ship else args.out
            print(finish("close_up", args.out, folder, load_weights, export_onnx, write_card))


def _files(args: CloseUp, quiet: bool) -> tuple[list[Path], list[Path]]:
    """The files to learn from, and those held out."""
    exams, chosen = (
        close_up_files(args.data, args.close_ups, args.take, seeds, args.jobs, quiet)
        for seeds in (args.held_out, args.seeds)
    )
    return [path for path in chosen if path not in exams], exams
