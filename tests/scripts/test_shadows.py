"""Riding along: the drive is the same to the last bit, and what is kept tells where they differ."""

from itertools import islice

import cv2
import numpy as np
import pytest

from datasets.driving import Action, Decision
from datasets.store.reader import DatasetReader
from scripts import collect, replay
from scripts.agents import make_agent
from scripts.shadows import check_shadow, full_name, with_shadow
from sim.recording import drive_logged
from sim.replay import APART, DISAGREEMENT
from sim.window.canvas import HEIGHT, WIDTH
from sim.window.time_line import STRIP
from sim.world import World

TICKS = 40
SHORT = {"agent": "constant-speed", "scenarios": "racetrack", "episodes": 1, "cameras": False}


class Meddler:
    """Takes the world into its own hands, and fails now and then."""

    def __init__(self, world):
        self._world = world

    def reset(self):
        self._tick = 0

    def act(self, observation):  # noqa: ARG002
        self._tick += 1
        self._world.advance(Action(3.0, 0.5))
        self._world._env.road.np_random.random(7)
        if self._tick % 3 == 0:
            raise RuntimeError("enough")
        return Decision(Action(1.0, 0.0), "meddler", "because")


class Timid:
    """Brakes, whatever there is to see."""

    def __init__(self, world):
        """It looks at nothing."""

    needs_cameras = False

    def reset(self):
        """Nothing is kept."""

    def act(self, observation):  # noqa: ARG002
        return Decision(Action(-3.0, 0.0), "timid", "who knows")


def log_of(scenario, driver, shadow):
    world = World(scenario, cameras=False)
    observation = world.reset(3)
    agent = with_shadow(shadow, make_agent(driver, world), world)
    ticks = list(islice(drive_logged(world, agent, observation), TICKS))
    return [
        (one.simulator, one.executed, one.tick.outcome, one.tick.observation.ego) for one in ticks
    ], ticks


@pytest.mark.parametrize(
    ("scenario", "driver", "shadow"),
    [
        ("intersection-left", "idm", "expert"),
        ("intersection-left", "expert", "idm"),  # which takes the ego's seat to decide
        ("highway", "expert", "random"),
        ("roundabout", "expert", "expert"),
        ("exit", "idm", f"{__name__}:Meddler"),
    ],
)
def test_the_drive_is_the_same_to_the_last_bit(scenario, driver, shadow):
    alone, _ = log_of(scenario, driver, None)
    beside, ticks = log_of(scenario, driver, shadow)
    assert beside == alone
    there = [one.tick.decision.shadow is not None for one in ticks]
    meddled = "Meddler" in shadow
    assert there == [not meddled or i % 3 != 2 for i in range(len(ticks))]


def test_who_rides_beside_itself_agrees():
    _, ticks = log_of("roundabout", "expert", "expert")
    assert max(one.tick.decision.shadow.apart for one in ticks) == 0.0


def test_a_shadows_thinking_is_no_time_of_the_drivers():
    _, ticks = log_of("merge", "constant-speed", "expert")
    for one in ticks:
        spent = one.tick.decision.shadow.compute_time
        assert spent > 0
        assert one.tick.compute_time >= 0


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shadowed") / "data"
    collect.main(collect.Args(out=folder, **SHORT, shadow="expert"))
    return folder


def test_collecting_keeps_who_rode_along_and_how_far_apart_they_were(root):
    reader = DatasetReader(root)
    (row,) = reader.rows
    assert (row.head.agent, row.head.shadow) == ("constant-speed", "expert")
    apart = reader.numbers("apart")
    shadows = [one.tick.decision.shadow for one in reader.episode(0)]
    np.testing.assert_array_equal(apart, [s.apart for s in shadows])
    assert apart[-1] > 2.0, "who goes straight on in a bend and who does not"
    assert {s.model for s in shadows} == {"expert"}
    assert all(s.trajectory is not None for s in shadows)
    assert set(reader.texts("driver")) == {"constant-speed"}


def test_replay_tells_of_the_disagreement_and_jumps_to_it(root, tmp_path, capsys):
    film = tmp_path / "replay.mp4"
    replay.main(
        replay.Args(root, tick=DatasetReader(root).rows[0].ticks - 3, headless=True, video=film)
    )
    assert "disagreement at tick" in capsys.readouterr().out
    ok, picture = cv2.VideoCapture(str(film)).read()
    assert ok
    assert picture.shape == (HEIGHT + STRIP, WIDTH, 3)
    show = replay.Show(replay.Args(root), None)
    show.jump()
    assert (show.offset, DISAGREEMENT) in show.replay.events
    apart = DatasetReader(root).numbers("apart")
    assert apart[show.offset - 1] <= APART < apart[show.offset]


def test_an_episode_without_the_shadow_that_is_asked_for_is_driven_again(root, capsys):
    for wanted, there in (("expert", 1), (None, 1), (f"{__name__}:Timid", 0)):
        collect.main(collect.Args(out=root, **SHORT, shadow=wanted))
        said = capsys.readouterr().out
        assert ("1 of these episodes are there" in said) is bool(there)
    shadows = [row.head.shadow for row in DatasetReader(root).rows]
    assert shadows == ["expert", f"{__name__}:Timid"]


def test_a_bare_name_that_is_no_agents_is_a_models():
    assert full_name(None) == ""
    assert full_name("expert") == "expert"
    assert full_name("policy@best") == full_name("best") == "policy@best"
    assert full_name("module:factory") == "module:factory"


def test_names_of_nobody_are_refused_before_anything_runs(tmp_path):
    for name in ("nonsense", "policy@nonsense", "nowhere:nothing", ""):
        with pytest.raises(ValueError, match=r"shadow: expected expert, .* or a model"):
            check_shadow(name)
    with pytest.raises(ValueError, match="needs no cameras"):
        check_shadow("policy", cameras=False)
    check_shadow("expert", cameras=False)
    check_shadow(None)
    with pytest.raises(ValueError, match="shadow: expected"):
        collect.main(collect.Args(out=tmp_path / "data", **SHORT, shadow="nonsense"))
    assert not list(tmp_path.iterdir())
