"""Replay: look at recorded episodes, and drive on from any moment of them.

    uv run scripts/replay.py runs/data
    uv run scripts/replay.py runs/data --episode 3 --weather fog
    uv run scripts/replay.py runs/data --episode 3 --tick 120 --drive --agent human

The keys are on the screen: space, left and right scrub, E jumps to the next hand-over, near miss or
disagreement with a shadow (all are on the time line), D drives on from here. What is driven joins
the dataset as an episode that names its parent. Without a display the replay becomes a video.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from datasets.driving import HUMAN
from datasets.episode import DECISION_HZ, TICK
from datasets.store.disk import StorageError
from datasets.store.reader import DatasetReader
from scripts.agents import with_model
from scripts.seat import Recorder, driver_for, watch
from sim.replay import Replay
from sim.scenarios import scenario_named
from sim.window.canvas import HEIGHT, WIDTH, Canvas, Status
from sim.window.commands import REPLAY_KEYS, ReplayCommand
from sim.window.ink import Image
from sim.window.shell import NoDisplayError, Window
from sim.window.time_line import STRIP, TimeLine
from sim.window.video import VideoWriter
from sim.window.viewer import Viewer

DEFAULT_VIDEO = Path("runs/replay.mp4")
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
SCRUB = 5  # ticks that an arrow moves
LOOKS = {ReplayCommand.BOXES: "boxes", ReplayCommand.LANES: "lanes", ReplayCommand.PLAN: "plan"}


@dataclass(frozen=True)
class Args:
    """Look at recorded episodes; drive on from any tick."""

    root: tyro.conf.Positional[Path]
    """the dataset"""
    episode: int = 0
    """the first to show"""
    tick: int = 0
    """where in it to begin"""
    weather: str | None = None
    """render the pictures again, in another weather"""
    drive: bool = False
    """drive on from that tick at once"""
    agent: str = "expert"
    """who drives on: a name, module:factory, or human"""
    record: Path | None = None
    """where driven episodes go; by default into the dataset itself"""
    headless: bool = False
    """no window"""
    video: Path | None = None
    """an mp4 file of the replay"""


class Show:
    """What is on the screen, and how it moves on."""

    def __init__(self, args: Args, window: Window | None) -> None:
        self.args = args
        self.window = window
        self.reader = DatasetReader(args.root)
        for episode, why in self.reader.damaged.items():
            print(f"episode {episode} is damaged and left out: {why}")
        self.speed, self.paused = 1.0, False
        self.looks = dict.fromkeys(LOOKS.values(), True)
        self._canvas = Canvas(REPLAY_KEYS)
        self._drawn = -1
        self.open(args.episode)
        self.move(args.tick)

    def open(self, episode: int) -> None:
        """Show an episode from its beginning; damaged ones are refused."""
        if not 0 <= episode < len(self.reader.rows) or episode in self.reader.damaged:
            good = [r.index for r in self.reader.rows if r.index not in self.reader.damaged]
            raise ValueError(f"episode: expected one of {good[:20]}, got {episode}")
        self.replay = Replay(self.reader, episode, self.args.weather)
        self.offset = 0
        self._canvas.reset()
        self._time_line = TimeLine(self.replay.story)

    def step(self, episodes: int) -> None:
        """To the next undamaged episode, in either direction, if there is one."""
        wanted = self.replay.row.index + episodes
        while 0 <= wanted < len(self.reader.rows):
            if wanted not in self.reader.damaged:
                self.open(wanted)
                return
            wanted += episodes

    def move(self, ticks: int) -> None:
        """Along the episode, not beyond its ends."""
        self.offset = min(max(self.offset + ticks, 0), len(self.replay) - 1)

    def jump(self) -> None:
        """To the next event after this tick, or to the end."""
        later = [offset for offset, _ in self.replay.events if offset > self.offset]
        self.offset = later[0] if later else len(self.replay) - 1

    def picture(self) -> Image:
        if self.offset != self._drawn + 1:
            self._canvas.reset()  # the charts show what led here, and nothing did
        self._drawn = self.offset
        moment, row = self.replay.moment(self.offset), self.replay.row
        status = Status(
            scenario=row.head.scenario,
            seed=row.head.seed,
            weather=self.args.weather or row.head.weather,
            agent=f"{row.head.agent}, episode {row.index}",
            time_limit=scenario_named(row.head.scenario).time_limit,
            progress=moment.progress,
            paused=self.paused,
            speed_up=max(1, round(self.speed)),
            live=self.window is not None,
            **self.looks,
        )
        image = self._canvas.draw(moment.tick, moment.state, self.replay.road_map, status)
        return self._time_line.beneath(image, self.offset)


def main(args: Args) -> None:
    # 1. Refuse what does not exist, before anything opens.
    if args.agent != HUMAN:
        args = replace(args, agent=with_model(args.agent, None))
    window = open_window(args)
    show = Show(args, window)
    # 2. Drive on, look around in the window, or make a film of one episode.
    if args.drive:
        drive_on(show)
    elif window is not None:
        look_around(show, window)
    else:
        film(show, args.video or DEFAULT_VIDEO)
    # 3. Leave.
    if window is not None:
        window.close()


def look_around(show: Show, window: Window) -> None:
    """Show tick after tick and obey the keys, until the viewer leaves."""
    due = time.perf_counter()
    while True:
        window.show(show.picture())
        due = max(due + TICK / show.speed, time.perf_counter())
        while True:
            asked = window.commands(REPLAY_KEYS)
            if ReplayCommand.QUIT in asked:
                return
            for command in asked:
                obey(show, ReplayCommand(command))
            if asked or (not show.paused and time.perf_counter() >= due):
                break
            time.sleep(0.004)
        if not asked:
            show.move(1)
            show.paused |= show.offset == len(show.replay) - 1


def obey(show: Show, command: ReplayCommand) -> None:
    """What a key does."""
    match command:
        case ReplayCommand.PAUSE:
            show.paused = not show.paused
        case ReplayCommand.BACK | ReplayCommand.FORWARD:
            show.move(SCRUB if command is ReplayCommand.FORWARD else -SCRUB)
        case ReplayCommand.JUMP:
            show.jump()
        case ReplayCommand.SPEED_UP:
            show.speed = SPEEDS[(SPEEDS.index(show.speed) + 1) % len(SPEEDS)]
        case ReplayCommand.PREVIOUS | ReplayCommand.NEXT:
            show.step(1 if command is ReplayCommand.NEXT else -1)
        case ReplayCommand.DRIVE:
            drive_on(show)
        case _ if command in LOOKS:
            show.looks[LOOKS[command]] = not show.looks[LOOKS[command]]


def drive_on(show: Show) -> None:
    """The tick becomes a live world again; the episode is kept with its parent noted."""
    args = show.args
    world, parent = show.replay.resume(show.offset)
    viewer = Viewer(show.window, [])
    head = show.replay.row.head
    limit = world.scenario.time_limit
    viewer.begin(Status(head.scenario, head.seed, world.weather, args.agent, limit))
    recorder = Recorder.into(args.record or args.root)
    driver = driver_for(args.agent, world, viewer)
    with recorder.episode(world, args.agent, parent) as add:
        watched = watch(world, driver, world.observe(), viewer, add, keep=True)
    recorder.close()
    ended = watched.last.outcome if watched.last else None
    print(
        f"drove on from episode {show.replay.row.index} tick {parent.tick}: "
        f"{len(watched.speeds)} ticks, {ended.end if ended else 'cut off'}; "
        f"kept in {args.record or args.root}"
    )


def film(show: Show, path: Path) -> None:
    """The rest of the episode as a video."""
    video = VideoWriter(path, WIDTH, HEIGHT + STRIP, DECISION_HZ)
    for offset in range(show.offset, len(show.replay)):
        show.offset = offset
        video.write(show.picture())
    video.close()
    events = ", ".join(f"{what} at tick {offset}" for offset, what in show.replay.events)
    print(f"written: {path}; {events or 'nothing happened'}")


def open_window(args: Args) -> Window | None:
    if args.headless:
        return None
    try:
        return Window("Roadloop", HEIGHT + STRIP)
    except NoDisplayError:
        print("no display: a video instead of a window")
        return None


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (ValueError, StorageError) as error:
        sys.exit(str(error))
