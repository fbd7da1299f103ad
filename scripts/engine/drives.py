"""Drive the champion, with the expert riding along: where would the teacher have driven otherwise?

One seed of every scenario after another, in weather of its own, driven in turns by the pilot, whose
hand-overs tell where the rules had to help, and by the pupil, the policy with its teacher's hand on
the wheel now and then, who meets more states of the policy's own. Both are needed: what the
supervisor prevents is never seen in the pilot's drives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.episode import DECISION_HZ
from datasets.store.meta import load_rows
from scripts import collect

DRIVERS = ("pilot", "pupil")
TEACHER = "expert"


@dataclass(frozen=True, slots=True)
class DriveConfig:
    """Where and in what the champion drives."""

    seed: int = 2000
    """of the first episodes: tuning seeds, each round takes 200 of its own"""
    weather: str = "random"
    """what the cameras look through"""


SEEDS_PER_ROUND = 200


def drive(
    champion: str,
    scenarios: Sequence[str],
    hours: float,
    out: Path,
    config: DriveConfig,
    number: int,
    jobs: int,
) -> int:
    """Record drives until there are so many hours, in whole rows of scenarios; the ticks recorded.
    Episodes that are there are not driven again."""
    wanted = round(hours * 3600 * DECISION_HZ)
    first = config.seed + SEEDS_PER_ROUND * number
    for i in range(SEEDS_PER_ROUND):
        ticks = recorded(out)
        if ticks >= wanted:
            return ticks
        print(f"driven {ticks} of {wanted} ticks", flush=True)
        collect.main(
            collect.Args(
                out=out,
                agent=f"{DRIVERS[i % len(DRIVERS)]}@{champion}",
                scenarios=",".join(scenarios),
                episodes=1,
                seed=first + i,
                weather=config.weather,
                shadow=TEACHER,
                jobs=jobs,
            )
        )
    raise ValueError(
        f"hours: expected no more than {SEEDS_PER_ROUND} seeds of each scenario hold, got {hours}"
    )


def recorded(root: Path) -> int:
    """The ticks of a dataset, 0 where there is none."""
    rows = load_rows(root) if root.exists() else []
    return rows[-1].last if rows else 0
