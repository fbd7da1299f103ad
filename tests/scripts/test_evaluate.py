"""The command from end to end, on episodes that are over in a moment."""

import base64
import json
import re
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.driving import Action, Decision
from scripts import evaluate
from scripts.evaluate import Args, chosen_scenarios, main
from sim.manoeuvres.table import MANOEUVRES
from sim.scenarios import SCENARIOS

ARGS = Args("constant-speed", "merge,roundabout", 2, 5, json=Path("out.json"), clips=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the results land, and what IDM/MOBIL reached, once for all tests."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(autouse=True)
def _inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def whole(folder):
    """The result of a run that nobody killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        main(ARGS)
        return json.loads(ARGS.json.read_text())


def drivers():
    """A module with a driver of one's own."""

    class Brake:
        def reset(self):
            pass

        def act(self, observation):
            if observation.t > 0.5:
                raise RuntimeError("the pedal broke")
            return Decision(Action(-3.0, 0.0), "mine", "careful")

    module = types.ModuleType("my_drivers")
    module.brake = lambda _: Brake()
    return module


def without_clock(result):
    rows = [{k: v for k, v in row.items() if "compute" not in k} for row in result["episodes"]]
    return rows, result["overall"]["carla_ds"]


def test_results_hold_everything(whole):
    result = whole
    assert result["agent"] == "constant-speed"
    assert result["seeds"] == [5, 6]
    assert list(result["scenarios"]) == ["merge", "roundabout"]
    keys = {"episodes", "success_rate", "success_ci95", "collision_rate", "at_fault_rate"}
    keys |= {"offroad_rate", "mean_speed", "carla_ds", "carla_ds_21", "nuplan_cls", "pdms"}
    keys |= {"comfort_rate", "harsh_brakes_per_km"}
    for summary in (*result["scenarios"].values(), result["overall"]):
        assert keys <= set(summary)
    assert [(r["scenario"], r["seed"]) for r in result["episodes"]] == [
        ("merge", 5),
        ("merge", 6),
        ("roundabout", 5),
        ("roundabout", 6),
    ]
    assert list(Path().glob("*.partial.jsonl")) == []


def test_a_killed_run_ends_with_the_same_result(whole, monkeypatch):
    play = evaluate.Player.__call__
    played = []

    def killed_in_the_roundabout(player, scenario, seed):
        if scenario == "roundabout":
            raise KeyboardInterrupt
        return play(player, scenario, seed)

    monkeypatch.setattr(evaluate.Player, "__call__", killed_in_the_roundabout)
    with pytest.raises(KeyboardInterrupt):
        main(ARGS)

    def counted(player, scenario, seed):
        played.append(scenario)
        return play(player, scenario, seed)

    monkeypatch.setattr(evaluate.Player, "__call__", counted)
    main(ARGS)
    assert played == ["roundabout"] * 2
    assert without_clock(json.loads(ARGS.json.read_text())) == without_clock(whole)


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_result(whole):
    pytest.importorskip("distributed")
    main(replace(ARGS, backend="dask", jobs=2))
    assert without_clock(json.loads(ARGS.json.read_text())) == without_clock(whole)


def test_a_driver_of_ones_own_that_raises_fails_its_episode_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "my_drivers", drivers())
    main(Args("my_drivers:brake", "merge", 1, 5))
    result = json.loads(Path("runs/evaluate/my_drivers.brake.json").read_text())
    assert result["overall"]["error_rate"] == 1
    assert "the pedal broke" in result["episodes"][0]["traceback"]


def test_the_page_stands_alone_and_its_films_are_h264(tmp_path):
    main(replace(ARGS, scenarios="roundabout", report=tmp_path / "report"))
    page = (tmp_path / "report" / "report.html").read_text()
    assert not re.search(r'(src|href)="(?!data:)', page.replace('xlink:href="#', ""))
    film = base64.b64decode(re.search(r"data:video/mp4;base64,([^\"]+)", page)[1])
    assert film[4:8] == b"ftyp"
    assert b"avc1" in film
    assert page.count("<svg") >= 3  # scores, map, traces
    markdown = (tmp_path / "report" / "report.md").read_text()
    assert "| roundabout | 2 |" in markdown


def test_names_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="expected one of"):
        chosen_scenarios("merge,motorway")
    with pytest.raises(ValueError, match=r"expected one of .*idm.* or module:factory; got 'me'"):
        main(Args("me"))
    with pytest.raises(ValueError, match="importable module:factory"):
        main(Args("json:no_such_driver"))
    with pytest.raises(ValueError, match="expected loky, dask or ray, got 'abacus'"):
        main(replace(ARGS, backend="abacus"))
    with pytest.raises(ValueError, match="weather: expected one of"):
        main(replace(ARGS, weather="frogs"))
    with pytest.raises(ValueError, match="at least 1 episode and 1 job"):
        main(replace(ARGS, episodes=0))
    with pytest.raises(ValueError, match="at least 1 episode and 1 job"):
        main(replace(ARGS, jobs=0))
    assert chosen_scenarios("all") == list(SCENARIOS)
    assert chosen_scenarios("merge,manoeuvres,cut-in") == ["merge", *MANOEUVRES]
