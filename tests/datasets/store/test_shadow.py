"""Who rode along is kept; datasets from before anybody did are read, merged and added to."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from datasets.driving import Action, Shadow
from datasets.store import edit
from datasets.store.check import check
from datasets.store.datafile import open_data_file, to_parquet
from datasets.store.logged import Head
from datasets.store.meta import INFO, STATS, episodes_path
from datasets.store.reader import DatasetReader
from datasets.store.schema import NEWER
from datasets.store.sums import Checksums
from datasets.store.text import shadow_from_text, shadow_to_text
from datasets.store.writer import DatasetWriter
from tests.datasets.store.same import assert_same, assert_same_shadow
from tests.datasets.store.synthetic import head, record, rig, shadow

NAMES = [column.name for column in NEWER]


def age(root):
    """Make a dataset of one that was recorded before there were shadows."""
    for row in DatasetReader(root).rows:
        path = root / row.data_path
        path.write_bytes(to_parquet(open_data_file(path).read().drop_columns(NAMES)))
    sums = Checksums(root)
    sums.of.clear()
    for path in (INFO, STATS):
        content = json.loads((root / path).read_text())
        for name in NAMES:
            content.get("features", content).pop(name, None)
        (root / path).write_text(json.dumps(content))
    path = root / episodes_path(0)
    table = pq.read_table(path)
    newer = [n for n in table.column_names if n.startswith("stats/apart/")]
    assert newer
    pq.write_table(table.drop_columns(newer), path)
    for path in root.rglob("*.*"):
        if path.is_file() and path.name != ".writer.lock":
            sums.note(path.relative_to(root))
    sums.save()


@pytest.fixture
def old(tmp_path):
    """Two episodes from then, and what was recorded."""
    root = tmp_path / "old"
    with DatasetWriter(root) as writer:
        recorded = record(writer, head("highway", 1)) + record(writer, head("merge", 2))
        uids = [row.uid for row in writer.rows]
    age(root)
    return root, recorded, uids


def test_a_shadow_comes_back_to_the_last_bit_and_its_plan_as_precise_as_any():
    rng = np.random.default_rng(0)
    for _ in range(20):
        one = shadow(rng)
        text = shadow_to_text(one)
        again = shadow_from_text(text, one.apart)
        assert_same_shadow(one, again)
        assert shadow_to_text(again) == text


def test_a_shadow_is_nowhere_less_than_nothing_apart():
    with pytest.raises(ValueError, match=r"Shadow\.apart"):
        Shadow("x", Action(0.0, 0.0), None, -1.0)
    with pytest.raises(ValueError, match=r"Shadow\.apart"):
        Shadow("x", Action(0.0, 0.0), None, float("nan"))


def test_single_columns_are_read_alone(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        recorded = record(writer, head(seed=1, shadow="policy@x")) + record(writer, head(seed=2))
    reader = DatasetReader(tmp_path)
    shadows = [one.tick.decision.shadow for one in recorded]
    assert [s is None for s in shadows] == [True, False, False, False] * 3 + [True] * 12
    expected = [0.0 if s is None else s.apart for s in shadows]
    np.testing.assert_array_equal(reader.numbers("apart"), expected)
    assert reader.texts("driver").tolist() == [o.tick.decision.driver for o in recorded]
    assert [tick for tick, end in enumerate(reader.texts("end")) if end] == [11, 23]
    assert [bool(text) for text in reader.texts("shadow")] == [s is not None for s in shadows]
    with pytest.raises(ValueError, match="expected one of end, driver"):
        reader.texts("apart")
    for number, one in enumerate(recorded):
        assert_same(one, reader.logged(number))


def test_an_older_dataset_is_whole_and_nobody_rode_along(old):
    root, recorded, uids = old
    assert check(root) == []
    reader = DatasetReader(root, verify=True)
    assert not reader.damaged
    assert [row.uid for row in reader.rows] == uids
    assert not reader.numbers("apart").any()
    assert set(reader.texts("shadow")) == {""}
    for number, one in enumerate(recorded):
        assert_same(one, reader.logged(number))


def test_an_older_dataset_merges_with_a_newer_one_either_way(old, tmp_path):
    root, recorded, uids = old
    with DatasetWriter(tmp_path / "new") as writer:
        newer = record(writer, head("exit", 3, shadow="expert"))
    for name, sources, ticks in (
        ("a", [root, tmp_path / "new"], recorded + newer),
        ("b", [tmp_path / "new", root, root], newer + recorded),
    ):
        edit.merge(sources, tmp_path / name)
        reader = DatasetReader(tmp_path / name, verify=True)
        assert set(uids) < {row.uid for row in reader.rows}
        for number, one in enumerate(ticks):
            assert_same(one, reader.logged(number))
        assert check(tmp_path / name) == []
        for row in reader.rows:
            schema = open_data_file(tmp_path / name / row.data_path).schema_arrow
            assert set(NAMES) < set(schema.names)


def test_an_older_dataset_goes_on(old):
    root, recorded, uids = old
    before = [(root / row.data_path).read_bytes() for row in DatasetReader(root).rows]
    with DatasetWriter(root) as writer:
        newer = record(writer, head("exit", 3, shadow="expert"))
    reader = DatasetReader(root, verify=True)
    assert [row.uid for row in reader.rows][:2] == uids
    assert [(root / row.data_path).read_bytes() for row in reader.rows][:2] == before
    for number, one in enumerate(recorded + newer):
        assert_same(one, reader.logged(number))
    stats = json.loads((root / STATS).read_text())
    features = json.loads((root / INFO).read_text())["features"]
    assert set(NAMES) < set(features)
    np.testing.assert_allclose(stats["apart"]["mean"], reader.numbers("apart").mean())
    assert check(root) == []


def test_meta_of_today_is_left_alone(tmp_path):
    with DatasetWriter(tmp_path) as writer:
        record(writer, head(seed=1))
    files = list((tmp_path / "meta").rglob("*.*"))
    written = [path.stat().st_mtime_ns for path in files]
    with DatasetWriter(tmp_path):
        pass
    assert [path.stat().st_mtime_ns for path in files] == written


def test_heads_from_before_shadows_are_read_and_mean_the_same_episode():
    without = Head("merge", 7, "rain", "expert", rig())
    text = without.to_json()
    assert "shadow" not in json.loads(text)
    assert Head.from_json(text).to_json() == text
    beside = Head("merge", 7, "rain", "expert", rig(), shadow="policy@x")
    assert Head.from_json(beside.to_json()).shadow == "policy@x"
    with pytest.raises(ValueError, match="expected"):
        Head.from_json(json.dumps(json.loads(text) | {"passenger": ""}))
