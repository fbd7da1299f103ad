"""The page about perception: its figures, where it errs, and its worst moments as pictures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, StrictUndefined
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from datasets.driving import Decision
from perception.scores import vehicles
from perception.scores.table import Table as Rows
from perception.tracks import RIGHT_PLACE
from scripts.agents import expert
from scripts.eyes import RideAlong, perception_named
from sim.loop import drive
from sim.report.svg import as_svg
from sim.report.tables import Table, as_markdown, cell
from sim.window.canvas import Canvas, Status
from sim.world import World

APART = 15  # ticks between two bad moments of one drive: otherwise they are the same one
VEHICLES = ("vehicles", "ap", "recall", "ate", "ase", "aoe", "ave")
BARS = (
    ("vehicles", "ap_60m", "at least 0.85"),
    ("vehicles", "ate_30m", "m, at most 0.5"),
    ("vehicles", "ate_60m", "m, at most 1.5"),
    ("vehicles", "aoe", "rad, at most 0.15"),
    ("vehicles", "ave", "m/s, at most 1.0"),
    ("vehicles", "recall_60m", ""),
    ("vehicles", "recall_100m_front", "at least 0.9"),
    ("lanes", "f1", "at least 0.9"),
    ("lanes", "f1_painted", "at least 0.95"),
    ("lanes", "err_10m", "m, at most 0.08"),
    ("lanes", "err_30m", "m, at most 0.2"),
    ("lanes", "err_50m", "m, at most 0.4"),
    ("calibration", "within_2_sigma", "0.93 to 0.97"),
)
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Perception</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #d8dde3; text-align: left; }
img, svg { max-width: 100%; height: auto; }
</style></head><body>
<h1>Perception</h1><p>{{ facts }}</p>
{% for table in tables %}<h2>{{ table.title }}</h2><table>
<tr>{% for cell in table.header %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in table.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endfor %}
{{ plots }}
<h2>The worst moments</h2>
{% for name, title in pictures %}<h3>{{ title }}</h3><img src="{{ name }}" alt="{{ title }}">
{% endfor %}
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A tick that was scored."""

    badness: float
    scenario: str
    seed: int
    weather: str
    tick: int

    @property
    def title(self) -> str:
        return f"{self.scenario}, seed {self.seed}, {self.weather}, tick {self.tick}"


def worst(moments: list[Moment], most: int) -> list[Moment]:
    """The worst of them, at most one of the same few seconds."""
    chosen: list[Moment] = []
    for moment in sorted(moments, key=lambda m: -m.badness):
        same = [m for m in chosen if (m.scenario, m.seed) == (moment.scenario, moment.seed)]
        if all(abs(m.tick - moment.tick) >= APART for m in same):
            chosen.append(moment)
    return chosen[:most]


def in_short(result: dict[str, Any]) -> str:
    """The figures with a bar, for the terminal."""
    lines = [f"{part}.{name:18s} {cell(result[part].get(name)):>8}  {bar}"
             for part, name, bar in BARS]  # fmt: skip
    return "\n".join(lines)


