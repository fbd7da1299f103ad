"""The data engine from end to end: what comes of a round, and that a kill changes nothing."""

import shutil
from dataclasses import replace

import pytest
from torch.utils.tensorboard import SummaryWriter

from datasets.learning.registry import SHIPPED
from datasets.store.meta import load_rows
from datasets.store.reader import DatasetReader
from planning.policy.driver import OnnxMind
from scripts import collect, improve
from scripts.engine import keep, page, proof
from scripts.engine.drives import recorded
from scripts.engine.proof import ProofConfig
from scripts.engine.rounds import Round
from scripts.improve import Args, main
from scripts.models_at_hand import registry_in
from tests.scripts.stand_ins import SCENARIOS, SMALL, Course, trained

SKILLS = {SHIPPED: 0.3, "rounds-1": 0.9, "rounds-2": 0.9}
PROVE = ProofConfig(least=2, most=30)


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """What a drive and a training leave behind, made once."""
    root = tmp_path_factory.mktemp("material")
    collect.main(
        collect.Args(
            out=root / "driven", agent="constant-speed", scenarios="highway", episodes=2,
            cameras=False, shadow="expert",
        )
    )  # fmt: skip
    trained(root / "trained", replace(OnnxMind().config, **SMALL))
    with SummaryWriter(str(root / "trained" / "tensorboard")) as writer:
        writer.add_scalar("loss/total", 1.0, 1)
    return root


@pytest.fixture
def engine(material, tmp_path, monkeypatch):
    """improve.py with drives, training and proof that take no time, in an empty folder. Everything
    between them is the real thing."""
    monkeypatch.chdir(tmp_path)

    def drive(_champion, _scenarios, _hours, out, *_):
        shutil.copytree(material / "driven", out, dirs_exist_ok=True)
        return recorded(out)

    def train(_args, now, *_):
        shutil.copytree(material / "trained", now.trained, dirs_exist_ok=True)

    monkeypatch.setattr(improve, "drive", drive)
    monkeypatch.setattr(improve, "train", train)
    monkeypatch.setattr(page, "CLIPS", 0)  # films take their time: one test looks at them
    monkeypatch.setattr(proof, "make_player", Course(**SKILLS).player)
    data = tmp_path / "data"
    data.mkdir()
    scenarios = ",".join(SCENARIOS)
    return Args(data=(data,), out=tmp_path / "rounds", scenarios=scenarios, prove=PROVE)


def ending(args):
    """What a run comes to, apart from times."""
    registry = registry_in(args.models)
    now = Round(args.out, 1)
    clips = [(row.uid, row.ticks) for row in load_rows(now.kept)]
    sums = {model.name: model.sha256 for model in registry.models()}
    champions = [line.name for line in registry.history()]
    return now.read("decision"), now.kept.with_suffix(".json").read_text(), clips, sums, champions


def test_a_round_keeps_what_matters_and_promotes_who_is_better(engine, monkeypatch):
    monkeypatch.setattr(page, "CLIPS", 1)
    main(engine)
    now = Round(engine.out, 1)
    assert registry_in().champion() == "rounds-1"
    assert [model.name for model in registry_in().lineage("rounds-1")] == ["rounds-1", SHIPPED]
    told = now.read("decision")
    assert told["promoted"]
    assert told["wins"] > told["losses"]
    driven, kept = DatasetReader(now.driven), DatasetReader(now.kept)
    assert 0 < len(kept) <= engine.keep.share * len(driven)
    parents = {row.uid for row in driven.rows}
    assert all(row.head.parent.uid in parents for row in kept.rows)
    told = now.page.read_text()
    for words in ("rounds-1 is promoted", "What was kept, and why", "data:video/mp4", "evidence"):
        assert words in told


def test_a_challenger_that_is_worse_stays_one(engine, monkeypatch):
    monkeypatch.setitem(SKILLS, SHIPPED, 0.95)
    monkeypatch.setitem(SKILLS, "rounds-1", 0.4)
    monkeypatch.setattr(proof, "make_player", Course(**SKILLS).player)
    main(engine)
    assert registry_in().champion() == SHIPPED
    assert "is not promoted" in Round(engine.out, 1).page.read_text()


def test_the_next_round_begins_with_the_new_champion(engine):
    main(replace(engine, rounds=2))
    assert Round(engine.out, 2).read("begun")["champion"] == "rounds-1"
    assert registry_in().lineage("rounds-2")[1].name == "rounds-1"


def test_a_round_that_is_over_is_not_run_again(engine, monkeypatch):
    """Nobody drives once more because the code has changed, and who was rolled back stays so."""
    main(engine)
    registry_in().roll_back()
    monkeypatch.setattr(improve, "drive", None)
    monkeypatch.setattr(improve, "prove", None)
    main(engine)
    assert registry_in().champion() == SHIPPED


STEPS = {
    "driving": (improve, "drive", 1),
    "keeping": (keep, "cut", 2),
    "training": (improve, "train", 1),
    "registering": (improve.Registry, "add", 1),
    "proving": (proof, "run_episodes", 3),
    "scoring": (improve.Registry, "score", 1),
    "promoting": (improve.Registry, "promote", 1),
    "telling": (improve, "write_page", 1),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_any_step_it_comes_to_the_same(engine, monkeypatch, tmp_path, step):
    main(replace(engine, models=tmp_path / "whole"))
    expected = ending(replace(engine, models=tmp_path / "whole"))
    shutil.rmtree(engine.out)
    owner, name, at = STEPS[step]
    work, left = getattr(owner, name), [at]

    def mortal(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return work(*args, **kwargs)

    with monkeypatch.context() as patch:
        left[0] = at - 1
        patch.setattr(owner, name, mortal)
        with pytest.raises(KeyboardInterrupt):
            main(engine)
    main(engine)
    assert ending(engine) == expected


def test_a_round_does_not_go_on_with_other_settings(engine):
    main(engine)
    with pytest.raises(ValueError, match="others in hours; use another --out"):
        main(replace(engine, hours=3.0))


def test_data_that_is_not_there_is_refused_before_anything_runs(engine, tmp_path):
    with pytest.raises(ValueError, match="expected the folder of a dataset"):
        main(replace(engine, data=(tmp_path / "nowhere",)))
    assert not engine.out.exists()
