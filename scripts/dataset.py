"""Look after datasets: check them, see what is in them, merge, split, filter and cut them.

uv run scripts/dataset.py check runs/data
uv run scripts/dataset.py stats runs/data --page runs/data.html
uv run scripts/dataset.py merge runs/all --sources runs/data runs/mine
uv run scripts/dataset.py split runs/data --first runs/train --second runs/test --share 0.9
uv run scripts/dataset.py filter runs/data --out runs/good --ends goal --weather clear,rain
uv run scripts/dataset.py cut runs/data --out runs/clips --episode 3 --from 20 --to 60
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from datasets.store import edit
from datasets.store.check import check, damaged_episodes
from datasets.store.disk import StorageError
from datasets.store.meta import EpisodeRow, load_rows
from datasets.store.reader import DatasetReader
from datasets.store.survey import Survey, survey
from datasets.store.writer import DatasetWriter
from scripts.dataset_page import write_page


@dataclass(frozen=True)
class Check:
    """Compare every file with its checksum; name what is damaged."""

    root: tyro.conf.Positional[Path]
    """the dataset"""


@dataclass(frozen=True)
class Stats:
    """Counts and balance, gaps, near-duplicates and outliers."""

    root: tyro.conf.Positional[Path]
    """the dataset"""
    page: Path | None = None
    """an HTML file with the same, and plots"""


@dataclass(frozen=True)
class Merge:
    """Put datasets together; an episode that two of them have is taken once."""

    out: tyro.conf.Positional[Path]
    """the dataset that takes them in, new or not"""
    sources: tuple[Path, ...]
    """the datasets to copy from"""
    video: bool = False
    """pack the pictures of a new dataset as mp4"""


@dataclass(frozen=True)
class Split:
    """Make two datasets of one; the same traffic is never in both."""

    root: tyro.conf.Positional[Path]
    """the dataset"""
    first: Path
    """the one part"""
    second: Path
    """the other part"""
    share: float = 0.9
    """of the episodes that go to the first part"""
    seed: int = 0
    """of the dice that decide"""


@dataclass(frozen=True)
class Filter:
    """Copy the undamaged episodes that are wanted; without conditions, all of them."""

    root: tyro.conf.Positional[Path]
    """the dataset"""
    out: Path
    """where the wanted ones go"""
    scenarios: str = ""
    """only these, with commas between"""
    weather: str = ""
    """only these, with commas between"""
    agents: str = ""
    """only these, with commas between"""
    ends: str = ""
    """only episodes that ended so: goal, collision, off-road, stuck, time-out"""
    min_ticks: int = 1
    """only episodes at least so long"""
    interventions: bool = False
    """only episodes in which a person took the wheel"""
    video: bool = False
    """pack the pictures of a new dataset as mp4"""


@dataclass(frozen=True)
class Cut:
    """Add a stretch of one episode to another dataset, as a short episode that names its parent."""

    root: tyro.conf.Positional[Path]
    """the dataset"""
    out: Path
    """the dataset that takes it in, new or not"""
    episode: int
    """which one"""
    first: Annotated[int, tyro.conf.arg(name="from")] = 0
    """its first tick"""
    last: Annotated[int | None, tyro.conf.arg(name="to")] = None
    """the tick after its last one; by default, to the end"""


def main(args: Check | Stats | Merge | Split | Filter | Cut) -> int:
    """The exit status: 1 where a check has found something."""
    match args:
        case Check():
            return run_check(args.root)
        case Stats():
            seen = survey(DatasetReader(args.root, verify=True))
            print(as_text(seen))
            if args.page is not None:
                write_page(args.page, str(args.root), seen, as_text(seen))
                print(f"written: {args.page}")
        case Merge():
            print(f"{args.out}: {told(edit.merge(args.sources, args.out, args.video))} added")
        case Split():
            parts = edit.split(args.root, args.first, args.second, args.share, args.seed)
            for out, rows in zip((args.first, args.second), parts, strict=True):
                print(f"{out}: {told(rows)}")
        case Filter():
            rows = edit.filtered(args.root, args.out, lambda r: wanted(args, r), args.video)
            print(f"{args.out}: {told(rows)} of {len(load_rows(args.root))}")
        case Cut():
            run_cut(args)
    return 0


def run_check(root: Path) -> int:
    if not root.is_dir():
        raise ValueError(f"{root}: expected the folder of a dataset")
    findings = check(root)
    for finding in findings:
        print(finding)
    damaged = damaged_episodes(findings)
    rows = len(load_rows(root)) if not any(f.path == "meta/episodes" for f in findings) else 0
    print(f"{root}: {rows} episodes, {len(damaged)} damaged, {len(findings)} findings")
    if damaged:
        print("the others can be used; `scripts/dataset.py filter` copies them")
    return 1 if findings else 0


def run_cut(args: Cut) -> None:
    reader = DatasetReader(args.root, verify=True)
    if not 0 <= args.episode < len(reader.rows):
        raise ValueError(f"--episode: expected 0 to {len(reader.rows) - 1}, got {args.episode}")
    row = reader.rows[args.episode]
    with DatasetWriter(args.out) as writer:
        last = row.ticks if args.last is None else args.last
        new = edit.cut(reader, writer, row, args.first, last)
    print(f"{args.out}: " + ("had that stretch" if new is None else f"{told([new])} added"))


def wanted(args: Filter, row: EpisodeRow) -> bool:
    """Whether an episode fulfils all conditions."""
    named = (
        (args.scenarios, row.head.scenario),
        (args.weather, row.head.weather),
        (args.agents, row.head.agent),
        (args.ends, row.end),
    )
    return (
        all(not allowed or value in allowed.split(",") for allowed, value in named)
        and row.ticks >= args.min_ticks
        and (row.interventions > 0 or not args.interventions)
    )


def told(rows: Sequence[EpisodeRow]) -> str:
    return f"{len(rows)} episodes, {sum(row.ticks for row in rows)} ticks"


def as_text(seen: Survey) -> str:
    """A survey for the terminal."""
    lines = [f"{seen.episodes} episodes, {seen.ticks} ticks"]
    for name, counter in seen.counts.items():
        lines.append(f"{name}: " + ", ".join(f"{k} {n}" for k, n in counter.most_common()))
    for name, x, unit in (
        ("speed", seen.speed, "m/s"),
        ("accel", seen.accel, "m/s^2"),
        ("steering angle", seen.steering_angle, "rad"),
    ):
        lines.append(
            f"{name}: mean {x.mean():.3f}, standard deviation {x.std():.3f}, "
            f"{x.min():.3f} to {x.max():.3f} {unit}"
        )
    lines.append(
        f"standing {seen.standing_share:.1%}, interventions {seen.intervention_share:.1%}, "
        f"near-duplicates {seen.duplicate_share:.1%}"
    )
    accel, steering = seen.noise
    lines.append(f"injected noise: accel {accel:.3f} m/s^2, steering angle {steering:.4f} rad")
    lines.append(f"time-stamp gaps: {len(seen.gaps)}; outliers: {len(seen.outliers)}")
    lines += [f"  gap of {s:.3f} s at episode {e} tick {t}" for e, t, s in seen.gaps[:10]]
    lines += [
        f"  {name} {value:.3g} at episode {e} tick {t}" for e, t, name, value in seen.outliers[:10]
    ]
    lines += [f"  damaged: episode {e}: {why}" for e, why in seen.damaged.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    commands = {c.__name__.lower(): c for c in (Check, Stats, Merge, Split, Filter, Cut)}
    try:
        sys.exit(main(tyro.extras.subcommand_cli_from_dict(commands, description=__doc__)))
    except (ValueError, StorageError) as error:
        sys.exit(str(error))
