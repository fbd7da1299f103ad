"""A round begins once, with one champion and one set of settings."""

import pytest

from scripts.engine.rounds import Round


def test_a_round_goes_on_with_the_champion_it_began_with(tmp_path):
    now = Round(tmp_path, 1)
    assert now.begin("old", {"hours": 1.0, "data": [tmp_path]}) == "old"
    assert Round(tmp_path, 1).begin("new", {"hours": 1.0, "data": [tmp_path]}) == "old"
    assert Round(tmp_path, 2).begin("new", {"hours": 1.0}) == "new"


def test_other_settings_are_refused_by_name(tmp_path):
    Round(tmp_path, 1).begin("old", {"hours": 1.0, "keep": {"share": 0.4}})
    with pytest.raises(ValueError, match=r"others in hours, keep; use another --out"):
        Round(tmp_path, 1).begin("old", {"hours": 2.0, "keep": {"share": 0.5}})


def test_what_is_not_finished_is_not_there(tmp_path):
    now = Round(tmp_path, 3)
    assert now.read("decision") is None
    now.write("decision", {"promoted": True})
    assert now.read("decision") == {"promoted": True}
