"""Lessons on disk and in memory."""

from dataclasses import fields, replace

import numpy as np
import pytest

from planning.policy.lessons import Lessons, load_lessons, save_lessons
from tests.planning.policy.made_up import lessons


def test_they_come_back(tmp_path):
    one, two = lessons(18), lessons(12, seed=1)
    save_lessons(tmp_path / "a.safetensors", one, {"scenario": "merge"})
    save_lessons(tmp_path / "b.safetensors", two, {})
    both, _ = load_lessons([tmp_path / "a.safetensors", tmp_path / "b.safetensors"])
    assert len(both) == 30
    for field in fields(Lessons):
        if field.name != "stretch":
            whole = np.concatenate([getattr(each, field.name) for each in (one, two)])
            np.testing.assert_array_equal(getattr(both, field.name), whole)
    assert len(set(both.stretch)) == 5  # stretches of two episodes are two
    assert (np.diff(both.stretch) >= 0).all()


def test_moved_ones_can_be_left_out_and_the_hash_tells(tmp_path):
    path = tmp_path / "a.safetensors"
    save_lessons(path, lessons(), {})
    (every, hash_of_all), (plain, hash_of_plain) = load_lessons([path]), load_lessons([path], False)
    assert 0 < len(plain) < len(every)
    assert not plain.moved.any()
    assert hash_of_all != hash_of_plain


def test_nothing_to_learn_from_is_said():
    with pytest.raises(ValueError, match="expected files with lessons"):
        load_lessons([])


def test_the_past_stays_in_its_stretch():
    some = replace(lessons(7), stretch=np.array([0, 0, 0, 0, 3, 3, 3]))
    past = some.past(3)
    np.testing.assert_array_equal(past[:, -1], np.arange(7))
    np.testing.assert_array_equal(past[3], [1, 2, 3])
    np.testing.assert_array_equal(past[0], [0, 0, 0])
    np.testing.assert_array_equal(past[5], [4, 4, 5])


def test_arrays_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match=r"Lessons.route: expected shape \(48, 25\)"):
        replace(lessons(), route=np.zeros((3, 25), np.float32))
    with pytest.raises(ValueError, match=r"Lessons.coarse: expected dtype float16"):
        replace(lessons(), coarse=np.zeros((48, 1, 1, 1, 1), np.float32))
