"""Training: ticks a second of the real loop, against the same step on a batch already in memory.

The loop is the one that trains (datasets/learning/run.py): choosing the ticks, making a batch of
them, the step, progress bar and curves. After each of its steps the same step is done with one
batch that is there; the two take turns, so that both see the same moments of the same machine.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from datasets.checks import IntArray
from datasets.learning.processes import joined
from datasets.learning.run import Run, go_through
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


@dataclass(frozen=True, slots=True)
class Training:
    """Ticks a second that training learns, and the share that is lost on the way to them."""

    json: Path | None = None
    """Also write the figures here."""
    scenarios: str = "merge"
    """Where the expert drives what is learned from."""
    episodes: int = 2
    """Per scenario."""
    steps: int = 40
    """Of each training."""
    policy_batch: int = 64
    """Ticks of a step of the policy."""
    perception_batch: int = 16
    """Ticks of a step of perception."""
    threads: int = 1
    """That torch may use on the processor."""
    device: str = "auto"
    """cpu or cuda; auto takes a GPU if there is one"""


def run(args: Training) -> None:
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder, joined(args.device) as processes:
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


def rates(course: Run[Any], school: Any, count: int, out: Path) -> dict[str, Any]:
    """Ticks a second of the loop, and of its step alone; the share of the loop that is the step."""
    clock = Clock(course, school)
    go_through(course, count, clock.learn, lambda _: {}, out, course.course.steps + 1)
    ticks = course.course.batch_size
    loop, memory = (p50(each[WARM_UP:]) for each in (clock.loop, clock.memory))
    return {
        "loop_ticks_per_s": round(ticks / loop, 1),
        "memory_ticks_per_s": round(ticks / memory, 1),
        "ratio": round(memory / loop, 3),
    }


class Clock:
    """Times each step of a loop from the end of the one before, and the step in memory after it."""

    def __init__(self, course: Run[Any], school: Any) -> None:
        self._course, self._school = course, school
        self._held: Any = None
        self._since = time.perf_counter()
        self.loop: list[float] = []  # s
        self.memory: list[float] = []

    def learn(self, chosen: IntArray) -> dict[str, float]:
        batch = self._school.batch(chosen)
        terms: dict[str, float] = self._school.learn(batch)
        _wait(self._course)
        done = time.perf_counter()
        self.loop.append(done - self._since)
        self._held = self._held or batch
        self._school.learn(self._held)
        self._course.step -= 1  # it was no step of the loop
        _wait(self._course)
        self._since = time.perf_counter()
        self.memory.append(self._since - done)
        return terms


def _wait(course: Run[Any]) -> None:
    """Until a GPU has done what it was told."""
    if course.processes.device.type == "cuda":
        torch.cuda.synchronize()
