"""The page of a round: what was kept and why, how the challenger learned, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from datasets.episode import DECISION_HZ
from datasets.store.disk import write_whole
from datasets.store.reader import DatasetReader
from scripts.compare import FIGURES, compare_figure, sentence
from scripts.engine.proof import Proof
from scripts.engine.selection import Reason, Stretch
from sim.replay import Replay
from sim.report.films import film_uri
from sim.report.page import render
from sim.report.svg import as_svg
from sim.report.tables import Table
from sim.scenarios import scenario_named
from sim.scores.sequential import evidence
from sim.window.canvas import Canvas, Status
from sim.window.ink import Image

CURVES = ("loss/total", "policy/path_error_10m", "policy/path_error_30m", "policy/speed_error")
CLIPS = 4  # shown of a round: half a megabyte each
LONGEST = 80  # ticks of a clip that are shown


@dataclass(frozen=True, slots=True)
class Story:
    """All that a round's page tells."""

    title: str
    decision: str
    facts: str
    kept: Sequence[Stretch]
    sources: Sequence[Path]  # the datasets that were cut from
    driven_ticks: int
    proof: Proof
    trained: Path  # the folder of the training run


def write_page(story: Story, path: Path) -> None:
    """A page that is whole or absent: where it is there, the round is over."""
    text = render(
        "round.html.j2",
        Path(__file__).parent,
        title=story.title,
        decision=story.decision,
        facts=story.facts,
        tables=[
            kept_table(story.kept, story.driven_ticks),
            before_and_after(story.proof),
            figures_table(story.proof),
        ],
        proof_svg=proof_plot(story.proof),
        curves_svg=curves_plot(story.trained),
        clips=list(films(story.kept, story.sources)),
    )
    write_whole(path, text.encode())


def kept_table(kept: Sequence[Stretch], driven_ticks: int) -> Table:
    """Seconds kept of each scenario, for each reason; a clip with several counts in each."""
    seconds: Counter[tuple[str, str]] = Counter()
    for clip in kept:
        length = len(clip) / DECISION_HZ
        seconds[clip.scenario, "all"] += length
        for reason in clip.reasons or ("to fill the room",):
            seconds[clip.scenario, reason] += length
    columns = [*Reason, "to fill the room", "all"]
    names = sorted({clip.scenario for clip in kept})
    rows = [(name, *(f"{seconds[name, column]:.0f}" for column in columns)) for name in names]
    sums = [sum(seconds[name, column] for name in names) for column in columns]
    rows.append(("all", *(f"{value:.0f}" for value in sums)))
    title = f"What was kept, and why: seconds, of {driven_ticks / DECISION_HZ:.0f} driven"
    return Table(title, ("scenario", *columns), tuple(rows))


def before_and_after(proof: Proof) -> Table:
    """Success by scenario."""
    groups: dict[str, list[tuple[bool, bool]]] = {}
    for a, b in proof.pairs:
        for name in (a["scenario"], "all"):
            groups.setdefault(name, []).append((a["success"], b["success"]))
    groups["all"] = groups.pop("all")  # last
    rows = [
        (name, str(len(g)), f"{_share(a for a, _ in g)}", f"{_share(b for _, b in g)}")
        for name, g in groups.items()
    ]
    return Table(
        "Goals reached, before and after",
        ("scenario", "episodes", f"{proof.champion} (before)", f"{proof.challenger} (after)"),
        tuple(rows),
    )


def _share(flags: Iterator[bool]) -> str:
    values = list(flags)
    return f"{sum(values)} ({100 * sum(values) / len(values):.0f} %)"


def figures_table(proof: Proof) -> Table:
    """Every figure, compared in words: A is the champion, B the challenger."""
    pairs = list(proof.pairs)
    rows = tuple((f.name, sentence(compare_figure(f, pairs))) for f in FIGURES)
    return Table("Champion (A) against challenger (B)", ("figure", "what can be said"), rows)


def proof_plot(proof: Proof) -> str:
    """The evidence after each seed, on a logarithmic scale, with the line that ends it."""
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    ax = figure.subplots()
    pairs = [score.pairs for score in proof.course]
    better = [evidence(score) for score in proof.course]
    worse = [evidence(score.mirrored) for score in proof.course]
    ax.semilogy(pairs, better, color="#2a7f3f", marker=".", label="the challenger is better")
    ax.semilogy(pairs, worse, color="#c0392b", marker=".", label="it is worse")
    ax.axhline(1 / proof.alpha, color="#999999", linestyle="--")
    ax.set(xlabel="pairs of episodes", ylabel="evidence")
    ax.legend(fontsize=8)
    return as_svg(figure)


def curves_plot(trained: Path) -> str:
    """The curves of the training run that TensorBoard shows, too."""
    events = EventAccumulator(str(trained / "tensorboard"))
    events.Reload()
    names = [name for name in CURVES if name in events.Tags()["scalars"]]
    figure = Figure(figsize=(10, 2.4), layout="constrained")
    for ax, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        points: Any = events.Scalars(name)
        ax.plot([p.step for p in points], [p.value for p in points], color="#1f5fa8")
        ax.set(title=name, xlabel="step")
    return as_svg(figure)


def films(kept: Sequence[Stretch], sources: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Titles and films of the clips with the most worth, one of a scenario at most."""
    shown: dict[str, Stretch] = {}
    for clip in sorted(kept, key=lambda each: -each.worth):
        shown.setdefault(clip.scenario, clip)
    for clip in list(shown.values())[:CLIPS]:
        replay = Replay(DatasetReader(sources[clip.source]), clip.episode)
        head = replay.row.head
        title = (
            f"{head.scenario}, seed {head.seed}, {head.agent}, "
            f"from {clip.first / DECISION_HZ:.1f} s: {', '.join(clip.reasons)}"
        )
        yield title, film_uri(_pictures(replay, clip))


def _pictures(replay: Replay, clip: Stretch) -> Iterator[Image]:
    head, canvas = replay.row.head, Canvas()
    limit = scenario_named(head.scenario).time_limit
    for offset in range(max(clip.first, clip.last - LONGEST), clip.last):
        moment = replay.moment(offset)
        status = Status(head.scenario, head.seed, head.weather, head.agent, limit, moment.progress)
        yield canvas.draw(moment.tick, moment.state, replay.road_map, status)
