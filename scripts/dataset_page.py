"""The page that shows what is in a dataset: one HTML file, plots included."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from datasets.checks import FloatArray
from datasets.store.survey import Survey
from sim.report.svg import as_svg

_BLUE = "#1f5fa8"
_STYLE = (
    "body{font:15px/1.5 system-ui;margin:2em auto;max-width:70em}"
    "pre{background:#f4f6f8;padding:1em;overflow:auto}"
)


def write_page(path: Path, title: str, seen: Survey, text: str) -> None:
    """The survey's text, and its distributions and counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = html.escape(title)
    path.write_text(
        f"<!doctype html><meta charset='utf-8'><title>{name}</title><style>{_STYLE}</style>"
        f"<h1>{name}</h1><pre>{html.escape(text)}</pre>"
        f"{_counts_plot(seen)}{_distributions_plot(seen)}"
    )


def _counts_plot(seen: Survey) -> str:
    figure = Figure(figsize=(11, 4), layout="constrained")
    for ax, (name, counter) in zip(figure.subplots(1, 4), seen.counts.items(), strict=True):
        words = [word for word, _ in counter.most_common()][::-1]
        ax.barh(words, [counter[word] for word in words], color=_BLUE)
        ax.set(title=f"episodes by {name}")
    return as_svg(figure)


def _distributions_plot(seen: Survey) -> str:
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    speed, accel, steering, both = figure.subplots(1, 4)
    _histogram(speed, seen.speed, "speed, m/s")
    _histogram(accel, seen.accel, "accel, m/s^2")
    _histogram(steering, seen.steering_angle, "steering angle, rad")
    both.hexbin(seen.steering_angle, seen.accel, gridsize=30, bins="log", cmap="Blues", mincnt=1)
    both.set(title="actions", xlabel="steering angle, rad", ylabel="accel, m/s^2")
    return as_svg(figure)


def _histogram(ax: Axes, values: FloatArray, title: str) -> None:
    ax.hist(values[np.isfinite(values)], bins=50, color=_BLUE)
    ax.set(title=title, yscale="log", ylabel="ticks")
