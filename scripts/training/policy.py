"""train.py policy: recorded episodes -> lessons -> the learned driver."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro

from datasets.learning.model import describe, now
from datasets.learning.processes import joined
from datasets.learning.registry import SHIPPED
from perception.runtime import WEIGHTS as PERCEPTION_WEIGHTS
from perception.trunk import trunk_of
from planning.policy.driver import WEIGHTS
from planning.policy.export import export_onnx
from planning.policy.lessons import count_lessons, load_lessons
from planning.policy.training import PolicyTraining, train
from planning.policy.weights import load_weights, write_card
from scripts.lessons import LessonConfig, lesson_files
from scripts.training.arguments import Arguments
from scripts.training.outcome import command, finish


@dataclass(frozen=True)
class Policy(Arguments):
    """Perception's features -> path and target speed: the learned driver."""

    data: tuple[Path, ...] = (Path("runs/data"),)
    """datasets with the simulator's state; those without pictures are drawn"""
    own: tuple[Path, ...] = ()
    """the same, in which a pupil drove: DAgger's rounds; --own-share says how much of them"""
    out: Path = Path("runs/policy")
    """the folder of the run: checkpoint, weights, card, ONNX file, TensorBoard's files"""
    eyes: Path = PERCEPTION_WEIGHTS
    """the folder of the perception on whose trunk it is trained"""
    lessons: Path = Path("runs/lessons")
    """a folder for features and labels: 60 KB a moment"""
    moved: bool = True
    """learn from cameras moved aside and turned, too"""
    start: Path | None = None
    """weights to begin with"""
    take: LessonConfig = field(default_factory=LessonConfig)
    train: Annotated[PolicyTraining, tyro.conf.arg(name="")] = field(default_factory=PolicyTraining)


def train_policy(args: Policy) -> None:
    if args.ship and trunk_of(args.eyes) != trunk_of():
        raise ValueError(
            f"train.py policy --ship: expected the eyes that are shipped, {PERCEPTION_WEIGHTS}, "
            f"got {args.eyes}; a policy on other eyes can be kept with models.py add --eyes"
        )
    torch.set_num_threads(args.threads)
    with joined(args.device, args.compile) as processes:
        # 1. The lessons, made once; the first process does it for all.
        if processes.is_first:
            _lessons(args, quiet=False)
        processes.wait()
        given, own, exams = _lessons(args, quiet=True)
        files = given + own
        lessons, held_out = load_lessons(files, args.moved), load_lessons(exams, moved=False)
        # 2. Train.
        about = {
            "command": command(),
            "data": f"{len(files)} episodes of seeds {args.seeds[0]} to {args.seeds[1]}, "
            f"{len(lessons[0])} moments",
            "held_out": f"{len(exams)} episodes of seeds {args.held_out[0]} to "
            f"{args.held_out[1]}, {len(held_out[0])} moments",
            "eyes": trunk_of(args.eyes),
        }
        channels, rows, columns = lessons[0].coarse.shape[2:]  # as the eyes have them
        network = replace(
            args.train.network,
            spacing=args.take.every, channels=channels, rows=rows, columns=columns,
        )  # fmt: skip
        config = replace(args.train, network=network)
        start = load_weights(args.start)[0].state_dict() if args.start else None
        train(
            config, lessons, held_out[0], args.out, processes, about, args.every, start,
            count_lessons(own, args.moved),
        )  # fmt: skip
        # 3. Say what came of it.
        if processes.is_first:
            folder = WEIGHTS if args.ship else args.out
            print(finish("policy", args.out, folder, load_weights, export_onnx, write_card))
            if args.ship:
                describe(folder, SHIPPED, None, now(), about["command"]).write()


def _lessons(args: Policy, quiet: bool) -> tuple[list[Path], list[Path], list[Path]]:
    """The files to learn from, the pupil's own, and those held out of both."""

    def files(data: tuple[Path, ...], seeds: tuple[int, int]) -> list[Path]:
        return lesson_files(data, args.lessons, args.take, seeds, args.jobs, quiet, args.eyes)

    exams = files((*args.data, *args.own), args.held_out)
    given, own = (
        [path for path in files(data, args.seeds) if path not in exams] if data else []
        for data in (args.data, args.own)
    )
    return given, own, exams
