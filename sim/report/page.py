"""The page itself: one HTML file that needs no other, and the same tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from sim.report.tables import Result, as_markdown, tables


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One episode shown in full."""

    title: str
    trace_svg: str
    film_uri: str  # of the clip, "" where there is none


@dataclass(frozen=True, slots=True)
class Report:
    """All that goes on the page."""

    result: Result
    score_svg: str
    map_svgs: Sequence[str]
    exhibits: Sequence[Exhibit]


def write_report(report: Report, folder: Path) -> Path:
    """Write report.html and report.md; returns the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    heading = title(report.result)
    parts = [f"# {heading}\n", facts(report.result), *map(as_markdown, tables(report.result))]
    (folder / "report.md").write_text("\n".join(parts))
    path = folder / "report.html"
    path.write_text(as_html(report))
    return path


def render(template: str, *folders: Path, **values: Any) -> str:
    """A page as text, from a template beside this file or in one of the `folders`; all of them may
    extend base.html.j2."""
    environment = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=select_autoescape(default_for_string=True, default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def as_html(report: Report) -> str:
    """The page as text."""
    errors = [row for row in report.result["episodes"] if "traceback" in row]
    return render(
        "report.html.j2",
        title=title(report.result),
        facts=facts(report.result),
        tables=tables(report.result),
        report=report,
        errors=errors,
    )


def title(result: Result) -> str:
    return f"{result['agent']}: {result['overall']['episodes']} episodes"


def facts(result: Result) -> str:
    """What was run, in a sentence."""
    config = result["config"]
    return (
        f"Commit {result['commit']}, seeds {result['seeds'][0]} to {result['seeds'][-1]}, "
        f"weather {config['weather']}, scenarios {', '.join(result['scenarios'])}. "
        f"Brackets hold 95 % intervals: Wilson for rates, bootstrap over episodes for scores.\n"
    )
