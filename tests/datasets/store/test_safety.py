"""What a dataset survives: kills, full and read-only disks, damage, two writers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.store.disk import StorageError
from datasets.store.journal import Journal
from datasets.store.meta import load_rows
from datasets.store.reader import DamagedEpisodeError, DatasetReader
from datasets.store.writer import DatasetWriter
from tests.datasets.store.same import assert_same
from tests.datasets.store.synthetic import episode, head, record

REPOSITORY = Path(__file__).parents[3]
PRELUDE = """
import resource, sys
from pathlib import Path
from datasets.store.writer import DatasetWriter
from tests.datasets.store.synthetic import episode, head, record
root = Path(sys.argv[1])
"""


def python(code: str, *args: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, *map(str, args)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_writers_are_refused_and_the_second_may_follow_the_first(tmp_path):
    with DatasetWriter(tmp_path), pytest.raises(ValueError, match="another process writes"):
        DatasetWriter(tmp_path)
    DatasetWriter(tmp_path).close()


def test_an_episode_is_recorded_by_one(tmp_path):
    with (
        Journal(tmp_path, "one", head()),
        pytest.raises(ValueError, match="another process records"),
    ):
        Journal(tmp_path, "one", head())


def test_a_cut_off_episode_is_recovered_up_to_its_last_second(tmp_path):
    about = head()
    logged = list(episode(about, 27))
    process = python(
        """
with DatasetWriter(root) as writer, writer.begin(head()) as journal:
    for one in list(episode(head(), 27))[:26]:
        journal.add(one)
    print("recorded", flush=True)
    sys.stdin.read()
""",
        tmp_path,
    )
    assert process.stdout.readline() == "recorded\n"
    process.kill()
    process.communicate()
    with DatasetWriter(tmp_path) as writer:
        (row,) = writer.recovered
        assert (row.ticks, row.end) == (20, "")
    for one, other in zip(logged, DatasetReader(tmp_path).episode(0), strict=False):
        assert_same(one, other, picture_error=4.0)
    with DatasetWriter(tmp_path) as writer:
        assert writer.recovered == []
        assert len(writer.rows) == 1


def test_a_cut_off_episode_can_be_dropped_but_never_a_finished_one(tmp_path):
    for name, outcome_ticks in (("cut-off", 30), ("finished", 20)):
        with Journal(tmp_path, name, head(name)) as journal:
            for one in list(episode(head(name), outcome_ticks))[:20]:
                journal.add(one)
    with DatasetWriter(tmp_path, keep_cut_off=False) as writer:
        assert [row.head.scenario for row in writer.rows] == ["finished"]


def test_a_journal_that_still_runs_is_left_alone(tmp_path):
    with Journal(tmp_path, "running", head()) as journal:
        for one in episode(head(), 20):
            journal.add(one)
        with DatasetWriter(tmp_path) as writer:
            assert writer.rows == []
    with DatasetWriter(tmp_path) as writer:
        assert len(writer.rows) == 1


def test_an_episode_adopted_twice_is_there_once(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        with writer.begin(head()) as journal:
            for one in episode(head(), 5):
                journal.add(one)
        content = journal.path.read_bytes()
        assert writer.adopt(journal.path) is not None
        journal.path.write_bytes(content)  # as if killed before the journal was removed
        assert writer.adopt(journal.path) is None
        assert len(writer.rows) == 1
        assert not journal.path.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_a_clear_error(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head())
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with pytest.raises(StorageError, match="may not write there"):
        DatasetWriter(tmp_path)
    assert len(list(DatasetReader(tmp_path).episode(0))) == 12


def test_a_read_only_disk_is_a_clear_error(tmp_path, monkeypatch):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head())

    def refuse(*_args, **_kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("filelock._unix.os.open", refuse)
    with pytest.raises(StorageError, match="read-only"):
        DatasetWriter(tmp_path)
    monkeypatch.undo()
    assert len(DatasetReader(tmp_path)) == 12


def test_a_full_disk_is_a_clear_error_and_damages_nothing(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        recorded = record(writer, head(seed=1))
    process = python(
        """
with DatasetWriter(root) as writer:
    # The operating system refuses to let any file grow beyond this size.
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
    record(writer, head(seed=2), ticks=400)
""",
        tmp_path,
    )
    _, error = process.communicate()
    assert process.returncode == 1
    assert "finished episodes are not damaged" in error
    reader = DatasetReader(tmp_path, verify=True)
    assert not reader.damaged
    assert_same(recorded[3], reader.logged(3))
    with DatasetWriter(tmp_path) as writer:  # what fitted is recovered
        assert [row.end for row in writer.rows] == ["goal", ""]


def rounded(content: bytes) -> object:
    return json.loads(content, parse_float=lambda text: round(float(text), 6))


@pytest.mark.parametrize("lost", ["meta", "meta/info.json", "meta/episodes", "SHA256SUMS"])
def test_meta_is_made_again_from_the_episodes(tmp_path, lost):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head("highway", 1))
        record(writer, head("merge", 2))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for path in sorted((tmp_path / lost).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if (tmp_path / lost).is_file():
        (tmp_path / lost).unlink()
    DatasetWriter(tmp_path).close()
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    for path, content in before.items():
        if path.suffix == ".json":
            assert rounded(path.read_bytes()) == rounded(content)
        elif path.name != "SHA256SUMS":
            assert path.read_bytes() == content, path


def test_a_writer_that_was_killed_before_meta_is_followed_up(tmp_path, monkeypatch):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head(seed=1))
        monkeypatch.setattr("datasets.store.writer.write_meta", lambda *_a, **_k: None)
        record(writer, head(seed=2))
    monkeypatch.undo()
    assert len(load_rows(tmp_path)) == 1
    with DatasetWriter(tmp_path) as writer:
        assert len(writer.rows) == 2
    assert len(load_rows(tmp_path)) == 2


@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_a_damaged_episode_is_named_and_the_rest_stays_usable(tmp_path, harm):
    with DatasetWriter(tmp_path) as writer:
        recorded = [record(writer, head(seed=seed)) for seed in range(3)]
        path = tmp_path / writer.rows[1].data_path
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[len(content) // 3] ^= 1
    path.write_bytes(content if harm == "flip" else content[: len(content) // 2])
    if harm == "remove":
        path.unlink()
    reader = DatasetReader(tmp_path, verify=True)
    assert list(reader.damaged) == [1]
    assert len(reader.usable) == 24
    for number in reader.usable:
        episode_index, offset = divmod(int(number), 12)
        assert_same(recorded[episode_index][offset], reader.logged(int(number)))


def test_damage_that_was_not_looked_for_is_found_when_it_is_read(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head(seed=0))
        path = tmp_path / writer.rows[0].data_path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    reader = DatasetReader(tmp_path)
    with pytest.raises(DamagedEpisodeError, match="episode 0 is damaged"):
        list(reader.episode(0))
