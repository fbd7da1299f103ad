"""What is recorded can be rendered and driven again; noise leaves the label alone."""

from itertools import islice

import numpy as np
import pytest

from datasets.driving import HUMAN, Action, Decision
from datasets.geometry import SE2
from datasets.store.logged import Head, Parent
from datasets.store.pictures import PictureFormat
from datasets.store.reader import DatasetReader
from datasets.store.writer import DatasetWriter
from sim.baselines import ConstantSpeed
from sim.dart import Dart
from sim.recording import drive_logged, render_again
from sim.replay import APART, DISAGREEMENT, HAND_OVER, TOGETHER, Replay, disagreements, near
from sim.world import World
from tests.datasets.store.same import assert_same

TICKS = 12


class HandsOver:
    """The machine, then a person for a while, then the machine."""

    def reset(self):
        self._tick = 0

    def act(self, observation):  # noqa: ARG002
        self._tick += 1
        return Decision(Action(0.5, 0.0), HUMAN if 4 < self._tick < 8 else "machine", "because")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A moment of the merge scenario in rain, without loss: the dataset, and its ticks."""
    root = tmp_path_factory.mktemp("data")
    world = World("merge", "rain")
    observation = world.reset(5)
    logged = list(islice(drive_logged(world, HandsOver(), observation, Dart(5)), TICKS))
    about = Head("merge", 5, "rain", "machine", world.rig, "dart")
    with DatasetWriter(root) as writer:
        with writer.begin(about, picture_format=PictureFormat.PNG) as journal:
            for one in logged:
                journal.add(one)
        writer.adopt(journal.path)
    return root, logged


def test_what_was_driven_is_what_is_read(recorded):
    root, logged = recorded
    for one, other in zip(logged, DatasetReader(root).episode(0), strict=True):
        assert_same(one, other)


def test_a_recorded_tick_renders_again_to_the_same_pixels(recorded):
    reader = DatasetReader(recorded[0])
    head = reader.rows[0].head
    for tick in (0, 7):
        logged = reader.logged(tick)
        again = render_again(logged, head)
        for old, new in zip(logged.tick.observation.frames, again, strict=True):
            np.testing.assert_array_equal(old.rgb, new.rgb)


def test_a_recorded_tick_renders_in_another_weather_and_rig(recorded):
    reader = DatasetReader(recorded[0])
    logged, head = reader.logged(3, ()), reader.rows[0].head
    fog = render_again(logged, head, weather="fog", rig=head.rig[1:3])
    assert [frame.camera.name for frame in fog] == [camera.name for camera in head.rig[1:3]]
    rain = render_again(logged, head)
    assert np.abs(fog[0].rgb.astype(int) - rain[1].rgb).mean() > 5


def test_noise_moves_the_car_and_not_the_label(recorded):
    _, logged = recorded
    assert {one.tick.decision.action for one in logged} == {Action(0.5, 0.0)}
    assert len({one.executed for one in logged}) == TICKS


def test_noise_is_the_same_for_the_same_seed_and_pushes_less_at_speed():
    one, same, other = Dart(1), Dart(1), Dart(2)
    action = Action(0.0, 0.0)
    slow = [one(action, 5.0).steering_angle for _ in range(200)]
    assert slow == [same(action, 5.0).steering_angle for _ in range(200)]
    assert slow != [other(action, 5.0).steering_angle for _ in range(200)]
    fast = Dart(1)
    assert np.std([fast(action, 30.0).steering_angle for _ in range(200)]) < np.std(slow)


def test_only_the_persons_ticks_are_an_intervention(recorded):
    _, logged = recorded
    assert [i for i, one in enumerate(logged) if one.intervention] == [4, 5, 6]


def test_a_person_who_drives_alone_does_not_intervene():
    class Alone(ConstantSpeed):
        def act(self, observation):  # noqa: ARG002
            return Decision(Action(0.0, 0.0), HUMAN, "because")

    world = World("merge", cameras=False)
    ticks = islice(drive_logged(world, Alone(), world.reset(0)), 5)
    assert not any(one.intervention for one in ticks)


def test_a_replay_shows_the_moment_and_its_events(recorded):
    root, logged = recorded
    replay = Replay(DatasetReader(root), 0)
    for offset in (9, 2):
        moment = replay.moment(offset)
        assert_pose(moment.state.world_from_ego, logged[offset].world_from_ego)
        assert len(moment.tick.observation.frames) == 5
    assert [(o, what) for o, what in replay.events if what == HAND_OVER] == [
        (4, HAND_OVER),
        (7, HAND_OVER),
    ]


def test_the_story_of_an_episode_is_that_of_its_ticks(recorded):
    root, logged = recorded
    story = Replay(DatasetReader(root), 0).story
    assert len(story) == TICKS
    np.testing.assert_array_equal(story.by_hand, [one.intervention for one in logged])
    assert story.apart is None, "nobody rode along"
    assert (4, HAND_OVER) in story.events
    assert DISAGREEMENT not in dict(story.events).values()


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        ([], []),
        ([0, 0, 0], []),
        ([APART, APART], []),  # more than that
        ([APART + 1, 0, APART + 1], [0, 2]),
        ([0, APART + 1, APART + 2, APART + 1, 0], [1]),
        ([0, APART + 1, TOGETHER + 0.1, APART + 1, 0], [1]),  # still the same quarrel
        ([0, APART + 1, TOGETHER - 0.1, APART + 1, 0], [1, 3]),
    ],
)
def test_a_disagreement_begins_where_they_fall_out(apart, expected):
    assert disagreements(np.array(apart, np.float64)).tolist() == expected


def test_driving_on_from_a_tick_repeats_what_was_driven(recorded):
    root, logged = recorded
    reader = DatasetReader(root)
    world, parent = Replay(reader, 0).resume(5)
    assert parent == Parent(reader.rows[0].uid, 5)
    for one in logged[5:]:
        assert_pose(world.state.world_from_ego, one.world_from_ego)
        world.step(one.executed)


def test_near_is_what_would_touch_within_a_moment():
    world = World("highway", cameras=False)
    world.reset(0)
    assert not near(world.truth())
    while world.outcome is None:
        before = world.truth()
        world.step(Action(4.0, 0.0))
    assert near(before), "one tick before the collision"


def assert_pose(a: SE2, b: SE2):
    assert (a.x, a.y, a.heading) == (b.x, b.y, b.heading)
