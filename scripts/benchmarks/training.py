"""Training: ticks a second of the real loop, against the same step on a batch already in memory.

The loop is the one that trains (datasets/learning/run.py): choosing the ticks, making a batch of
them, the step, progress bar and curves. After every few of its steps as many are done with one
batch that is there; the two take turns, so that both see the same moments of the same machine. The
loop's next batch is ready by then, so that the first of its steps after them does not count.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datasets.checks import IntArray
from datasets.learning.processes import joined
from datasets.learning.run import Run, School, go_through
from perception import training as eyes
from perception.cache import Caches, Selection, open_caches
from perception.network import PerceptionNet
from perception.training import TrainConfig
from planning.policy import training as mind
from planning.policy.lessons import Lessons, load_lessons
from planning.policy.network import PolicyNet
from planning.policy.training import PolicyTraining
from scripts import collect
from scripts.benchmarks.timing import p50, report
from scripts.lessons import LessonConfig, lesson_files

WARM_UP = 3  # steps that do not count
TURN = 5  # steps of one kind in a row


@dataclass(frozen=True, slots=True)
class Training:
    """Ticks a second that training learns, and the share that is lost on the way to them."""

    json: Path | None = None
    """Also write the figures here."""
    scenarios: str = "merge"
    """Where the expert drives what is learned from."""
    episodes: int = 2
    """Per scenario."""
    steps: int = 60
    """Of each training."""
    policy_batch: int = 64
    """Ticks of a step of the policy."""
    perception_batch: int = 16
    """Ticks of a step of perception."""
    threads: int = 1
    """That torch may use on the processor."""
    device: str = "auto"
    """cpu or cuda; auto takes a GPU if there is one"""
    compile: bool = False
    """fuse operations first, as train.py does when asked to"""


def run(args: Training) -> None:
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder, joined(args.device, args.compile) as processes:
        root = Path(folder)
        data = {"agent": "expert", "scenarios": args.scenarios, "episodes": args.episodes}
        collect.main(collect.Args(out=root / "data", **data))
        seeds = (0, args.episodes - 1)
        files = lesson_files([root / "data"], root, LessonConfig(every=2), seeds, quiet=True)
        chosen = Selection(seeds, 200)
        caches = open_caches([root / "data"], chosen, root / "cache", True)
        device = processes.device.type
        name = torch.cuda.get_device_name() if device == "cuda" else "processor"
        figures = policy_rates(args, load_lessons(files)[0], processes, root / "policy")
        figures["perception"] = perception_rates(args, caches, processes, root / "perception")
        report({"benchmark": "training", "on": name, device: figures}, args.json)


def policy_rates(args: Training, lessons: Lessons, processes: Any, out: Path) -> dict[str, Any]:
    config = PolicyTraining(steps=args.steps, batch_size=args.policy_batch)
    channels, rows, columns = lessons.coarse.shape[2:]
    network = replace(config.network, channels=channels, rows=rows, columns=columns)
    course = Run(PolicyNet(network), config, "", processes, out / "checkpoint.pt")
    return rates(course, mind.School(course, config, lessons), len(lessons), out)


def perception_rates(args: Training, ticks: Caches, processes: Any, out: Path) -> dict[str, Any]:
    config = TrainConfig(steps=args.steps, batch_size=args.perception_batch)
    network = PerceptionNet(config.network).to(memory_format=torch.channels_last)
    course = Run(network, config, "", processes, out / "checkpoint.pt")
    return rates(course, eyes.School(course, config, ticks), len(ticks), out)


def rates(course: Run[Any], school: School, count: int, out: Path) -> dict[str, Any]:
    """Ticks a second of the loop, and of its step alone; the share of the loop that is the step."""
    clock = Clock(course, school)
    go_through(course, np.arange(count), clock, lambda _: {}, out, course.course.steps + 1)
    ticks = course.course.batch_size
    loop = p50([lap for i, lap in enumerate(clock.loop) if i >= WARM_UP and i % TURN > 0])
    memory = p50(clock.memory)
    return {
        "loop_ticks_per_s": round(ticks / loop, 1),
        "memory_ticks_per_s": round(ticks / memory, 1),
        "ratio": round(memory / loop, 3),
    }


class Clock:
    """A school that times each step of the loop from the end of the one before, and steps with a
    batch in memory, turn by turn."""

    def __init__(self, course: Run[Any], school: School) -> None:
        self._course, self._school = course, school
        self._since = time.perf_counter()
        self.loop: list[float] = []  # s
        self.memory: list[float] = []

    def batch(self, chosen: IntArray, chance: torch.Generator) -> Any:
        return self._school.batch(chosen, chance)

    def learn(self, batch: Any) -> dict[str, float]:
        terms = self._school.learn(batch)
        self.loop.append(self._lap())
        if len(self.loop) % TURN == 0:
            for _ in range(TURN):
                self._school.learn(batch)
                self._course.step -= 1  # it was no step of the loop
                self.memory.append(self._lap())
        return terms

    def _lap(self) -> float:
        if self._course.processes.device.type == "cuda":
            torch.cuda.synchronize()
        before, self._since = self._since, time.perf_counter()
        return self._since - before
