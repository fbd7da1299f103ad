"""One table from many rows."""

import pytest

from sim.scores.episode import error_row, score_episode
from sim.scores.summary import summarise, summarise_by_scenario


@pytest.fixture
def rows(worlds):
    good = score_episode(worlds.cruise(ticks=100), 100.0)
    crash = good | {"outcome": "collision", "success": False, "at_fault": True, "carla_ds": 0.2}
    return [good, crash | {"harsh_brakes": 3}, error_row("merge", 1, "boom")]


def test_rates_scores_and_counts(rows):
    table = summarise(rows)
    assert table["episodes"] == 3
    assert table["success_rate"] == table["collision_rate"] == table["error_rate"] == 1 / 3
    assert table["carla_ds"] == pytest.approx(0.4)  # the episode that raised scores 0
    assert table["mean_speed"] == pytest.approx(10)  # and has no speed
    assert table["harsh_brakes_per_km"] == pytest.approx(3 / 0.2)
    assert table["collisions_per_100km"] == pytest.approx(500)
    assert table["success_ci95"][0] < 1 / 3 < table["success_ci95"][1]
    assert table["drivers"] == {"expert": 1.0}


def test_per_scenario(rows):
    tables = summarise_by_scenario(rows)
    assert {name: table["episodes"] for name, table in tables.items()} == {"highway": 2, "merge": 1}
    assert tables["merge"]["mean_speed"] is None
    assert tables["merge"]["harsh_brakes_per_km"] is None


def test_nothing_driven_is_an_empty_table():
    table = summarise([])
    assert table["episodes"] == 0
    assert table["carla_ds"] is None
