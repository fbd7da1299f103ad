"""Collect: drive many episodes and keep them as a dataset (docs/data.md).

    uv run scripts/collect.py --agent expert --episodes 10 --out runs/data
    uv run scripts/collect.py --scenarios merge,exit --weather random --noise dart --jobs 2 \
        --out runs/data
    uv run scripts/collect.py --agent pupil --shadow expert --out runs/data
    uv run scripts/collect.py --human --scenarios roundabout --episodes 3 --out runs/mine

Seeds S to S + N - 1 of each scenario. A run that is killed goes on where it was when the same
command is given again: finished episodes stay, those cut off are driven again from their seeds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import tyro
from joblib import Parallel, delayed
from tqdm import tqdm

from datasets.driving import HUMAN
from datasets.store.disk import StorageError
from datasets.store.journal import Journal
from datasets.store.logged import Head
from datasets.store.meta import EpisodeRow
from datasets.store.pictures import PictureFormat
from datasets.store.writer import DatasetWriter
from scripts.agents import file_name, make_agent, with_model
from scripts.evaluate import chosen_scenarios
from scripts.seat import Recorder, driver_for, watch
from scripts.shadows import check_shadow, full_name, with_shadow
from sim.cameras.weather import weather_for
from sim.dart import Dart
from sim.recording import drive_logged
from sim.scenarios import scenario_named
from sim.window.canvas import Status
from sim.window.commands import Command
from sim.window.shell import NoDisplayError, Window
from sim.window.viewer import Viewer
from sim.world import World


@dataclass(frozen=True)
class Args:
    """Record episodes of an agent, or of your own driving."""

    out: Path
    """the folder of the dataset; new episodes join those that are there"""
    agent: str = "expert"
    """who drives: a name, or module:factory of your own"""
    shadow: str | None = None
    """who rides along and is asked at every tick without ever driving: an agent or a model"""
    scenarios: str = "all"
    """all, or names with commas between"""
    episodes: int = 10
    """per scenario"""
    seed: int = 0
    """of the first episode of each scenario; the others count up from it"""
    weather: str = "clear"
    """what the cameras look through; random draws one per episode"""
    noise: Literal["none", "dart"] = "none"
    """what disturbs the driving; the label stays clean"""
    jobs: int = 1
    """processes"""
    cameras: bool = True
    """record pictures"""
    lossless: bool = False
    """pictures as PNG: every pixel, at seven times the size"""
    video: bool = False
    """pack the pictures of a new dataset as mp4: smaller, slower to read at random"""
    human: bool = False
    """drive yourself in the window, by keyboard or gamepad"""


@dataclass(frozen=True)
class Drive:
    """Drives one episode into a journal, in whatever process it falls to."""

    args: Args

    def __call__(self, scenario: str, seed: int) -> Path:
        """The journal, for the writer to adopt."""
        args = self.args
        world = World(scenario, args.weather, args.cameras)
        observation = world.reset(seed)
        noisy = args.noise == "dart"
        head = Head(
            scenario=scenario,
            seed=seed,
            weather=args.weather,
            agent=args.agent,
            rig=world.rig if args.cameras else (),
            noise="dart" if noisy else "",
            shadow=full_name(args.shadow),
        )
        name = f"{scenario}-{seed}-{file_name(args.agent)}"
        pictures = PictureFormat.PNG if args.lossless else PictureFormat.JPEG
        agent = with_shadow(args.shadow, make_agent(args.agent, world), world)
        with Journal(args.out, name, head, pictures) as journal:
            for logged in drive_logged(world, agent, observation, Dart(seed) if noisy else None):
                journal.add(logged)
        return journal.path


def main(args: Args) -> None:
    # 1. Refuse what does not exist, before anything runs.
    scenarios = chosen_scenarios(args.scenarios)
    weather_for(args.weather, args.seed)
    if not args.human:
        args = replace(args, agent=with_model(args.agent, None))
    check_shadow(args.shadow, args.cameras)
    episodes = [(name, args.seed + i) for name in scenarios for i in range(args.episodes)]
    # 2. Open the dataset, and make whole what an earlier run has left.
    with DatasetWriter(args.out, args.video, keep_cut_off=args.human) as writer:
        for row in writer.recovered:
            print(f"recovered: {row.head.scenario} seed {row.head.seed}, {row.ticks} ticks")
        missing = [episode for episode in episodes if episode not in finished(args, writer)]
        if len(missing) < len(episodes):
            print(f"{args.out}: {len(episodes) - len(missing)} of these episodes are there")
        # 3. Drive, and keep each episode as it ends.
        if args.human:
            drive_yourself(args, missing, writer)
        else:
            keep(writer, drive_parallel(args, missing), len(missing))
        print(in_short(writer))


def finished(args: Args, writer: DatasetWriter) -> set[tuple[str, int]]:
    """The episodes of this agent, weather and noise that need not be driven again. One that was
    driven with another shadow, or with none, does only if no shadow is asked for."""
    wanted = (HUMAN if args.human else args.agent, args.weather, args.noise.replace("none", ""))
    shadow = full_name(args.shadow)
    return {
        (row.head.scenario, row.head.seed)
        for row in writer.rows
        if row.end
        and row.head.parent is None  # what began in another one is not the seed's
        and (row.head.agent, row.head.weather, row.head.noise) == wanted
        and shadow in ("", row.head.shadow)
    }


def drive_parallel(args: Args, episodes: list[tuple[str, int]]) -> Iterator[Path]:
    """The journals, as they are done."""
    drive = Drive(args)
    yield from Parallel(n_jobs=args.jobs, return_as="generator_unordered")(
        delayed(drive)(scenario, seed) for scenario, seed in episodes
    )


def drive_yourself(args: Args, episodes: list[tuple[str, int]], writer: DatasetWriter) -> None:
    """One episode after another in the window, until all are driven or the driver leaves."""
    try:
        viewer = Viewer(Window("Roadloop"), [])
    except NoDisplayError as error:
        raise ValueError("--human: expected a display to open a window on") from error
    recorder = Recorder(writer)
    for scenario, seed in episodes:
        limit = scenario_named(scenario).time_limit
        viewer.begin(Status(scenario, seed, args.weather, HUMAN, limit))
        world = World(scenario, args.weather)
        observation = world.reset(seed)
        driver = driver_for(HUMAN, world, viewer, shadow=args.shadow)
        with recorder.episode(world, HUMAN, shadow=args.shadow) as add:
            watched = watch(world, driver, observation, viewer, add, keep=True)
        if watched.asked is Command.QUIT:
            break
    viewer.close()


def keep(writer: DatasetWriter, journals: Iterator[Path], count: int) -> None:
    """Adopt the journals; say how far it is."""
    ends: Counter[str] = Counter()
    kept: list[EpisodeRow] = []
    with tqdm(total=count, unit="ep") as bar:
        for journal in journals:
            row = writer.adopt(journal)
            if row is not None:
                kept.append(row)
                ends[row.end or "cut off"] += 1
            ticks = sum(row.ticks for row in kept)
            bar.update()
            rate = ticks * len(writer.rows[0].cameras) / max(bar.format_dict["elapsed"], 1e-9)
            counts = ", ".join(f"{n} {end}" for end, n in ends.most_common())
            size = megabytes(writer.root, kept)
            bar.set_postfix_str(f"{rate:.0f} frames/s, {size:.0f} MB, {counts}")


def megabytes(root: Path, rows: list[EpisodeRow]) -> float:
    """Of the data files of these episodes."""
    return sum((root / row.data_path).stat().st_size for row in rows) / 1e6


def in_short(writer: DatasetWriter) -> str:
    """The dataset in a line."""
    ticks = writer.rows[-1].last if writer.rows else 0
    size = megabytes(writer.root, writer.rows)
    each = f", {1e3 * size / ticks:.1f} KB a tick" if ticks else ""
    return f"{writer.root}: {len(writer.rows)} episodes, {ticks} ticks, {size:.1f} MB{each}"


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (ValueError, StorageError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
