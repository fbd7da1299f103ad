"""The plots of a report, as SVG text to put into a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from datasets.checks import FloatArray
from datasets.episode import TICK, End
from sim.report.svg import as_svg
from sim.report.tables import Result
from sim.scores.episode import ERROR
from sim.scores.lanes import LaneIndex
from sim.scores.log import EpisodeLog
from sim.scores.proximity import HORIZON, NEAR_TTC, proximity
from sim.state import RoadMap

COLOURS = {
    str(End.GOAL): "#2a7f3f",
    str(End.COLLISION): "#c0392b",
    str(End.OFF_ROAD): "#d68910",
    str(End.STUCK): "#6c3483",
    str(End.TIME_OUT): "#566573",
    ERROR: "#000000",
}
MAP_MARGIN = 15.0  # m shown around the start and the ends, at least
TO_SCALE = 250.0  # m: a longer road at true scale is a hairline, it may be drawn too wide
_ASPHALT = "#c8ccd0"


def score_plot(result: Result) -> str:
    """Success rate and scores of each scenario, with their 95 % intervals."""
    names = ("success_rate", "carla_ds", "nuplan_cls", "pdms")
    summaries = {**result["scenarios"], "all": result["overall"]}
    figure = Figure(figsize=(10, 0.8 + 0.28 * len(summaries)), layout="constrained")
    axes = figure.subplots(1, len(names), sharey=True)
    y = np.arange(len(summaries))
    for ax, name in zip(axes, names, strict=True):
        value = np.array([s[name] for s in summaries.values()])
        ci95 = np.array([s[f"{name.removesuffix('_rate')}_ci95"] for s in summaries.values()])
        error = np.clip(np.abs(ci95.T - value), 0, None)
        ax.errorbar(value, y, xerr=error, fmt="o", markersize=4, color="#1f5fa8", capsize=2)
        ax.set(title=name, xlim=(-0.03, 1.03), xticks=(0.0, 0.25, 0.5, 0.75, 1.0))
        ax.set(xticklabels=("0", "", "0.5", "", "1"), yticks=y, yticklabels=list(summaries))
        ax.grid(axis="x", alpha=0.3)
    axes[0].invert_yaxis()
    return as_svg(figure)


def trace_plot(log: EpisodeLog) -> str:
    """Speed with the limit, and time to collision, over one episode."""
    lanes = LaneIndex(log.road_map)
    t = np.arange(len(log.states)) * TICK
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    speed, ttc = figure.subplots(2, 1, sharex=True)
    speed.plot(t, log.ego_speed, color="#1f5fa8", label="speed")
    limit = lanes.speed_limit[log.ego_lane]
    speed.plot(t, limit, color="#999999", linestyle="--", label="limit")
    fastest = max(limit.max(), log.ego_speed.max())
    speed.set(ylabel="m/s", ylim=(min(0.0, log.ego_speed.min()), 1.05 * fastest))
    speed.legend(loc="lower left", fontsize=7)
    seconds = np.minimum(proximity(log, lanes).ttc, HORIZON)
    ttc.plot(t, seconds, color="#c0392b")
    ttc.axhline(NEAR_TTC, color="#999999", linestyle=":")
    ttc.set(xlabel="s", ylabel="time to\ncollision, s", ylim=(0, HORIZON * 1.05))
    return as_svg(figure)


def outcome_map(
    road_map: RoadMap, start_xy_world: FloatArray, rows: Sequence[Result], title: str
) -> str:
    """Where the episodes of one scenario ended, and how, on its road; the cross is the start."""
    rows = [row for row in rows if "end_xy_world" in row]
    ends = np.array([row["end_xy_world"] for row in rows]).reshape(-1, 2)
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    ax = figure.subplots()
    shown = np.concatenate([ends, start_xy_world[None]])
    margin = np.maximum(0.1 * np.ptp(shown, axis=0), MAP_MARGIN)
    low, high = shown.min(0) - margin, shown.max(0) + margin
    longest = float((high - low).max())
    if longest < TO_SCALE:  # then a bend is seen as a bend, with what lies beside it
        middle = (low + high) / 2
        half = np.maximum(high - low, 0.7 * longest) / 2
        low, high = middle - half, middle + half
    _draw_lanes(ax, road_map, low, high)
    ax.plot(*start_xy_world, "x", color="black", markersize=7, label="start")
    for outcome, colour in COLOURS.items():
        here = np.array([row["outcome"] == outcome for row in rows], dtype=bool)
        if here.any():
            ax.plot(*ends[here].T, "o", markersize=5, color=colour, alpha=0.7, label=outcome)
    ax.set(
        title=title, xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="x, m", ylabel="y, m"
    )
    ax.set_aspect("equal" if longest < TO_SCALE else "auto")
    ax.legend(fontsize=7, loc="best")
    return as_svg(figure)


def _draw_lanes(ax: Axes, road_map: RoadMap, low: FloatArray, high: FloatArray) -> None:
    for lane in road_map.lanes:
        xy = lane.xy_world
        tangent = np.gradient(xy, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
        normal *= lane.width / 2 / np.hypot(*tangent.T)[:, None]
        seen = np.all((xy > low - 50) & (xy < high + 50), axis=1)
        edge = np.concatenate([(xy + normal)[seen], (xy - normal)[seen][::-1]])
        if len(edge):
            ax.fill(*edge.T, color=_ASPHALT, edgecolor="white", linewidth=0.5)
