"""Drive: watch an agent drive scenario after scenario, in real time.

    uv run scripts/drive.py
    uv run scripts/drive.py --scenario roundabout --seed 3 --weather rain
    uv run scripts/drive.py --agent pilot --fault camera-left-black
    uv run scripts/drive.py --model champion
    uv run scripts/drive.py --agent pilot --shadow expert --record runs/mine
    uv run scripts/drive.py --headless --episodes 5 --json runs/drive.json

The keys are on the screen. Without a display the same pictures become a video.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import tyro

from datasets.driving import HUMAN
from datasets.episode import DECISION_HZ, TICK, Tick
from datasets.store.disk import StorageError
from scripts.agents import with_model
from scripts.faults import check_fault
from scripts.seat import Recorder, driver_for, watch
from scripts.shadows import check_shadow
from sim.cameras.weather import WEATHERS, weather_for
from sim.scenarios import SCENARIOS, scenario_named
from sim.window.canvas import HEIGHT, WIDTH, Status
from sim.window.commands import Command
from sim.window.shell import NoDisplayError, Window
from sim.window.video import Screenshot, VideoWriter
from sim.window.viewer import Sink, Viewer
from sim.world import World

FIRST_SCENARIO = "highway"
WEATHER_NAMES = [*WEATHERS, "random"]
DEFAULT_VIDEO = Path("runs/drive.mp4")


@dataclass(frozen=True)
class Args:
    """Watch an agent drive."""

    agent: str = "pilot"
    """who drives: expert, idm, constant-speed, ... or human, with the arrow keys or a gamepad; T
    takes the wheel from any other and gives it back"""
    shadow: str | None = None
    """who rides along without driving, an agent or a model; its plan is a thin line on the map"""
    scenario: str | None = None
    """what to drive; without it, all scenarios one after another, beginning with highway"""
    seed: int = 0
    """of the first episode; with --scenario the next episode takes the next seed"""
    weather: str = "clear"
    """what the cameras look through: clear, overcast, dusk, night, rain, fog, low-sun or random"""
    fault: str | None = None
    """what breaks on the way, at a moment that each seed draws; "list" names them"""
    episodes: int | None = None
    """how many to drive; without it, until you quit, or one where there is no window"""
    headless: bool = False
    """no window, no pacing: as fast as it goes"""
    video: Path | None = None
    """an mp4 file to record"""
    json: Path | None = None
    """a file for the outcomes"""
    record: Path | None = None
    """a dataset to keep what is driven (docs/data.md)"""
    screenshot: Path | None = None
    """a png file of one picture"""
    screenshot_time: float = 8.0
    """when to take it, in seconds"""
    model: str | None = None
    """by which model a learned driver drives (docs/models.md): AGENT@MODEL says the same"""


@dataclass(frozen=True, slots=True)
class Episode:
    """One driven episode, as it is reported."""

    scenario: str
    seed: int
    weather: str
    outcome: str
    at_fault: bool
    duration_s: float
    mean_speed: float  # m/s
    late_ticks: int | None  # None without a window: nothing is due there


@dataclass(slots=True)
class Programme:
    """What is driven next."""

    scenario: str
    seed: int
    weather: str
    tour: bool  # go on to the next scenario, not to the next seed

    def after(self, asked: Command | None) -> None:
        """Move on after an episode, or because the viewer asked."""
        names = list(SCENARIOS)
        if asked is Command.WEATHER:
            following = (WEATHER_NAMES.index(self.weather) + 1) % len(WEATHER_NAMES)
            self.weather = WEATHER_NAMES[following]
        elif asked is Command.NEXT or (asked is None and self.tour):
            following = (names.index(self.scenario) + 1) % len(names)
            self.scenario = names[following]
            self.seed += following == 0  # a new round
        elif asked is None:
            self.seed += 1


def main(args: Args) -> None:
    # 1. Refuse what does not exist, before anything opens.
    if args.agent != HUMAN or args.model is not None:
        args = replace(args, agent=with_model(args.agent, args.model), model=None)
    check_shadow(args.shadow)
    check_fault(args.fault)
    scenario_named(args.scenario or FIRST_SCENARIO)
    if args.episodes is not None and args.episodes < 1:
        raise ValueError(f"episodes: expected at least 1, got {args.episodes}")
    weather_for(args.weather, args.seed)
    # 2. Open what shows and what keeps the pictures.
    window, video = open_window(args)
    viewer = Viewer(window, open_sinks(args, video))
    recorder = Recorder.into(args.record)
    # 3. Drive until the episodes are done or the viewer leaves.
    count = 1 if args.episodes is None and window is None else args.episodes
    episodes: list[Episode] = []
    try:
        for episode in drive_episodes(args, viewer, recorder, count):
            episodes.append(episode)
            print(describe(episode), flush=True)
    except KeyboardInterrupt:
        print("stopped")
    # 4. Complete the files.
    finally:
        viewer.close()
        recorder.close()
        if args.json is not None:
            write_report(args, episodes)


def drive_episodes(
    args: Args, viewer: Viewer, recorder: Recorder, count: int | None
) -> Iterator[Episode]:
    """Episode after episode; those that the viewer cuts short do not count."""
    tour = args.scenario is None
    programme = Programme(args.scenario or FIRST_SCENARIO, args.seed, args.weather, tour)
    done = 0
    while count is None or done < count:
        if viewer.window is None:
            print(f"{programme.scenario} seed {programme.seed}: driving", flush=True)
        episode, asked = drive_episode(
            args.agent, programme, viewer, recorder, args.fault, args.shadow
        )
        if episode is not None:
            done += 1
            yield episode
        if asked is Command.QUIT:
            return
        programme.after(asked)


def drive_episode(
    agent_name: str,
    programme: Programme,
    viewer: Viewer,
    recorder: Recorder,
    fault: str | None = None,
    shadow: str | None = None,
) -> tuple[Episode | None, Command | None]:
    """One episode: its report, if it came to its end, and what the viewer asked for."""
    viewer.begin(
        Status(
            scenario=programme.scenario,
            seed=programme.seed,
            weather=programme.weather,
            agent=agent_name,
            time_limit=scenario_named(programme.scenario).time_limit,
        )
    )
    world = World(programme.scenario, programme.weather)
    agent = driver_for(agent_name, world, viewer, fault, shadow)
    observation = world.reset(programme.seed)
    with recorder.episode(world, agent_name, shadow=shadow) as add:
        watched = watch(world, agent, observation, viewer, add, recorder.keeps)
    last = watched.last
    if last is None or last.outcome is None:
        return None, watched.asked
    late_ticks = viewer.status.late_ticks if viewer.status.live else None
    return report(last, programme, watched.speeds, late_ticks), watched.asked


def report(
    last: Tick, programme: Programme, speeds: list[float], late_ticks: int | None
) -> Episode:
    assert last.outcome is not None
    return Episode(
        scenario=programme.scenario,
        seed=programme.seed,
        weather=programme.weather,
        outcome=last.outcome.end.value,
        at_fault=last.outcome.at_fault,
        duration_s=round(last.truth.t + TICK, 3),
        mean_speed=round(sum(speeds) / len(speeds), 3),
        late_ticks=late_ticks,
    )


def describe(episode: Episode) -> str:
    fault = " (at fault)" if episode.at_fault else ""
    late = "" if episode.late_ticks is None else f", {episode.late_ticks} late ticks"
    return (
        f"{episode.scenario} seed {episode.seed}: {episode.outcome}{fault} after "
        f"{episode.duration_s:.1f} s at {episode.mean_speed:.1f} m/s{late}"
    )


def open_window(args: Args) -> tuple[Window | None, Path | None]:
    """The window, and the file of the video: without a display, a video instead of a window."""
    if args.headless:
        return None, args.video
    try:
        return Window("Roadloop"), args.video
    except NoDisplayError:
        video = args.video or DEFAULT_VIDEO
        print(f"no display: recording {video} instead (watch it in a browser)")
        return None, video


def open_sinks(args: Args, video: Path | None) -> list[Sink]:
    sinks: list[Sink] = []
    if video is not None:
        sinks.append(VideoWriter(video, WIDTH, HEIGHT, DECISION_HZ))
    if args.screenshot is not None:
        sinks.append(Screenshot(args.screenshot, round(args.screenshot_time * DECISION_HZ)))
    return sinks


def write_report(args: Args, episodes: list[Episode]) -> None:
    assert args.json is not None
    driven = {episode.scenario for episode in episodes}
    scenario = args.scenario or (driven.pop() if len(driven) == 1 else "all")
    head = {"agent": args.agent, "scenario": scenario, "weather": args.weather, "seed": args.seed}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps({**head, "episodes": [asdict(e) for e in episodes]}, indent=2))


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (ValueError, StorageError) as error:
        sys.exit(str(error))
