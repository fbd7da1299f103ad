"""Datasets checked, surveyed, merged, split, filtered and cut."""

from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest

from datasets.episode import End, Outcome
from datasets.store import edit
from datasets.store.check import check, damaged_episodes
from datasets.store.journal import Journal
from datasets.store.logged import Parent
from datasets.store.reader import DamagedEpisodeError, DatasetReader
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


@pytest.fixture
def long(tmp_path):
    """Episodes of several row groups, and what was recorded."""
    with DatasetWriter(tmp_path / "long") as writer:
        record(writer, head("merge", 2))
        recorded = record(writer, head("highway", 1), ticks=65)
    return DatasetReader(tmp_path / "long"), recorded


def counted_from(recorded, first):
    """What a clip that begins at tick `first` must hold."""
    return [replace(one, tick=replace(one.tick, index=i)) for i, one in enumerate(recorded[first:])]


def test_a_cut_of_everything_is_the_episode(long, tmp_path):
    reader, recorded = long
    with DatasetWriter(tmp_path / "clips") as writer:
        row = edit.cut(reader, writer, reader.rows[1], 0, 65)
    assert (row.end, row.head.parent) == ("goal", Parent(reader.rows[1].uid, 0))
    for one, clipped in zip(
        recorded, DatasetReader(tmp_path / "clips", verify=True).episode(0), strict=True
    ):
        assert_same(one, clipped)


@pytest.mark.parametrize("video", [False, True])
def test_neighbouring_cuts_are_the_whole(long, tmp_path, video):
    reader, recorded = long
    source = tmp_path / "source"
    edit.filtered(reader.root, source, lambda row: row.ticks > 12, video)
    packed = DatasetReader(source)
    edges = (0, 1, 20, 39, 65)
    with DatasetWriter(tmp_path / "clips") as writer:
        for first, last in pairwise(edges):
            assert edit.cut(packed, writer, packed.rows[0], first, last) is not None
    assert check(tmp_path / "clips") == []
    clips = DatasetReader(tmp_path / "clips", verify=True)
    assert len(clips) == 65
    for first, row in zip(edges, clips.rows, strict=False):
        assert row.head.parent == Parent(packed.rows[0].uid, first)
        for one, clipped in zip(
            counted_from(recorded, first), clips.episode(row.index), strict=False
        ):
            assert_same(one, clipped, picture_error=12 if video else 0)
    # What names a moment of the world stays; what counts ticks begins anew.
    for kept in ("observation.t", "pose", "next.reward"):
        np.testing.assert_array_equal(clips.numbers(kept), packed.numbers(kept))
    counts = np.concatenate([np.arange(row.ticks) for row in clips.rows])
    np.testing.assert_array_equal(clips.numbers("frame_index"), counts)
    np.testing.assert_allclose(clips.numbers("timestamp"), counts / 10, rtol=1e-6)
    assert [row.end for row in clips.rows] == ["", "", "", "goal"]
    assert survey(clips).gaps == []
    assert survey(clips).counts["end"] == {"cut off": 3, "goal": 1}


def test_a_stretch_is_cut_once_and_other_stretches_are_others(long, tmp_path):
    reader, _ = long
    row = reader.rows[1]
    with DatasetWriter(tmp_path / "clips") as writer:
        stretches = [(10, 30), (10, 30), (10, 31), (11, 31), (40, 60)]
        added = [edit.cut(reader, writer, row, first, last) for first, last in stretches]
        assert [each is not None for each in added] == [True, False, True, True, True]
        clips = DatasetReader(tmp_path / "clips")
        again = edit.cut(clips, writer, clips.rows[0], 5, 10)
    assert again.head.parent == Parent(clips.rows[0].uid, 5), "a cut of a cut names the cut"


def test_what_cannot_be_cut_is_refused(long, tmp_path):
    reader, _ = long
    with DatasetWriter(tmp_path / "clips") as writer:
        for first, last in ((-1, 3), (5, 5), (60, 66)):
            with pytest.raises(ValueError, match="within the 65 ticks of episode 1"):
                edit.cut(reader, writer, reader.rows[1], first, last)
        damage(reader.root, 1)
        damaged = DatasetReader(reader.root, verify=True)
        with pytest.raises(DamagedEpisodeError, match="episode 1 is damaged"):
            edit.cut(damaged, writer, damaged.rows[1], 0, 5)
        assert writer.rows == []
