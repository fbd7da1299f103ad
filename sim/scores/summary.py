"""Many rows as one table: per scenario and overall, every rate and score with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from datasets.checks import FloatArray
from datasets.episode import End
from sim.scores.episode import ERROR, SCORES, Row
from sim.scores.statistics import bootstrap_mean, wilson

RATES = {  # name: whether a row counts
    "success": lambda row: row["success"],
    "collision": lambda row: row["outcome"] == End.COLLISION,
    "at_fault": lambda row: row["at_fault"],
    "offroad": lambda row: row["outcome"] == End.OFF_ROAD,
    "stuck": lambda row: row["outcome"] == End.STUCK,
    "timeout": lambda row: row["outcome"] == End.TIME_OUT,
    "error": lambda row: row["outcome"] == ERROR,
    "comfort": lambda row: row.get("comfort", 0.0) == 1.0,
}
NEAR_MISSES = ("ttc", "headway", "gap")


def summarise(rows: Sequence[Row]) -> Row:
    """Rows of any scenarios -> one summary. Rates carry the Wilson interval, scores the bootstrap
    one; what an episode that raised did not measure is averaged over the others."""
    measured = [row for row in rows if row["outcome"] != ERROR]
    summary: Row = {"episodes": len(rows)}
    for name, counts in RATES.items():
        count = sum(bool(counts(row)) for row in rows)
        summary[f"{name}_rate"] = count / len(rows) if rows else None
        summary[f"{name}_ci95"] = list(wilson(count, len(rows)))
    for name in SCORES:
        summary |= _mean(name, rows)
    for name in ("mean_speed", "progress", "progress_share"):
        summary |= _mean(name, measured)
    summary |= _mean_time_to_goal(rows)
    summary |= _per_distance(measured)
    return summary | _drivers(measured) | _latency(measured)


def summarise_by_scenario(rows: Sequence[Row]) -> dict[str, Row]:
    """One summary per scenario, in the order of their first rows."""
    names = dict.fromkeys(row["scenario"] for row in rows)
    return {name: summarise([row for row in rows if row["scenario"] == name]) for name in names}


def _grouped(name: str, rows: Iterable[Row]) -> list[FloatArray]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row["scenario"], []).append(float(row[name]))
    return [np.array(values) for values in groups.values()]


def _mean(name: str, rows: Sequence[Row]) -> Row:
    groups = _grouped(name, rows)
    interval = bootstrap_mean(groups)
    return {
        name: float(np.concatenate(groups).mean()) if groups else None,
        f"{name}_ci95": None if interval is None else list(interval),
    }


def _mean_time_to_goal(rows: Sequence[Row]) -> Row:
    times = [row["duration"] for row in rows if row["success"]]
    return {"time_to_goal": float(np.mean(times)) if times else None}


def _per_distance(rows: Sequence[Row]) -> Row:
    """Events over the metres driven by all episodes together."""
    km = sum(row["distance"] for row in rows) / 1000

    def per_km(count: int) -> float | None:
        return count / km if km > 0 else None

    collisions = per_km(sum(row["outcome"] == End.COLLISION for row in rows))
    return {
        "km": km,
        "collisions_per_100km": None if collisions is None else 100 * collisions,
        "harsh_brakes_per_km": per_km(sum(row["harsh_brakes"] for row in rows)),
        "hand_overs_per_km": per_km(sum(row["hand_overs"] for row in rows)),
        "near_misses_per_km": {
            kind: per_km(sum(row["near_misses"][kind] for row in rows)) for kind in NEAR_MISSES
        },
    }


def _drivers(rows: Sequence[Row]) -> Row:
    """Share of all ticks that each driver held the wheel."""
    ticks: dict[str, float] = {}
    for row in rows:
        for driver, share in row["drivers"].items():
            ticks[driver] = ticks.get(driver, 0.0) + share * row["ticks"]
    total = sum(ticks.values())
    return {"drivers": {driver: count / total for driver, count in sorted(ticks.items())}}


def _latency(rows: Sequence[Row]) -> Row:
    return {
        "compute_p50_ms": float(np.median([r["compute_p50_ms"] for r in rows])) if rows else None,
        "compute_p99_ms": float(max(r["compute_p99_ms"] for r in rows)) if rows else None,
        "late_ticks": sum(row["late_ticks"] for row in rows),
    }
