"""How soon every broken sense is noticed, and how often sound ones are called broken.

The expert drives through all weathers; what it sensed is spoilt afterwards, once by every fault of
the senses, from a quarter of the drive on and from its beginning, and shown to the SensorWatch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from control.sensor_watch import Senses, SensorWatch
from datasets.episode import TICK
from datasets.observation import Observation
from scripts.agents import expert
from scripts.benchmarks.timing import report
from scripts.faults import SENSOR_FAULTS
from sim.cameras.rig import default_rig
from sim.cameras.weather import WEATHERS
from sim.faults import Spoil
from sim.loop import drive
from sim.world import World


@dataclass(frozen=True, slots=True)
class Faults:
    """Seconds until each fault of the senses is noticed, in every weather."""

    json: Path | None = None
    """Also write the figures here."""
    scenarios: tuple[str, ...] = ("highway-dense", "merge", "roundabout", "intersection-left")
    """What is driven, in every weather."""
    ticks: int = 80
    """Of each drive."""
    seed: int = 0
    """Of each drive."""


def run(args: Faults) -> None:
    sound = [driven(each, w, args) for each in args.scenarios for w in WEATHERS]
    alarms = [senses.margins for drive in sound for senses in watched(drive)]
    false = [any(not margin.passed for margin in margins) for margins in alarms]
    rows = {name: noticed(spoil, sound) for name, spoil in SENSOR_FAULTS.items()}
    report(
        {
            "benchmark": "faults",
            "drives": len(sound),
            "ticks": len(false),
            "false_alarm_ticks": int(np.sum(false)),
            "noticed_after_s": rows,
        },
        args.json,
    )


def driven(scenario: str, weather: str, args: Faults) -> list[Observation]:
    """What was sensed in one drive."""
    world = World(scenario, weather)
    ticks = zip(range(args.ticks), drive(world, expert(world), args.seed), strict=False)
    return [tick.observation for _, tick in ticks]


def watched(sensed: list[Observation]) -> list[Senses]:
    """What the watch says of every tick."""
    watch = SensorWatch(default_rig())
    return [watch.check(observation) for observation in sensed]


def noticed(spoil: Spoil, drives: list[list[Observation]]) -> dict[str, float | int | None]:
    """Over all drives and both beginnings: the median and the longest time until something is
    noticed, s, and how often nothing was."""
    times, missed = [], 0
    for sensed in drives:
        for begun in (0, len(sensed) // 4):
            spoilt = [
                each if k < begun else spoil(sensed[: k + 1], begun)
                for k, each in enumerate(sensed)
            ]
            senses = watched(spoilt)[begun:]
            found = [any(not m.passed for m in each.margins) for each in senses]
            if any(found):
                times.append(float(np.argmax(found)) * TICK)
            else:
                missed += 1
    return {
        "p50": round(float(np.median(times)), 2) if times else None,
        "max": round(max(times), 2) if times else None,
        "missed": missed,
        "of": len(times) + missed,
    }
