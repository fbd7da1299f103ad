"""Collecting, looking after and replaying a dataset, as a user does it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.store import edit
from datasets.store.reader import DatasetReader
from datasets.store.writer import DatasetWriter
from scripts import collect, dataset, replay

ARGS = {"agent": "constant-speed", "scenarios": "two-way,racetrack", "episodes": 2}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two short episodes of two scenarios; whoever goes straight on leaves the racetrack soon."""
    folder = tmp_path_factory.mktemp("collected") / "data"
    collect.main(collect.Args(out=folder, noise="dart", **ARGS))
    return folder


def uids(folder):
    return {row.uid for row in DatasetReader(folder).rows}


def test_every_scenario_and_seed_is_there_and_disturbed(root):
    reader = DatasetReader(root)
    assert [(row.head.scenario, row.head.seed) for row in reader.rows] == [
        ("two-way", 0),
        ("two-way", 1),
        ("racetrack", 0),
        ("racetrack", 1),
    ]
    assert all(row.end and row.head.noise == "dart" for row in reader.rows)
    assert len(reader.cameras) == 5
    assert (reader.numbers("action") == 0).all()
    assert (reader.numbers("executed_action") != 0).any()


def test_what_is_there_is_not_driven_again(root, capsys):
    before = uids(root)
    collect.main(collect.Args(out=root, noise="dart", **ARGS))
    assert "4 of these episodes are there" in capsys.readouterr().out
    assert uids(root) == before


def test_a_killed_run_goes_on_to_the_same_episodes(root, tmp_path):
    out = tmp_path / "data"
    script = [sys.executable, "scripts/collect.py", "--agent", "constant-speed", "--noise", "dart"]
    what = ["--scenarios", "two-way,racetrack", "--episodes", "2", "--out", str(out)]
    process = subprocess.Popen(
        [*script, *what],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": "."},
        stderr=subprocess.DEVNULL,
    )
    while not list(out.glob("data/*/*.parquet")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 1 <= len(list(out.glob("data/*/*.parquet"))) < 4
    collect.main(collect.Args(out=out, noise="dart", **ARGS))
    assert uids(out) == uids(root)
    assert dataset.main(dataset.Check(out)) == 0


def test_the_dataset_commands_say_what_they_did(root, tmp_path, capsys):
    assert dataset.main(dataset.Check(root)) == 0
    dataset.main(dataset.Stats(root, page=tmp_path / "page.html"))
    good = tmp_path / "good"
    dataset.main(dataset.Filter(root, good, scenarios="racetrack", video=True))
    dataset.main(dataset.Merge(tmp_path / "all", sources=(root, good)))
    out = capsys.readouterr().out
    assert "4 episodes, 0 damaged, 0 findings" in out
    assert "scenario: two-way 2, racetrack 2" in out
    assert "2 episodes" in out
    assert len(uids(tmp_path / "all")) == 4
    assert (tmp_path / "page.html").read_text().count("<svg") == 2
    (good / DatasetReader(good).rows[0].data_path).write_bytes(b"broken")
    assert dataset.main(dataset.Check(good)) == 1
    assert "episode 0: data/chunk-000/file-000.parquet" in capsys.readouterr().out


def test_replay_films_an_episode_and_drives_on_from_a_tick(root, tmp_path, capsys):
    film = tmp_path / "replay.mp4"
    ticks = DatasetReader(root).rows[2].ticks
    begin = replay.Args(root, episode=2, tick=ticks - 4, headless=True, agent="idm")
    replay.main(replace(begin, video=film))
    assert film.stat().st_size > 10_000
    mine = tmp_path / "mine"
    replay.main(replace(begin, drive=True, record=mine))
    assert "drove on from episode 2" in capsys.readouterr().out
    with DatasetWriter(mine) as writer:
        parent = writer.rows[0].head.parent
    assert (parent.uid, parent.tick) == (DatasetReader(root).rows[2].uid, ticks - 4)


def test_a_clip_is_cut_once_watched_and_driven_on_from(root, tmp_path, capsys):
    clips = tmp_path / "clips"
    last = DatasetReader(root).rows[2].ticks
    for _ in range(2):
        dataset.main(dataset.Cut(root, clips, episode=2, first=last - 6))
    out = capsys.readouterr().out
    assert "1 episodes, 6 ticks added" in out
    assert "had that stretch" in out
    assert dataset.main(dataset.Check(clips)) == 0
    replay.main(replay.Args(clips, headless=True, video=tmp_path / "clip.mp4"))
    assert (tmp_path / "clip.mp4").stat().st_size > 10_000
    replay.main(
        replay.Args(clips, tick=3, headless=True, agent="idm", drive=True, record=tmp_path / "on")
    )
    (clip,), (driven,) = DatasetReader(clips).rows, DatasetReader(tmp_path / "on").rows
    assert (driven.head.parent.uid, driven.head.parent.tick) == (clip.uid, 3)
    with pytest.raises(ValueError, match="--episode: expected 0 to 3, got 4"):
        dataset.main(dataset.Cut(root, clips, episode=4))


def test_a_clip_does_not_stand_for_its_seed(root, tmp_path):
    args = collect.Args(out=tmp_path, noise="dart", **ARGS)
    reader = DatasetReader(root)
    with DatasetWriter(tmp_path) as writer:
        for row in reader.rows:
            edit.cut(reader, writer, row, row.ticks - 5, row.ticks)
        assert all(row.end for row in writer.rows)
        assert collect.finished(args, writer) == set()
        edit.copy_episodes(reader, writer, lambda _: True)
        assert len(collect.finished(args, writer)) == 4


def test_what_does_not_exist_is_refused_in_a_line(root, tmp_path):
    with pytest.raises(ValueError, match="agent: expected one of"):
        collect.main(collect.Args(out=tmp_path, agent="nobody"))
    with pytest.raises(ValueError, match="expected a dataset with episodes"):
        replay.main(replay.Args(tmp_path, headless=True))
    with pytest.raises(ValueError, match="expected one of"):
        replay.main(replay.Args(root, episode=9, headless=True))
    with pytest.raises(ValueError, match="expected the folder"):
        dataset.main(dataset.Check(tmp_path / "nowhere"))
