"""Tick -> disk -> Tick is the identity, whatever the rig, the format and the order of reading."""

import numpy as np
import pytest

from datasets.episode import End, Outcome
from datasets.scene import Agents, Lanes, Scene
from datasets.store.logged import Head, Parent
from datasets.store.pictures import PictureFormat
from datasets.store.reader import DatasetReader
from datasets.store.text import scene_from_text, scene_to_text
from datasets.store.writer import DatasetWriter
from tests.datasets.store.same import assert_same, assert_same_scene
from tests.datasets.store.synthetic import ego, head, record, rig, route


@pytest.mark.parametrize("cameras", [0, 1, 2])
def test_what_is_recorded_comes_back(tmp_path, cameras):
    with DatasetWriter(tmp_path) as writer:
        first = record(writer, head("highway", 1, cameras), ticks=25)
        crash = Outcome(End.COLLISION, at_fault=True)
        second = record(writer, head("merge", 2, cameras), ticks=3, outcome=crash)
    reader = DatasetReader(tmp_path)
    assert len(reader) == 28
    for number in np.random.default_rng(0).permutation(28):
        assert_same((first + second)[number], reader.logged(int(number)))
    assert [one.tick.index for one in reader.episode(1)] == [0, 1, 2]


def test_jpeg_stays_near_the_pictures(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        recorded = record(writer, head(), picture_format=PictureFormat.JPEG)
    for one, other in zip(recorded, DatasetReader(tmp_path).episode(0), strict=True):
        assert_same(one, other, picture_error=4.0)


def test_videos_stay_near_the_pictures_and_hold_one_per_tick(tmp_path):
    with DatasetWriter(tmp_path, video=True) as writer:
        recorded = record(writer, head(), ticks=25)
    with DatasetWriter(tmp_path) as writer:  # what it began as, it stays
        record(writer, head(seed=3))
    reader = DatasetReader(tmp_path)
    assert reader.is_video
    for one, other in zip(recorded, reader.episode(0), strict=True):
        assert_same(one, other, picture_error=16.0)
    assert len(list((tmp_path / "videos").rglob("*.mp4"))) == 4


def test_pictures_read_at_random_are_those_of_their_ticks(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        recorded = record(writer, head(seed=1), ticks=30) + record(writer, head(seed=2), ticks=30)
    ticks = [45, 3, 3, 59, 0, 31] * 6
    pictures = DatasetReader(tmp_path).pictures(ticks, ["camera1"], threads=3)
    assert pictures.shape == (36, 1, 16, 32, 3)
    for tick, picture in zip(ticks, pictures, strict=True):
        expected = recorded[tick].tick.observation.frames[1].rgb
        np.testing.assert_array_equal(picture[0], expected)


def test_numbers_come_as_arrays_over_all_ticks(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        recorded = record(writer, head(seed=1)) + record(writer, head(seed=2))
    reader = DatasetReader(tmp_path)
    expected = [
        [o.tick.decision.action.accel, o.tick.decision.action.steering_angle] for o in recorded
    ]
    np.testing.assert_array_equal(reader.numbers("action"), expected)
    assert reader.numbers("next.done").sum() == 2
    with pytest.raises(ValueError, match="expected one of timestamp"):
        reader.numbers("colour")


def test_a_head_comes_back():
    about = Head("merge", 7, "rain", "expert", rig(), "dart", Parent("abc", 12))
    again = Head.from_json(about.to_json())
    assert again.to_json() == about.to_json()
    assert again.parent == about.parent
    with pytest.raises(ValueError, match="expected"):
        Head.from_json("{}")


def test_an_empty_road_comes_back():
    rng = np.random.default_rng(0)
    way = route(rng)
    scene = Scene(0.0, ego(rng), Agents.none(), Lanes.none(), way)
    assert_same_scene(scene, scene_from_text(scene_to_text(scene, way), way))


def test_the_reward_counts_metres_and_the_end(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        recorded = record(writer, head(), outcome=Outcome(End.OFF_ROAD))
    speeds = np.array([one.tick.truth.ego.speed for one in recorded])
    expected = 0.1 * speeds - 100 * (np.arange(12) == 11)
    np.testing.assert_allclose(DatasetReader(tmp_path).numbers("next.reward"), expected)
