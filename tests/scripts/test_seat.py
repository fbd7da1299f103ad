"""The seat in front of the window: T takes the wheel, and what was driven is kept."""

import pytest

from datasets.driving import HUMAN
from datasets.store.reader import DatasetReader
from scripts import seat
from scripts.drive import Programme, drive_episode
from scripts.seat import Recorder
from sim.window.commands import Command
from sim.window.viewer import Viewer


class Window:
    """Takes the wheel at one picture, gives it back at another, leaves at a third. Nobody waits for
    the clock: every look at the keys asks for one more tick."""

    def __init__(self, pressed):
        self.pressed, self.looks = pressed, 0

    def show(self, image):
        """A picture that nobody sees."""

    def commands(self):
        self.looks += 1
        return [*self.pressed.get(self.looks, []), Command.STEP]

    def close(self):
        pass


class FullThrottle:
    def read(self):
        return 1.0, 0.0


@pytest.fixture
def _held(monkeypatch):
    monkeypatch.setattr(seat, "KeysAndPad", FullThrottle)


def drive(tmp_path, agent, pressed, shadow=None):
    recorder = Recorder.into(tmp_path)
    viewer = Viewer(Window(pressed), [])
    programme = Programme("merge", 3, "clear", False)
    ended = drive_episode(agent, programme, viewer, recorder, shadow=shadow)
    recorder.close()
    return ended, DatasetReader(tmp_path)


@pytest.mark.usefixtures("_held")
def test_the_wheel_is_taken_and_the_interval_recorded(tmp_path):
    pressed = {5: [Command.TAKE], 15: [Command.TAKE], 30: [Command.QUIT]}
    (report, asked), reader = drive(tmp_path, "idm", pressed)
    assert report is None
    assert asked is Command.QUIT
    (row,) = reader.rows
    assert (row.end, row.ticks, row.head.agent) == ("", 30, "idm")
    by_hand = [one.tick.index for one in reader.episode(0, ()) if one.intervention]
    assert by_hand == list(range(5, 19)), "and half a second to hand it back"


@pytest.mark.usefixtures("_held")
def test_a_shadow_rides_along_whoever_holds_the_wheel(tmp_path):
    pressed = {3: [Command.TAKE], 12: [Command.QUIT]}
    _, reader = drive(tmp_path, "idm", pressed, shadow="expert")
    decisions = [one.tick.decision for one in reader.episode(0, ())]
    assert reader.rows[0].head.shadow == "expert"
    assert [d.driver == HUMAN for d in decisions] == [False] * 3 + [True] * 9
    assert {d.shadow.model for d in decisions} == {"expert"}


@pytest.mark.usefixtures("_held")
def test_a_person_drives_an_episode_to_its_end(tmp_path):
    (report, asked), reader = drive(tmp_path, HUMAN, {})
    assert asked is None
    assert report.outcome == reader.rows[0].end
    assert not reader.numbers("intervention").any()
    assert {one.tick.decision.driver for one in reader.episode(0, ())} == {HUMAN}


def test_without_a_window_nobody_can_drive_by_hand(tmp_path):
    recorder = Recorder.into(tmp_path)
    programme = Programme("merge", 3, "clear", False)
    with pytest.raises(ValueError, match="needs a window"):
        drive_episode(HUMAN, programme, Viewer(None, []), recorder)
    recorder.close()
