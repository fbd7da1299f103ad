"""Datasets checked, surveyed, merged, split and filtered."""

from itertools import chain

import numpy as np
import pytest

from datasets.episode import End, Outcome
from datasets.store import edit
from datasets.store.check import check, damaged_episodes
from datasets.store.journal import Journal
from datasets.store.reader import DatasetReader
from datasets.store.survey import survey
from datasets.store.writer import DatasetWriter
from tests.datasets.store.same import assert_same
from tests.datasets.store.synthetic import episode, head, record


@pytest.fixture
def dataset(tmp_path):
    """Three episodes of two scenarios, and what was recorded."""
    root = tmp_path / "whole"
    with DatasetWriter(root) as writer:
        recorded = [
            record(writer, head("highway", 1)),
            record(writer, head("merge", 2), outcome=Outcome(End.STUCK)),
            record(writer, head("highway", 3)),
        ]
    return root, recorded


def damage(root, episode_index):
    path = root / DatasetReader(root).rows[episode_index].data_path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_an_intact_dataset_has_no_findings(dataset):
    assert check(dataset[0]) == []


def test_the_check_names_what_is_damaged_lost_or_left(dataset):
    root, _ = dataset
    damage(root, 1)
    (root / "meta/stats.json").write_text("{}")
    (root / DatasetReader(root).rows[2].data_path).unlink()
    with Journal(root, "left", head("exit")) as journal:
        for one in episode(head("exit"), 10):
            journal.add(one)
    findings = {finding.path: str(finding) for finding in check(root)}
    assert len(findings) == 4
    assert "episode 1" in findings["data/chunk-000/file-001.parquet"]
    assert "checksum" in findings["data/chunk-000/file-001.parquet"]
    assert "missing" in findings["data/chunk-000/file-002.parquet"]
    assert "checksum" in findings["meta/stats.json"]
    assert "cut off" in findings["recording/left.arrows"]
    assert damaged_episodes(check(root)) == [1, 2]


def test_filtering_copies_what_is_wanted_and_not_damaged(dataset, tmp_path):
    root, recorded = dataset
    damage(root, 0)
    edit.filtered(root, tmp_path / "good", lambda _: True)
    reader = DatasetReader(tmp_path / "good", verify=True)
    assert [row.head.seed for row in reader.rows] == [2, 3]
    assert_same(recorded[2][5], reader.logged(12 + 5))
    edit.filtered(root, tmp_path / "stuck", lambda row: row.end == "stuck")
    assert [row.head.seed for row in DatasetReader(tmp_path / "stuck").rows] == [2]
    assert check(tmp_path / "good") == []


def test_merging_takes_an_episode_once(dataset, tmp_path):
    root, recorded = dataset
    with DatasetWriter(tmp_path / "more") as writer:
        more = record(writer, head("exit", 4))
    edit.merge([root, tmp_path / "more", root], tmp_path / "all")
    reader = DatasetReader(tmp_path / "all", verify=True)
    for number, one in enumerate(chain(*recorded, more)):
        assert_same(one, reader.logged(number))
    np.testing.assert_array_equal(reader.numbers("frame_index"), [*range(12)] * 4)


def test_pictures_of_other_shape_do_not_join(dataset, tmp_path):
    with DatasetWriter(tmp_path / "one-eyed") as writer:
        record(writer, head("exit", 4, cameras=1))
    with pytest.raises(ValueError, match="expected pictures of"):
        edit.merge([dataset[0], tmp_path / "one-eyed"], tmp_path / "all")


def test_parts_of_a_split_share_no_world_and_lose_none(dataset, tmp_path):
    root, _ = dataset
    edit.split(root, tmp_path / "a", tmp_path / "b", share=0.67, seed=0)
    worlds = [
        {(row.head.scenario, row.head.seed) for row in DatasetReader(tmp_path / part).rows}
        for part in "ab"
    ]
    assert len(worlds[0]) == 2
    assert worlds[0] | worlds[1] == {("highway", 1), ("merge", 2), ("highway", 3)}
    assert not worlds[0] & worlds[1]
    with pytest.raises(ValueError, match="share between 0 and 1"):
        edit.split(root, tmp_path / "a", tmp_path / "b", share=1.0, seed=0)


def test_the_survey_counts_and_sees_what_is_odd(dataset):
    root, _ = dataset
    seen = survey(DatasetReader(root))
    assert (seen.episodes, seen.ticks) == (3, 36)
    assert seen.counts["scenario"] == {"highway": 2, "merge": 1}
    assert seen.counts["end"] == {"goal": 2, "stuck": 1}
    assert seen.gaps == []
    assert seen.duplicate_share == 0
    assert seen.intervention_share == 0.5
    assert seen.noise[0] > 0.1


def test_the_survey_finds_gaps_and_duplicates(tmp_path):
    about = head()
    logged = list(episode(about, 20))
    del logged[8:11]  # three ticks are gone, and one is there twice
    logged.append(logged[-1])
    with DatasetWriter(tmp_path) as writer:
        with writer.begin(about) as journal:
            for one in logged:
                journal.add(one)
        writer.adopt(journal.path)
    seen = survey(DatasetReader(tmp_path))
    assert [(episode_index, tick) for episode_index, tick, _ in seen.gaps] == [(0, 8), (0, 17)]
    assert [round(step, 3) for _, _, step in seen.gaps] == [0.4, 0.0]
    assert seen.duplicate_share == pytest.approx(2 / 18)
