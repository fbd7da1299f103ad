"""Train what learns:

    uv run scripts/train.py perception --data runs/data --out runs/perception
    uv run scripts/train.py policy --data runs/data --out runs/policy
    torchrun --nproc-per-node=4 scripts/train.py perception --data runs/data --out runs/perception

A run that is killed goes on where it was when the same command is given again. Watch it with
`uv run tensorboard --logdir runs`.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro

from datasets.camera import Camera
from datasets.learning.model import describe, now
from datasets.learning.processes import joined
from datasets.learning.registry import SHIPPED
from datasets.store.disk import write_whole
from datasets.store.reader import DatasetReader
from perception.cache import Caches, Selection, open_caches
from perception.card import write_card
from perception.export import export_onnx
from perception.runtime import WEIGHTS as PERCEPTION_WEIGHTS
from perception.training import TrainConfig, train
from perception.trunk import trunk_of
from perception.weights import load_weights
from planning.policy import export as policy_export
from planning.policy import training as policy_training
from planning.policy import weights as policy_weights
from planning.policy.driver import WEIGHTS as POLICY_WEIGHTS
from planning.policy.lessons import count_lessons, load_lessons
from planning.policy.training import PolicyTraining
from scripts.lessons import LessonConfig, lesson_files
from scripts.redraw import OtherViews
from scripts.subcommands import run_chosen


@dataclass(frozen=True)
class Perception:
    """Cameras -> vehicles and road."""

    data: tuple[Path, ...] = (Path("runs/data"),)
    """datasets, best with the weather drawn at random; those without pictures are drawn again"""
    out: Path = Path("runs/perception")
    """the folder of the run: checkpoint, weights, card, TensorBoard's files"""
    cache: Path = Path("runs/cache")
    """a folder for decoded ticks: 0.3 MB each"""
    seeds: tuple[int, int] = (1000, 1026)
    """the first and the last of the episodes to train on; those held out are left out"""
    held_out: tuple[int, int] = (1027, 1029)
    """the same to validate on"""
    ticks_per_scenario: int = 1500
    """how many ticks of each scenario are used, evenly spaced; of those held out a tenth"""
    redrawn: int = 0
    """how many more, drawn again in other weathers and from beside the lane's middle"""
    in_place: int = 0
    """how many more, drawn again in other weathers from where the car was"""
    jobs: int = 1
    """processes that make ticks ready"""
    start: Path | None = None
    """weights to begin with"""
    every: int = 250
    """steps between validations, which also save"""
    threads: int = 1
    """that torch may use on the processor"""
    device: str = "auto"
    """cpu or cuda; auto takes a GPU if there is one"""
    compile: bool = False
    """fuse operations first: takes a minute and a C++ compiler, makes every step shorter"""
    ship: bool = False
    """put the result where the agents find it"""
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
            "command": shlex.join(["scripts/train.py", *sys.argv[1:]]),
            "data": f"seeds {args.seeds[0]} to {args.seeds[1]}, {len(ticks)} ticks",
            "held_out": f"seeds {args.held_out[0]} to {args.held_out[1]}, {len(held_out)} ticks",
        }
        train(
            args.train, ticks, held_out, _rig(args.data), args.out, processes, about, args.every,
            start,
        )  # fmt: skip
        # 3. Say what came of it.
        if processes.is_first:
            folder = PERCEPTION_WEIGHTS if args.ship else args.out
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


@dataclass(frozen=True)
class Policy:
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
    seeds: tuple[int, int] = (1000, 1026)
    """the first and the last of the episodes to train on; those held out are left out"""
    held_out: tuple[int, int] = (1027, 1029)
    """the same to validate on"""
    moved: bool = True
    """learn from cameras moved aside and turned, too"""
    start: Path | None = None
    """weights to begin with"""
    jobs: int = 1
    """processes that make lessons"""
    every: int = 500
    """steps between validations, which also save"""
    threads: int = 1
    """that torch may use on the processor"""
    device: str = "auto"
    """cpu or cuda; auto takes a GPU if there is one"""
    compile: bool = False
    """fuse operations first: takes a minute and a C++ compiler, makes every step shorter"""
    ship: bool = False
    """put the result where the agents find it"""
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
            "command": shlex.join(["scripts/train.py", *sys.argv[1:]]),
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
        start = policy_weights.load_weights(args.start)[0].state_dict() if args.start else None
        policy_training.train(
            config, lessons, held_out[0], args.out, processes, about, args.every, start,
            count_lessons(own, args.moved),
        )  # fmt: skip
        # 3. Say what came of it.
        if processes.is_first:
            folder = POLICY_WEIGHTS if args.ship else args.out
            print(
                finish(
                    "policy", args.out, folder, policy_weights.load_weights,
                    policy_export.export_onnx, policy_weights.write_card,
                )
            )  # fmt: skip
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


def finish(
    name: str,
    out: Path,
    folder: Path,
    load: Callable[[Path], tuple[Any, dict[str, Any]]],
    export: Callable[[Any, Path], None],
    write_card: Callable[[Path, dict[str, Any]], Path],
) -> str:
    """Write weights, ONNX file and card of what a run left in `out` into `folder`, under a name;
    the card's text."""
    weights = out / "weights.safetensors"
    network, about = load(weights)
    there = folder / f"{name}.safetensors"
    write_whole(there, weights.read_bytes())
    export(network, folder / f"{name}.onnx")
    return write_card(there, about).read_text()


TRAININGS = {"perception": (Perception, train_perception), "policy": (Policy, train_policy)}


def main() -> None:
    run_chosen(TRAININGS, __doc__)


if __name__ == "__main__":
    main()
