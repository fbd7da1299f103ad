"""The reference of the progress score: driven once, and no low bar."""

import pytest

from datasets.episode import End
from sim.scores import play
from sim.scores.play import Player, extrapolated_progress, reference_progress


def test_a_reference_that_arrives_counts_as_it_is(worlds):
    log = worlds.cruise(speed=10, ticks=50, goal=50.0)
    assert extrapolated_progress(log, time_limit=40.0) == pytest.approx(50)


@pytest.mark.parametrize(("goal", "progress"), [(500.0, 400.0), (120.0, 120.0)])
def test_a_reference_that_crashes_counts_as_if_it_had_gone_on(worlds, goal, progress):
    log = worlds.cruise(speed=10, ticks=50, goal=goal, end=End.COLLISION)
    assert extrapolated_progress(log, time_limit=40.0) == pytest.approx(progress)


def test_a_reference_is_driven_once(tmp_path, monkeypatch):
    first = reference_progress("merge", 3, tmp_path)

    def refuse(*_):
        raise AssertionError("driven again")

    monkeypatch.setattr(play, "record", refuse)
    assert reference_progress("merge", 3, tmp_path) == first > 300
    monkeypatch.setattr(play, "world_fingerprint", lambda: "another world")
    with pytest.raises(AssertionError, match="driven again"):
        reference_progress("merge", 3, tmp_path)


def test_an_agent_that_cannot_be_made_is_a_failed_episode(tmp_path):
    def broken(world):
        raise OSError(f"no weights for {world.scenario.name}")

    row = Player(broken, cameras=False, weather="clear", reference_dir=tmp_path)("merge", 1)
    assert row["outcome"] == "error"
    assert "no weights for merge" in row["traceback"]
