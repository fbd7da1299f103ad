"""Models by name, from a training's files to an agent that drives by them."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.learning.model import FILES, ONNX
from datasets.learning.registry import ROOT, SHIPPED
from perception.trunk import trunk_of
from planning.policy.config import PolicyConfig
from planning.policy.driver import WEIGHTS, OnnxMind
from scripts import evaluate, models, models_at_hand
from scripts.agents import file_name, make_agent, model_of, needs_cameras, with_model
from scripts.models_at_hand import registry_in
from sim.world import World
from tests.scripts.stand_ins import SMALL, trained


@pytest.fixture(scope="module")
def config() -> PolicyConfig:
    """A tiny network for the eyes that are shipped."""
    return replace(OnnxMind().config, **SMALL)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """An empty folder to work in, with a shipped model that one may change."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(WEIGHTS, tmp_path / "shipped")
    monkeypatch.setattr(models_at_hand, "WEIGHTS", tmp_path / "shipped")


def test_an_agent_drives_by_the_model_that_it_names(config):
    registry = registry_in()
    registry.add("small", trained(Path("run"), config), SHIPPED)
    registry.promote("small", "why not")
    world = World("merge")
    observation = world.reset(3)

    def driven(name):
        agent = make_agent(name, world)
        agent.reset()
        assert needs_cameras(name)
        return agent.act(observation)

    small, shipped = driven("policy@small"), driven("policy")
    assert small.action == driven(f"policy@{ROOT}/small").action
    assert small.action == driven("policy@champion").action != shipped.action
    assert shipped.action == driven("policy@shipped").action
    for agent in ("pilot", "blind", "pupil"):
        assert driven(f"{agent}@small").action is not None
        assert model_of(f"{agent}@champion").name == "small"
    assert model_of("expert") is None


def test_names_are_settled_before_anybody_drives(config):
    registry = registry_in(Path("theirs"))
    registry.add("small", trained(Path("run"), config))
    registry.promote("small", "why not")
    assert with_model("pilot", None) == "pilot"
    assert with_model("pilot", "champion") == "pilot@shipped"
    assert with_model("pilot@theirs/champion", None) == "pilot@theirs/small"
    assert file_name("pilot@theirs/small") == "pilot@theirs.small"
    with pytest.raises(ValueError, match=r"expected one, got 'pilot@shipped' and 'champion'"):
        with_model("pilot@shipped", "champion")
    for agent in ("idm", "human", "my_module:factory"):
        with pytest.raises(ValueError, match=r"expected one with a learned driver \(pilot, "):
            with_model(agent, "shipped")
    with pytest.raises(ValueError, match="champion, shipped in runs/models; got 'small'"):
        with_model("pilot@small", None)


def test_damaged_models_and_those_of_another_trunk_do_not_drive(config):
    registry = registry_in()
    registry.add("strange", trained(Path("strange"), config, trunk="f" * 16))
    with pytest.raises(ValueError, match=f"fits the trunk {'f' * 16} .* {trunk_of()} is there"):
        evaluate.main(evaluate.Args("pilot", model="strange"))
    path = registry.add("broken", trained(Path("run"), config)).folder / ONNX
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"policy.onnx: expected .* damaged or exchanged"):
        evaluate.main(evaluate.Args("policy@broken"))


def test_the_whole_command_line(config, monkeypatch, capsys):
    def told(*words):
        monkeypatch.setattr(sys, "argv", ["models.py", *map(str, words)])
        models.main()
        return capsys.readouterr().out

    def refused(*words):
        with pytest.raises(SystemExit) as stopped:
            told(*words)
        return str(stopped.value)

    trained(Path("run-1"), config)
    trained(Path("run-2"), config, seed=1)
    told("add", "one", "--from", "run-1", "--parent", "champion", "--note", "the first")
    told("add", "two", "--from", "run-2", "--parent", "one")
    assert "expected a new name" in refused("add", "two", "--from", "run-1")
    # Evaluated, and the figures kept.
    evaluate.main(evaluate.Args("policy", "racetrack", 2, model="one"))
    results = Path("runs/evaluate/policy@one.json")
    run = json.loads(results.read_text())
    assert run["agent"] == "policy@one"
    assert "0.000 [0.000, 0.658] of 2" in told("score", "one", "--results", results)
    assert "expected results of the model two" in refused("score", "two", "--results", results)
    better = run | {"agent": "policy@two", "model": registry_in().get("two").sha256[ONNX]}
    for row in better["episodes"]:
        row["success"] = True
    Path("two.json").write_text(json.dumps(better))
    told("score", "two", "--results", "two.json")
    # Looked at.
    paired = told("compare", "one", "two")
    assert "A: one <- shipped; the first" in paired
    assert "B: two <- one <- shipped; -" in paired
    assert "on 2 episodes that both drove" in paired
    assert "success rate: cannot tell (B - A = +1 " in paired
    results.unlink()
    assert "not compared episode by episode" in told("compare", "one", "two")
    told("promote", "two", "--why", "it drives")
    shown = told("show", "champion")
    assert "# Roadloop policy" in shown
    assert "lineage: two <- one <- shipped" in shown
    assert "it drives" in shown
    assert shown.count("as it was") == len(FILES)
    listed = told("list").splitlines()
    assert [line.split()[:2] for line in listed[1:4]] == [
        ["shipped", "-"],
        ["one", "shipped"],
        ["*", "two"],
    ]
    assert "0.000 [0.000, 0.658] of 2" in listed[2]
    # Shipped, and taken back.
    assert "two <- one <- shipped" in told("ship", "two")
    assert registry_in().get(SHIPPED).sha256 == registry_in().get("two").sha256
    assert told("roll-back", "--why", "it does not") == "champion: shipped\n"
    assert "got none" in refused("roll-back")
    assert told("history").count("\n") == 2
    Path("runs/models/one", ONNX).unlink()
    assert f"{ONNX}: expected a file of the model one, found none" in told("show", "one")
    Path("runs/models/two/model.json").write_text("{}")
    assert "model.json: expected JSON with its checksum" in told("list")
