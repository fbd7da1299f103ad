"""From camera pictures to a Scene, beside resnet18 on one picture: both on one thread, in turn. And
from camera pictures to the pilot's action, stage by stage, with a whole step of the closed loop
beside one of highway-env without a camera."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import onnxruntime
import torch
import torchvision

from datasets.learning.onnx_file import session
from datasets.observation import Observation
from datasets.scene import Scene
from perception.nouns import Glance
from perception.runtime import OnnxLook
from perception.source import Look, Perception
from scripts.agents import expert
from scripts.benchmarks.closed_loop import figures
from scripts.benchmarks.timing import percentiles, report
from scripts.eyes import RideAlong
from sim.loop import drive
from sim.world import World

SCENARIOS = ("highway-dense", "intersection-left", "roundabout", "racetrack")


@dataclass(frozen=True, slots=True)
class Latency:
    """Time from the frames of all cameras to the Scene, and to the action, everything included."""

    json: Path | None = None
    """Also write the figures here."""
    ticks: int = 1000
    """How many are measured, over scenarios with many and with few vehicles."""
    threads: int = 1
    """Of ONNX Runtime, for both networks."""
    seed: int = 0
    """Of the first episode."""
    agent: str = "pilot"
    """Whose action is waited for."""


def run(args: Latency) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    if args.ticks < 1 or args.threads < 1:
        raise ValueError(f"expected at least 1 tick and thread, got {args.ticks}, {args.threads}")
    reference = resnet18(args.threads)
    spent: dict[str, list[float]] = {"camera_to_scene": [], "network": [], "resnet18": []}
    each = -(-args.ticks // len(SCENARIOS))
    for scenario in SCENARIOS:
        for _ in zip(range(each), measured(scenario, args, spent, reference), strict=False):
            pass
    report(
        {
            "benchmark": "latency",
            "onnxruntime": onnxruntime.__version__,
            "threads": args.threads,
            "ticks": len(spent["resnet18"]),
            **{f"{name}_ms": percentiles(times) for name, times in spent.items()},
            "agent": args.agent,
            **figures(args.agent, SCENARIOS, args.ticks, args.seed),
        },
        args.json,
    )


def measured(
    scenario: str, args: Latency, spent: dict[str, list[float]], reference: Callable[[], Any]
) -> Iterator[None]:
    """Drive episode after episode; a tick is perceived, then resnet18 has its turn."""
    seed = args.seed
    while True:
        world = World(scenario, "random")
        look = timed(OnnxLook(threads=args.threads), spent["network"])
        passenger = TimedPerception(look, spent["camera_to_scene"])
        for _ in drive(world, RideAlong(expert(world), passenger), seed):
            began = time.perf_counter()
            reference()
            spent["resnet18"].append(time.perf_counter() - began)
            yield
        seed += 1


class TimedPerception(Perception):
    """Notes how long each scene takes."""

    def __init__(self, look: Look, spent: list[float]) -> None:
        super().__init__(look)
        self._spent = spent

    def perceive(self, observation: Observation) -> Scene:
        began = time.perf_counter()
        scene = super().perceive(observation)
        self._spent.append(time.perf_counter() - began)
        return scene


def timed(look: Look, spent: list[float]) -> Look:
    """The same eyes, with the time they take noted."""

    def noted(observation: Observation) -> Glance:
        began = time.perf_counter()
        seen = look(observation)
        spent.append(time.perf_counter() - began)
        return seen

    return noted


def resnet18(threads: int) -> Callable[[], Any]:
    """torchvision's resnet18 in ONNX Runtime, on one picture of 224 x 224."""
    network = torchvision.models.resnet18().eval()
    picture = torch.zeros(1, 3, 224, 224)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(network, (picture,), input_names=["picture"], dynamo=True)
    assert program is not None, "the exporter of torch.export returns a program"
    ready = session(program.model_proto.SerializeToString(), threads)
    inputs = {"picture": picture.numpy()}
    return lambda: ready.run(None, inputs)