def make_report(
    result: dict[str, Any], rows: dict[str, Rows], moments: list[Moment], folder: Path, eyes: str
) -> Path:
    """Write report.html, report.md and the pictures into a folder; returns the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = (
        f"Commit {result['commit']}, eyes {eyes}, seeds {result['seeds'][0]} to "
        f"{result['seeds'][-1]}, weather {result['config']['weather']}."
    )
    every = tables(result)
    text = [f"# Perception\n\n{facts}\n", *map(as_markdown, every)]
    (folder / "report.md").write_text("\n".join(text))
    pictures = draw_moments(moments, folder, eyes)
    environment = Environment(autoescape=False, undefined=StrictUndefined)
    page = environment.from_string(PAGE).render(
        facts=facts, tables=every, plots=plots(rows), pictures=pictures
    )
    path = folder / "report.html"
    path.write_text(page)
    return path


def tables(result: dict[str, Any]) -> list[Table]:
    """All tables of the page."""
    bars = tuple((f"{part}.{name}", cell(result[part].get(name)), bar) for part, name, bar in BARS)
    spread = tuple((name, cell(share)) for name, share in result["calibration"]["of"].items())
    found = [
        Table(
            f"Vehicles by {what}",
            (what, *VEHICLES),
            tuple((k, *(cell(v[n]) for n in VEHICLES)) for k, v in result[f"by_{what}"].items()),
        )
        for what in ("distance", "camera")
    ]
    names = [(part, name) for part, name, _ in BARS]
    groups = [
        Table(
            f"By {what}",
            (what, *(name for _, name in names)),
            tuple(
                (key, *(cell(group[part].get(name)) for part, name in names))
                for key, group in result[f"by_{what}"].items()
            ),
        )
        for what in ("scenario", "weather")
    ]
    return [
        Table("Overall", ("figure", "value", "bar"), bars),
        Table("Within two predicted standard deviations", ("of", "share"), spread),
        *found,
        *groups,
    ]


def plots(rows: dict[str, Rows]) -> str:
    """Errors over distance, and whether scores and standard deviations mean what they say."""
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    error, score, spread = figure.subplots(1, 3)
    _error_plot(error, rows["matches"])
    _score_plot(score, rows["told"])
    _spread_plot(spread, rows["z"])
    return as_svg(figure)


def _error_plot(ax: Axes, matches: Rows) -> None:
    edges = np.arange(0, 101, 10)
    place = np.digitize(matches["away"], edges) - 1
    middles = [i for i in range(len(edges) - 1) if (place == i).sum() > 4]
    for share, colour in ((50, "#1f5fa8"), (90, "#c0392b")):
        value = [np.percentile(matches["ate"][place == i], share) for i in middles]
        ax.plot(edges[middles] + 5, value, "o-", markersize=3, color=colour, label=f"{share} %")
    ax.set(title="error of the place", xlabel="m away", ylabel="m", ylim=(0, None))
    ax.legend(fontsize=7)


def _score_plot(ax: Axes, told: Rows) -> None:
    at = told[f"at {RIGHT_PLACE:g} m"]
    counts = at != vehicles.IGNORED
    score, right = told["score"][counts], at[counts] == vehicles.RIGHT
    place = np.digitize(score, np.linspace(0, 1, 11)) - 1
    shown = [i for i in range(11) if (place == i).sum() > 4]
    ax.plot([0, 1], [0, 1], color="#999999", linestyle=":")
    ax.plot(
        [score[place == i].mean() for i in shown], [right[place == i].mean() for i in shown], "o-",
        markersize=3, color="#1f5fa8",
    )  # fmt: skip
    ax.set(
        title=f"confidence and truth ({RIGHT_PLACE:g} m)",
        xlabel="confidence",
        ylabel="share that is right",
    )


def _spread_plot(ax: Axes, z: Rows) -> None:
    at = np.linspace(0, 4, 41)
    normal = [np.mean(np.abs(_NORMAL) < t) for t in at]
    ax.plot(at, normal, color="#999999", linestyle=":", label="normal")
    for name in sorted(set(z["of"])):
        size = np.abs(z["z"][z["of"] == name])
        ax.plot(at, [(size < t).mean() for t in at], label=str(name))
    ax.set(title="errors in predicted std", xlabel="|z| below", ylabel="share", ylim=(0, 1.02))
    ax.legend(fontsize=7)


_NORMAL = np.random.default_rng(0).normal(size=20000)


def draw_moments(moments: list[Moment], folder: Path, eyes: str) -> list[tuple[str, str]]:
    """Drive to the moments again and keep the window's picture: (file name, title) of each."""
    drives: defaultdict[tuple[str, int, str], list[Moment]] = defaultdict(list)
    for moment in moments:
        drives[moment.scenario, moment.seed, moment.weather].append(moment)
    for (scenario, seed, weather), wanted in drives.items():
        world = World(scenario, weather)
        driver = RideAlong(expert(world), perception_named(eyes, world))
        canvas, before = Canvas(), None
        ticks = {moment.tick for moment in wanted}
        for tick in drive(world, driver, seed):
            if tick.index in ticks:
                decision = Decision(tick.decision.action, "perception", "", None, driver.scene)
                shown = replace(tick, decision=decision, outcome=None)
                status = Status(scenario, seed, weather, eyes, world.scenario.time_limit)
                picture = canvas.draw(shown, before or world.state, world.road_map, status)
                path = folder / f"{scenario}-{seed}-{tick.index}.png"
                cv2.imwrite(str(path), picture[..., ::-1])
            before = world.state
            if tick.index >= max(ticks):
                break
    return [(f"{m.scenario}-{m.seed}-{m.tick}.png", m.title) for m in moments]
