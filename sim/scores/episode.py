"""One episode as one row of figures: all that the tables and comparisons are computed from."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from datasets.driving import changes_hands
from datasets.episode import TICK, End
from sim.scores import carla, pdm, road_rules
from sim.scores.collision import no_at_fault_collision
from sim.scores.comfort import comfort, harsh_brakes
from sim.scores.lanes import LaneIndex
from sim.scores.log import EpisodeLog
from sim.scores.plans import extended_comfort
from sim.scores.proximity import Proximity, near_misses, proximity

Row = dict[str, Any]  # what JSON can hold

ERROR = "error"  # the outcome of an episode that raised
SCORES = ("carla_ds", "carla_ds_21", "nuplan_cls", "pdms", "epdms", "route_completion")


def score_episode(log: EpisodeLog, reference_progress: float) -> Row:
    """(log, metres that IDM/MOBIL makes from the same seed) -> its row, in SI units."""
    lanes = LaneIndex(log.road_map)
    near = proximity(log, lanes)
    return {
        "scenario": log.scenario,
        "seed": log.seed,
        **_what_happened(log),
        **_carla_scores(log, lanes),
        **_pdm_scores(log, lanes, near, reference_progress),
        "min_ttc": _finite(near.ttc.min()),
        "near_misses": near_misses(near),
        "harsh_brakes": harsh_brakes(log),
        "drivers": driver_shares(log.drivers),
        "hand_overs": hand_overs(log.drivers),
        "switches": switches(log),
        "compute_p50_ms": float(np.percentile(log.compute_times, 50)) * 1e3,
        "compute_p99_ms": float(np.percentile(log.compute_times, 99)) * 1e3,
        "late_ticks": int((log.compute_times > TICK).sum()),
    }


def error_row(scenario: str, seed: int, traceback: str) -> Row:
    """The row of an episode that raised: a failure whose scores are 0; what was not measured is
    left out."""
    return {
        "scenario": scenario,
        "seed": seed,
        "outcome": ERROR,
        "success": False,
        "at_fault": False,
        **dict.fromkeys(SCORES, 0.0),
        "traceback": traceback,
    }


def driver_shares(drivers: tuple[str, ...]) -> dict[str, float]:
    """Share of the ticks that each driver held the wheel."""
    return {name: count / len(drivers) for name, count in sorted(Counter(drivers).items())}


def hand_overs(drivers: Sequence[str]) -> int:
    """How often the wheel changed hands."""
    return sum(changes_hands(a, b) for a, b in itertools.pairwise(drivers))


def switches(log: EpisodeLog) -> list[Row]:
    """Every hand-over, and every time the policy was held back or let go: when, s, from whom to
    whom, and the reason that was given."""
    pairs = enumerate(itertools.pairwise(log.drivers), start=1)
    return [
        {"t": round(k * TICK, 3), "from": was, "to": now, "reason": log.reasons[k]}
        for k, (was, now) in pairs
        if was != now
    ]


def _what_happened(log: EpisodeLog) -> Row:
    return {
        "outcome": str(log.outcome.end),
        "success": log.outcome.end is End.GOAL,
        "at_fault": log.outcome.at_fault,
        "ticks": len(log.actions),
        "duration": log.duration,
        "distance": log.distance,
        "mean_speed": log.distance / log.duration,
        "progress": log.progress_made,
        "route_completion": log.route_completion,
        "end_xy_world": [round(float(v), 2) for v in log.ego_xy[-1]],
    }


def _carla_scores(log: EpisodeLog, lanes: LaneIndex) -> Row:
    found = carla.infractions(log, lanes)
    return {
        "carla_ds": log.route_completion * carla.penalty(found),
        "carla_ds_21": log.route_completion * carla.penalty_21(found),
        "off_lane": found.off_lane,
        "traffic_speed_share": found.traffic_speed_share,
    }


def _pdm_scores(log: EpisodeLog, lanes: LaneIndex, near: Proximity, reference: float) -> Row:
    sub = pdm.SubScores(
        no_collision=no_at_fault_collision(log),
        drivable_area=road_rules.drivable_area(log, lanes),
        direction=road_rules.driving_direction(log, lanes),
        progress=pdm.progress_share(log.progress_made, reference),
        ttc=pdm.ttc_within_bound(near.ttc.min()),
        speed_limit=road_rules.speed_limit(log, lanes),
        comfort=comfort(log),
        lane_keeping=road_rules.lane_keeping(log, lanes),
        extended_comfort=extended_comfort(log),
    )
    return {
        "nuplan_cls": pdm.nuplan_cls(sub),
        "pdms": pdm.pdms(sub),
        "epdms": pdm.epdms(sub),
        "no_collision": sub.no_collision,
        "drivable_area": sub.drivable_area,
        "direction": sub.direction,
        "progress_share": sub.progress,
        "reference_progress": reference,
        "ttc": sub.ttc,
        "speed_limit": sub.speed_limit,
        "comfort": sub.comfort,
        "lane_keeping": sub.lane_keeping,
        "extended_comfort": sub.extended_comfort,
    }


def _finite(value: float) -> float | None:
    """JSON knows no infinity: nothing near is None."""
    return float(value) if np.isfinite(value) else None
