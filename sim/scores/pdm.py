"""The scores of nuPlan's closed loop and of NAVSIM: gates multiply, the rest is a weighted mean.

Sources: nuPlan (closed-loop reactive score), NAVSIM v1 (PDMS) and v2 (EPDMS). Traffic lights have
no place here. Every sub-score is in [0, 1].
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from datasets.checks import check_range

MIN_PROGRESS = 0.1  # m, so that standing still beside a standing reference is no division by zero
MAKING_PROGRESS = 0.2  # share of the reference's progress
TTC_BOUND = 0.95  # s
TTC_STEP = 0.1  # s, nuPlan samples its projection this often


@dataclass(frozen=True, slots=True)
class SubScores:
    """What the three scores are made of."""

    no_collision: float  # NC: no at-fault collision; 1, 0.5 or 0
    drivable_area: float  # DAC, 1 or 0
    direction: float  # DDC, 1, 0.5 or 0
    progress: float  # EP, share of the reference's progress
    ttc: float  # TTC, 1 or 0
    speed_limit: float  # SL
    comfort: float  # C, 1 or 0
    lane_keeping: float  # LK, 1 or 0
    extended_comfort: float | None  # EC, share of the ticks; None: the driver publishes no plans

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None:
                check_range(f"SubScores.{name}", value, 0.0, 1.0)


def progress_share(ego: float, reference: float) -> float:
    """EP = min(1, max(ego, 0.1) / max(reference, 0.1)), both in metres of progress."""
    return min(1.0, max(ego, MIN_PROGRESS) / max(reference, MIN_PROGRESS))


def ttc_within_bound(shortest_ttc: float) -> float:
    """1, or 0 once the time to collision fell below 0.95 s, seen in nuPlan's steps of 0.1 s."""
    sampled = np.ceil(shortest_ttc / TTC_STEP - 1e-9) * TTC_STEP
    return float(sampled >= TTC_BOUND)


def nuplan_cls(scores: SubScores) -> float:
    """NC * DAC * DDC * MP * (5 EP + 5 TTC + 4 SL + 2 C) / 16."""
    gates = scores.no_collision * scores.drivable_area * scores.direction
    gates *= scores.progress > MAKING_PROGRESS
    return (
        gates
        * (5 * scores.progress + 5 * scores.ttc + 4 * scores.speed_limit + 2 * scores.comfort)
        / 16
    )


def pdms(scores: SubScores) -> float:
    """NC * DAC * (5 TTC + 5 EP + 2 C) / 12."""
    gates = scores.no_collision * scores.drivable_area
    return gates * (5 * scores.ttc + 5 * scores.progress + 2 * scores.comfort) / 12


def epdms(scores: SubScores) -> float:
    """NC * DAC * DDC * (5 TTC + 5 EP + 2 LK + 2 C + 2 EC) / 16; without plans EC and its weight
    are left out."""
    gates = scores.no_collision * scores.drivable_area * scores.direction
    total = 5 * scores.ttc + 5 * scores.progress + 2 * scores.lane_keeping + 2 * scores.comfort
    if scores.extended_comfort is None:
        return gates * total / 14
    return gates * (total + 2 * scores.extended_comfort) / 16
