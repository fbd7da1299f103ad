"""A killed run goes on, and ends with the same rows as one that was not."""

import json

import joblib
import pytest
from joblib._parallel_backends import SequentialBackend

from sim.scores.resume import RowCache, run_episodes

EPISODES = [(scenario, seed) for scenario in ("merge", "highway") for seed in (7, 8, 9)]
CONFIG = {"agent": "idm", "commit": "abc", "seeds": (7, 8, 9)}


def play(scenario, seed):
    return {"scenario": scenario, "seed": seed, "outcome": "goal", "score": seed / 3}


def run(path, play=play, config=CONFIG, jobs=1):
    cache = RowCache(path, config)
    return run_episodes(play, EPISODES, cache, jobs, progress=False), cache


def test_a_killed_run_goes_on_and_gives_the_same_rows(tmp_path):
    played = []

    def killed_at_the_fourth(scenario, seed):
        if len(played) == 3:
            raise KeyboardInterrupt
        played.append((scenario, seed))
        return play(scenario, seed)

    def counting(scenario, seed):
        played.append((scenario, seed))
        return play(scenario, seed)

    path = tmp_path / "run.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(path, killed_at_the_fourth)
    with path.open("a") as file:
        file.write('{"scenario": "high')  # the kill came in the middle of a line
    rows, cache = run(path, counting)
    assert "going on after 3" in cache.note
    assert sorted(played) == sorted(EPISODES)  # none was played twice
    assert rows == run(tmp_path / "other.jsonl")[0]
    assert [(row["scenario"], row["seed"]) for row in rows] == EPISODES


def test_another_configuration_starts_afresh_and_says_why(tmp_path):
    path = tmp_path / "run.jsonl"
    run(path)
    cache = RowCache(path, CONFIG | {"commit": "def"})
    assert cache.rows == []
    assert "another commit; starting afresh" in cache.note
    assert json.loads(path.read_text())["commit"] == "def"


def test_processes_give_the_same_rows(tmp_path):
    assert run(tmp_path / "a.jsonl", jobs=2)[0] == run(tmp_path / "b.jsonl", jobs=1)[0]


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_rows(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None),
        joblib.parallel_config(backend="dask"),
    ):
        rows, _ = run(tmp_path / "dask.jsonl", jobs=2)
    assert rows == run(tmp_path / "here.jsonl")[0]


def test_a_backend_that_gives_back_only_lists_gives_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(SequentialBackend, "supports_return_generator", False)
    monkeypatch.setattr("sim.scores.resume.BATCH", 2)
    with joblib.parallel_config(backend="sequential"):
        rows, cache = run(tmp_path / "rows.jsonl")
    assert rows == run(tmp_path / "others.jsonl")[0]
    assert len(cache.rows) == len(EPISODES)
