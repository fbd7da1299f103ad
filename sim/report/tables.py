"""The tables of a report, as plain text cells: one source for the HTML and the Markdown."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from datasets.driving import EASED, POLICY

Result = dict[str, Any]  # what evaluate writes as JSON

RATES = (
    ("success", "goal reached in time, no collision, never off the road"),
    ("collision", "the ego crashed"),
    ("at_fault", "it crashed and is to blame (nuPlan's rule)"),
    ("offroad", "it left the road"),
    ("stuck", "it stood still for 15 s"),
    ("timeout", "it ran out of time"),
    ("error", "the episode raised"),
    ("comfort", "no bound of nuPlan's comfort broken"),
)
SCORES = (
    ("carla_ds", "CARLA driving score, Leaderboard 1.0 / 2.0"),
    ("carla_ds_21", "CARLA driving score, Leaderboard 2.1"),
    ("nuplan_cls", "nuPlan closed-loop score"),
    ("pdms", "NAVSIM PDM score"),
    ("epdms", "NAVSIM extended PDM score"),
    ("route_completion", "share of the route driven"),
    ("progress_share", "progress over that of IDM/MOBIL, at most 1"),
    ("mean_speed", "m/s"),
)
FIGURES = (
    ("time_to_goal", "s, of the successes"),
    ("collisions_per_100km", "over all metres driven"),
    ("harsh_brakes_per_km", "braking harder than 4 m/s²"),
    ("hand_overs_per_km", "changes of the driver at the wheel"),
    ("compute_p50_ms", "time to decide, median over episodes of their medians"),
    ("compute_p99_ms", "time to decide, 99th percentile of the slowest episode"),
    ("late_ticks", "decisions that took longer than a tick"),
)
ALL_WELL = re.compile(r"\+[.0-9]+$")  # a margin above zero
MOST_CAUSES = 20  # of hand-overs that the page shows
_PER_SCENARIO = ("success_rate", "collision_rate", "at_fault_rate", "offroad_rate", "mean_speed")
_PER_SCENARIO_SCORES = ("carla_ds", "carla_ds_21", "nuplan_cls", "pdms", "comfort_rate")


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of as many cells."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.header) for row in self.rows):
            raise ValueError(f"Table {self.title}: expected {len(self.header)} cells in each row")


def tables(result: Result) -> list[Table]:
    """All tables of a report."""
    return [
        _overall(result),
        _by_scenario(result),
        _worst_first(result),
        *_manoeuvres(result),
        *hand_overs(result),
    ]


def as_markdown(table: Table) -> str:
    """A table in GitHub's Markdown."""
    lines = [table.header, ("---",) * len(table.header), *table.rows]
    body = "\n".join(
        "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in lines
    )
    return f"## {table.title}\n\n{body}\n"


def cell(value: Any, interval: Any = None) -> str:
    """A number as a reader wants it, with its 95 % interval."""
    if value is None:
        return "-"  # not measured
    text = str(value) if isinstance(value, int | str) else f"{value:.3g}"
    return text if interval is None else f"{text} [{interval[0]:.3g}, {interval[1]:.3g}]"


def _overall(result: Result) -> Table:
    overall = result["overall"]
    rows = [("episodes", cell(overall["episodes"]), "")]
    rows += [
        (f"{name}_rate", cell(overall[f"{name}_rate"], overall[f"{name}_ci95"]), meaning)
        for name, meaning in RATES
    ]
    rows += [(name, cell(overall[name], overall[f"{name}_ci95"]), what) for name, what in SCORES]
    rows += [(name, cell(overall[name]), meaning) for name, meaning in FIGURES]
    rows += [
        (f"near_misses_per_km: {kind}", cell(count), "")
        for kind, count in overall["near_misses_per_km"].items()
    ]
    rows += [
        (f"driver: {driver}", f"{share:.1%}", "share of the time at the wheel")
        for driver, share in overall["drivers"].items()
    ]
    return Table("Overall", ("figure", "value [95 % interval]", "meaning"), tuple(rows))


def _by_scenario(result: Result) -> Table:
    names = _PER_SCENARIO + _PER_SCENARIO_SCORES
    rows = []
    for scenario, summary in [*result["scenarios"].items(), ("all", result["overall"])]:
        cells = [cell(summary[n], summary[f"{n.removesuffix('_rate')}_ci95"]) for n in names]
        rows.append((scenario, cell(summary["episodes"]), *cells))
    return Table("By scenario", ("scenario", "episodes", *names), tuple(rows))


def _worst_first(result: Result, most: int = 20) -> Table:
    names = ("outcome", "at_fault", "route_completion", "carla_ds", "nuplan_cls", "pdms", "min_ttc")
    rows = tuple(
        (row["scenario"], cell(row["seed"]), *(cell(row.get(name)) for name in names))
        for row in worst_rows(result)[:most]
    )
    return Table("Worst episodes", ("scenario", "seed", *names), rows)


def _manoeuvres(result: Result) -> list[Table]:
    """How often each condition of each manoeuvre held."""
    held: dict[tuple[str, str], list[bool]] = {}
    for row in result["episodes"]:
        for name, passed in {**row.get("conditions", {}), "all": row.get("passed")}.items():
            if passed is not None:
                held.setdefault((row["scenario"], name), []).append(passed)
    rows = tuple((*key, f"{sum(each)} of {len(each)}") for key, each in held.items())
    return [Table("Manoeuvres", ("manoeuvre", "condition", "held"), rows)] if rows else []


def hand_overs(result: Result) -> list[Table]:
    """How often the wheel changed hands or the policy was held back, between whom and for what, the
    most frequent first; that it was given back because all was well is no cause."""
    count = Counter(
        (switch["from"], switch["to"], _cause(switch["reason"]))
        for row in result["episodes"]
        for switch in row.get("switches", [])
        if not _gives_back(switch)
    )
    rows = tuple((*key, str(n)) for key, n in count.most_common(MOST_CAUSES))
    return (
        [Table("Hand-overs and holding back", ("from", "to", "because of", "times"), rows)]
        if rows
        else []
    )


def _gives_back(switch: Result) -> bool:
    taken_back = switch["to"] == EASED and switch["from"] != POLICY
    return taken_back or ALL_WELL.search(switch["reason"]) is not None


def _cause(reason: str) -> str:
    """The last part of a reason, without the margin at its end."""
    return reason.rpartition("; ")[2].rstrip("+-.0123456789 ")


def worst_rows(result: Result) -> list[Result]:
    """Episodes from the worst: failures first, at-fault ones before others, then by score."""
    return sorted(
        result["episodes"],
        key=lambda row: (row["success"], not row["at_fault"], row["nuplan_cls"], row["carla_ds"]),
    )
