"""The viewer's seat: what each key does, which ticks are late, what is kept."""

import pytest

from datasets.episode import End, Outcome
from sim.window.canvas import Status
from sim.window.commands import KEYS, Command
from sim.window.shell import NoDisplayError, Window, command_for
from sim.window.viewer import BANNER_TIME, Viewer

STATUS = Status("highway", 3, "clear", "expert", 40.0)


class ScriptedWindow:
    """Presses keys: one list of commands for each look at the keyboard."""

    def __init__(self, *script):
        self.script = list(script)
        self.shown = 0

    def show(self, image):  # noqa: ARG002
        self.shown += 1

    def commands(self):
        return self.script.pop(0) if self.script else []

    def close(self):
        pass


class Kept(list):
    """Keeps all pictures."""

    write = list.append

    def close(self):
        pass


@pytest.fixture
def show(road_map, state_at, tick_at):
    def _show(viewer, index=0, outcome=None, seconds=0.0):
        return viewer.show(tick_at(index, outcome), state_at(index / 10), road_map, 0.0, seconds)

    return _show


def seat(window=None, sinks=()):
    viewer = Viewer(window, sinks)
    viewer.begin(STATUS)
    return viewer


@pytest.mark.parametrize("command", [Command.RESTART, Command.NEXT, Command.WEATHER, Command.QUIT])
def test_what_ends_an_episode_is_handed_on(show, command):
    assert show(seat(ScriptedWindow([command]))) is command


@pytest.mark.parametrize(
    ("command", "name"),
    [(Command.BOXES, "boxes"), (Command.LANES, "lanes"), (Command.PLAN, "plan")],
)
def test_a_toggle_shows_at_once_and_stays_for_the_next_episode(show, command, name):
    window = ScriptedWindow([command])
    viewer = seat(window)
    window.shown = 0
    assert show(viewer) is None
    assert getattr(viewer.status, name) is not getattr(STATUS, name)
    assert window.shown == 2  # at once: with the new overlay while the tick lasts
    viewer.begin(STATUS)
    assert getattr(viewer.status, name) is not getattr(STATUS, name)


def test_a_pause_lasts_until_the_same_key(show):
    window = ScriptedWindow([Command.PAUSE], *[[]] * 50, [Command.PAUSE])
    viewer = seat(window)
    assert show(viewer) is None
    assert window.script == []
    assert not viewer.status.paused


def test_a_single_step_lets_one_tick_through_and_pauses(show):
    window = ScriptedWindow([Command.STEP], [], [Command.STEP], [], [], [Command.QUIT])
    viewer = seat(window)
    assert show(viewer, 0) is None
    assert viewer.status.paused
    assert show(viewer, 1) is None
    assert show(viewer, 2) is Command.QUIT


def test_speed_up_goes_round(show):
    window = ScriptedWindow()
    viewer = seat(window)
    for expected in (2, 4, 8, 1):
        window.script = [[Command.SPEED_UP]]
        show(viewer)
        assert viewer.status.speed_up == expected


def test_a_tick_that_took_longer_than_a_tenth_of_a_second_is_late(show):
    viewer = seat()
    show(viewer, seconds=0.2)
    show(viewer, seconds=0.0)
    assert viewer.status.late_ticks == 1
    viewer.begin(STATUS)
    assert viewer.status.late_ticks == 0


def test_the_end_stays_in_the_video_for_a_while(show):
    kept = Kept()
    viewer = seat(sinks=[kept])
    show(viewer)
    show(viewer, 1, Outcome(End.GOAL))
    assert len(kept) == 1 + round(10 * BANNER_TIME)


def test_every_command_has_its_key():
    assert set(KEYS.values()) == set(Command)
    assert all(command_for(key) is command for key, command in KEYS.items())
    assert command_for("escape") is Command.QUIT
    assert command_for("f12") is None


def test_without_a_display_the_window_says_so(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(NoDisplayError):
        Window("test")


def test_a_driver_that_draws_nowhere_is_no_display(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(NoDisplayError):
        Window("test")
