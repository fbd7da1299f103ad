"""The command from end to end, on a drive that nobody steers."""

import json
from pathlib import Path

import pytest

from scripts.savable import Args, main
from sim.search import verdict

RUN = {
    "agent": "constant-speed",
    "config": {"weather": "clear"},
    "episodes": [
        {"scenario": "lane-keeping", "seed": 1, "success": False, "outcome": "off-road"},
        {"scenario": "merge", "seed": 2, "success": True, "outcome": "goal"},
        {"scenario": "merge", "seed": 3, "success": False, "outcome": "error"},
        {"scenario": "u-turn", "seed": 4, "success": False, "outcome": "off-road"},
    ],
}
ARGS = Args(Path("run.json"), budget=40, json=Path("out.json"))


@pytest.fixture(autouse=True)
def _inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ARGS.results.write_text(json.dumps(RUN))


def test_failures_are_searched_and_said(capsys):
    main(ARGS)
    rows = json.loads(ARGS.json.read_text())["episodes"]
    assert [(row["scenario"], row["seed"]) for row in rows] == [("lane-keeping", 1), ("u-turn", 4)]
    told = capsys.readouterr().out
    assert "u-turn 4 (" in told
    assert "saved" in told
    assert not list(Path().glob("*.partial.jsonl"))


def test_a_killed_run_goes_on(monkeypatch):
    judge, judged = verdict.judge, []

    def killed_at_the_second(world, *rest):
        if judged:
            raise KeyboardInterrupt
        judged.append(world.scenario.name)
        return judge(world, *rest)

    def counted(world, *rest):
        judged.append(world.scenario.name)
        return judge(world, *rest)

    monkeypatch.setattr(verdict, "judge", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        main(ARGS)
    monkeypatch.setattr(verdict, "judge", counted)
    main(ARGS)
    assert judged == ["lane-keeping", "u-turn"]
    assert len(json.loads(ARGS.json.read_text())["episodes"]) == 2


def test_one_episode_needs_no_file():
    main(Args(scenario="lane-keeping", seed=1, agent="constant-speed", budget=10, json=ARGS.json))
    (row,) = json.loads(ARGS.json.read_text())["episodes"]
    assert row["moves_tried"] <= 10


def test_what_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="either the file of a run or --scenario"):
        main(Args())
    with pytest.raises(ValueError, match="scenario: expected one of"):
        main(Args(scenario="motorway"))
    with pytest.raises(ValueError, match="agent: expected one of"):
        main(Args(scenario="u-turn", agent="me"))
