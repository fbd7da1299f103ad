"""Recorded episodes -> lessons -> a trained policy, by the commands."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.geometry import SE2
from datasets.store import edit
from datasets.store.reader import DatasetReader
from datasets.store.writer import DatasetWriter
from perception import weights as perception_weights
from perception.network import NetworkConfig, PerceptionNet
from perception.trunk import trunk_of
from planning.policy.code import decode_path
from planning.policy.lessons import load_lessons
from planning.policy.weights import load_weights
from scripts import collect, train
from scripts.lessons import LessonConfig, file_name, lesson_files
from scripts.pupil import TEACHER, Taught
from scripts.training.policy import Policy, train_policy
from sim.state import EGO
from sim.world import World

ROOT = Path(__file__).parents[2]
TAKE = LessonConfig(every=4, stretch=3, moved=0.9, weather_every=100)


@pytest.fixture(scope="module")
def driven(tmp_path_factory):
    folder = tmp_path_factory.mktemp("driven") / "data"
    arguments = {"agent": "constant-speed", "scenarios": "racetrack", "episodes": 2}
    collect.main(collect.Args(out=folder, **arguments))
    return folder


@pytest.fixture(scope="module")
def made(driven, tmp_path_factory):
    root = tmp_path_factory.mktemp("lessons")
    return root, lesson_files([driven], root, TAKE, (0, 1), quiet=True)


def test_every_episode_has_a_file_that_is_made_once(driven, made):
    root, files = made
    rows = DatasetReader(driven).rows
    assert [path.name for path in files] == [file_name(row) for row in rows]
    before = {path: path.stat().st_mtime_ns for path in files}
    assert lesson_files([driven], root, TAKE, (0, 1), quiet=True) == files
    assert before == {path: path.stat().st_mtime_ns for path in files}
    assert trunk_of() in files[0].parent.name
    with pytest.raises(ValueError, match=r"seeds \(7, 8\), got none"):
        lesson_files([driven], root, TAKE, (7, 8))


def test_the_label_seen_from_a_moved_car_is_the_same_path(made):
    lessons, _ = load_lessons(made[1])
    assert 0.2 < lessons.moved.mean() < 0.8
    plain, moved = lessons.where(~lessons.moved), lessons.where(lessons.moved)
    # Every moved moment has its twin: the same speed and nearly the same features of the ego.
    twins = [int(np.flatnonzero((plain.ego == ego).all(axis=1))[0]) for ego in moved.ego]
    np.testing.assert_array_equal(moved.speed, plain.speed[twins])
    shift = moved.path[:, 0] - plain.path[twins, 0]
    turn = moved.path[:, 1] - plain.path[twins, 1]
    assert 0.1 < np.abs(shift).max() <= 1.01
    assert np.abs(turn).max() <= np.deg2rad(5.0) + 0.02
    for i, twin in enumerate(twins[:10]):
        a = decode_path(moved.path[i].astype(np.float64))[-1]
        view = SE2(0.0, float(-shift[i]), float(-turn[i]))
        b = decode_path(plain.path[twin].astype(np.float64))[-1]
        assert np.hypot(*(view.apply(a) - b)) < 0.5
    assert np.abs(moved.coarse - plain.coarse[twins]).mean() > 0.05  # and it looks otherwise


def test_where_the_cameras_were_off_every_moment_is_drawn(made, tmp_path):
    arguments = {"agent": "constant-speed", "scenarios": "racetrack", "episodes": 1}
    collect.main(collect.Args(out=tmp_path / "states", cameras=False, **arguments))
    files = lesson_files([tmp_path / "states"], tmp_path, TAKE, (0, 0), quiet=True)
    drawn, _ = load_lessons(files)
    recorded, _ = load_lessons(made[1][:1])
    plain = drawn.where(~drawn.moved)
    twins = recorded.where(~recorded.moved)  # the same drive, with pictures
    np.testing.assert_allclose(plain.path, twins.path, atol=1e-3)
    np.testing.assert_allclose(plain.speed, twins.speed, atol=1e-3)
    assert 0.05 < np.abs(plain.coarse - twins.coarse).mean() < 1.0  # in another weather
    assert 0.2 < drawn.moved.mean() < 0.8


def test_a_clip_teaches_what_its_ticks_taught_in_the_episode(driven, made, tmp_path):
    reader = DatasetReader(driven)
    with DatasetWriter(tmp_path / "clips") as writer:
        edit.cut(reader, writer, reader.rows[0], 4, 40)
    files = lesson_files([tmp_path / "clips"], tmp_path, TAKE, (0, 1), quiet=True)
    clip, _ = load_lessons(files, moved=False)
    whole, _ = load_lessons(made[1][:1], moved=False)
    assert len(clip) == 36 // TAKE.every
    same = whole.where(slice(4 // TAKE.every, 40 // TAKE.every))
    for sensed in ("coarse", "route", "ego"):
        np.testing.assert_array_equal(getattr(clip, sensed), getattr(same, sensed))
    # The expert comes upon the first tick without a habit, and in the end means the same.
    np.testing.assert_allclose(clip.path[-2:], same.path[-2:], atol=0.1)


def test_only_the_ego_is_moved():
    world = World("merge", cameras=False)
    world.reset(0)
    state = world.state
    moved = state.with_ego_at(SE2(0.0, 1.0, 0.1))
    here = state.world_from_ego.inverse() @ moved.world_from_ego
    assert (here.x, here.y, here.heading) == pytest.approx((0.0, 1.0, 0.1))
    others = np.arange(len(state.id)) != EGO
    np.testing.assert_array_equal(moved.xy_world[others], state.xy_world[others])


def test_the_pupil_is_relieved_by_its_teacher_now_and_then():
    class Noted:
        def __init__(self, name):
            self.name, self.asked = name, 0

        def reset(self):
            self.asked = 0

        def act(self, _):
            self.asked += 1
            return self.name

    world = World("merge", cameras=False)
    world.reset(3)
    taught = Taught(world, Noted("pupil"), Noted("teacher"))
    drives = []
    for _ in range(2):
        taught.reset()
        drives.append([taught.act(None) for _ in range(2000)])
    assert drives[0] == drives[1]
    assert drives[0].count("teacher") / 2000 == pytest.approx(TEACHER, abs=0.2)
    changes = sum(a != b for a, b in zip(drives[0], drives[0][1:], strict=False))
    assert 5 < changes < 2000 / 20


def words_to_train(driven, lessons, out):
    words = ["policy", "--data", str(driven), "--device", "cpu", "--lessons", str(lessons)]
    words += ["--out", str(out), "--seeds", "0", "0", "--held-out", "1", "1", "--steps", "3"]
    words += ["--batch-size", "4", "--take.every", "4", "--take.stretch", "3", "--take.moved"]
    return [*words, "0.9", "--take.weather-every", "100", "--network.heads", "2"]


def assert_trained(out):
    network, about = load_weights(out / "policy.safetensors")
    assert (about["step"], about["eyes"], network.config.spacing) == (3, trunk_of(), 4)
    assert (out / "policy.onnx").is_file()
    assert "Steps: 3 of 4 ticks" in (out / "policy.md").read_text()


def test_the_command_trains(driven, made, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", *words_to_train(driven, made[0], tmp_path)])
    train.main()
    assert_trained(tmp_path)


@pytest.mark.slow  # what is shared by processes is tested with perception's
def test_the_command_trains_on_two_processes(driven, made, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
    command += ["scripts/train.py", *words_to_train(driven, made[0], tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert_trained(tmp_path)


def test_only_a_policy_on_the_shipped_eyes_can_be_shipped(tmp_path):
    other = PerceptionNet(NetworkConfig(width=0.25))
    perception_weights.save_weights(tmp_path / "perception.safetensors", other, {})
    with pytest.raises(ValueError, match=f"expected the eyes that are shipped.*got {tmp_path}"):
        train_policy(Policy(eyes=tmp_path, ship=True))
