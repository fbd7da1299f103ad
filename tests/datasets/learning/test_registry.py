"""What is added comes back, whatever was changed since is refused, and no history is lost."""

import json
import multiprocessing
import shutil
from itertools import pairwise

import pytest
import torch

from datasets.learning import model as model_files
from datasets.learning.model import FILES, ONNX, RECORD, Model, describe
from datasets.learning.registry import CHAMPION, HISTORY, SHIPPED, SHIPPED_SCORES, Registry
from datasets.learning.weights import save_network

EYES = "0123456789abcdef"


def trained(folder, number=0.0, about=None):
    """What a training leaves behind, of one number."""
    network = torch.nn.Linear(1, 1)
    with torch.no_grad():
        network.weight.fill_(number)
    about = {"eyes": EYES} if about is None else about
    save_network(folder / FILES[0], "test", network, {}, about)
    (folder / FILES[1]).write_bytes(b"onnx" + bytes([int(number)]))
    (folder / FILES[2]).write_text(f"# Model {number}\n")
    return folder


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "models", shipped=trained(tmp_path / "shipped", 99))


@pytest.fixture
def family(registry, tmp_path):
    """Three generations, added out of the order of their names."""
    parent = SHIPPED
    for number, name in enumerate(["zeta", "eta", "theta"]):
        registry.add(name, trained(tmp_path / "run", number), parent, f"number {number}")
        parent = name
    return registry


def test_what_is_added_comes_back(registry, tmp_path):
    run = trained(tmp_path / "run", 7)
    added = registry.add("seven", run, SHIPPED, "the seventh")
    assert registry.get("seven") == added
    assert (added.parent, added.note, added.eyes) == (SHIPPED, "the seventh", EYES)
    for path in added.files():
        assert path.read_bytes() == (run / path.name).read_bytes()
    shutil.rmtree(run)  # it is a copy
    Registry(registry.root, shipped=tmp_path / "shipped").get("seven").check()


@pytest.mark.parametrize("closer", [False, True])
def test_a_model_with_eyes_of_its_own_keeps_all_their_files(registry, tmp_path, closer):
    eyes = tmp_path / "eyes"
    eyes.mkdir()
    names = model_files.EYES + (model_files.CLOSER if closer else ())
    for name in names:
        (eyes / name).write_text(name)
    added = registry.add("seer", trained(tmp_path / "run", 5), eyes=eyes)
    assert added.own_eyes == added.folder
    assert set(added.sha256) == {*FILES, *names}
    assert registry.get("seer") == added
    (added.folder / names[-1]).write_text("another")
    with pytest.raises(ValueError, match="damaged or exchanged"):
        registry.get("seer").check()


def test_models_are_in_the_order_of_making_and_know_their_line(family):
    assert [model.name for model in family.models()] == [SHIPPED, "zeta", "eta", "theta"]
    assert [m.name for m in family.lineage("theta")] == ["theta", "eta", "zeta", SHIPPED]
    assert [m.name for m in family.lineage(SHIPPED)] == [SHIPPED]


def test_a_parent_that_is_an_alias_is_kept_by_its_name(family, tmp_path):
    family.promote("eta", "better")
    assert family.add("child", trained(tmp_path / "run"), CHAMPION).parent == "eta"


@pytest.mark.parametrize("file", [*FILES, RECORD])
def test_a_flipped_bit_anywhere_is_refused(family, file):
    path = family.get("eta").folder / file
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 7
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{path.name}: expected"):
            family.get("eta").files()
    path.write_bytes(whole)
    family.get("eta").check()


def test_files_that_are_missing_or_another_models_are_refused(family):
    one, other = family.get("eta"), family.get("theta")
    for file in FILES:
        kept = (one.folder / file).read_bytes()
        shutil.copy(other.folder / file, one.folder / file)
        with pytest.raises(ValueError, match="damaged or exchanged"):
            one.check()
        (one.folder / file).unlink()
        with pytest.raises(ValueError, match=f"{file}: expected a file of the model eta.* none"):
            family.promote("eta", "")
        (one.folder / file).write_bytes(kept)
    shutil.copytree(other.folder, one.folder, dirs_exist_ok=True)  # with its record
    with pytest.raises(ValueError, match="expected the model eta, got theta"):
        family.get("eta")


def test_a_model_of_another_trunk_is_refused(family):
    family.get("eta").check_fits(EYES)
    with pytest.raises(ValueError, match=f"eta: it fits the trunk {EYES} .* but fedcba is there"):
        family.get("eta").check_fits("fedcba")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "/a", ".a", "a.", "a@b", "a:b", "a b", SHIPPED, CHAMPION]
)
def test_names_that_are_no_folder_or_are_taken_are_refused(registry, tmp_path, name):
    with pytest.raises(ValueError, match="expected a name of letters"):
        registry.add(name, trained(tmp_path / "run"))
    assert registry.names() == [SHIPPED]


def test_what_cannot_be_added_is_refused_and_leaves_nothing(family, tmp_path):
    before = sorted(family.root.rglob("*"))
    with pytest.raises(ValueError, match="expected a new name"):
        family.add("eta", trained(tmp_path / "run"))
    with pytest.raises(ValueError, match=r"expected one of champion, shipped, eta.*; got 'nobody'"):
        family.add("new", tmp_path / "run", "nobody")
    with pytest.raises(ValueError, match="expected the trunk that it fits, got None"):
        family.add("new", trained(tmp_path / "blind", about={}))
    (tmp_path / "run" / ONNX).unlink()
    with pytest.raises(ValueError, match=f"missing: {ONNX}"):
        family.add("new", tmp_path / "run")
    (family.get("eta").folder / ONNX).write_bytes(b"damaged")
    with pytest.raises(ValueError, match="damaged or exchanged"):
        family.add("new", family.get("eta").folder)
    assert sorted(family.root.rglob("*")) == before


@pytest.mark.parametrize("written", range(len(FILES) + 1))
def test_a_kill_between_files_leaves_no_half_model(family, tmp_path, monkeypatch, written):
    write, left = model_files.write_whole, iter(range(written))

    def killed(path, content):
        if next(left, None) is None:
            raise KeyboardInterrupt
        write(path, content)

    run = trained(tmp_path / "run", 5)
    names = family.names()
    with monkeypatch.context() as patch:
        patch.setattr(model_files, "write_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            family.add("five", run)
    assert family.names() == names
    with pytest.raises(ValueError, match="got 'five'"):
        family.get("five")
    family.add("five", run).check()


def test_scores_are_added_and_change_nothing_else(family):
    before = family.get("eta")
    family.score("eta", "tuning", {"success_rate": 0.5, "ci95": [0.4, 0.6]})
    after = family.score("eta", "final", {"success_rate": 0.6})
    assert after == family.get("eta")
    assert after.scores == {
        "tuning": {"success_rate": 0.5, "ci95": [0.4, 0.6]},
        "final": {"success_rate": 0.6},
    }
    assert Model(**{name: getattr(after, name) for name in Model.__slots__} | {"scores": {}}) == (
        before
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        family.score("eta", "final", {"success_rate": float("nan")})
    assert family.get("eta") == after


def test_scores_of_the_shipped_model_lie_in_the_registry_and_end_with_it(family, tmp_path):
    before = sorted((tmp_path / "shipped").iterdir())
    family.score(SHIPPED, "tuning", {"success_rate": 0.5})
    assert family.get(SHIPPED).scores == {"tuning": {"success_rate": 0.5}}
    assert sorted((tmp_path / "shipped").iterdir()) == before
    trained(tmp_path / "shipped", 98)
    assert family.get(SHIPPED).scores == {}
    (family.root / SHIPPED_SCORES).write_text("{}")
    with pytest.raises(ValueError, match="expected JSON with its checksum"):
        family.get(SHIPPED)


def test_the_shipped_model_is_champion_of_an_empty_registry(registry):
    assert registry.champion() == SHIPPED
    assert registry.get(CHAMPION) == registry.get(SHIPPED)
    assert not registry.root.exists()  # looking writes nothing
    with pytest.raises(ValueError, match="expected a champion before shipped, got none"):
        registry.roll_back()


def test_roll_back_restores_and_history_only_grows(family):
    told = []

    def champion_after(change, *arguments):
        change(*arguments)
        before, now = list(told), family.history()
        assert now[: len(before)] == before
        told[:] = now
        assert family.get(CHAMPION).name == family.champion()
        return family.champion(), len(now)

    assert champion_after(family.promote, "zeta", "first") == ("zeta", 1)
    assert champion_after(family.promote, "zeta", "again") == ("zeta", 1)
    assert champion_after(family.promote, "eta", "second") == ("eta", 2)
    assert champion_after(family.promote, "theta", "third") == ("theta", 3)
    assert champion_after(family.roll_back) == ("eta", 4)
    assert champion_after(family.roll_back, "worse") == ("zeta", 5)
    assert champion_after(family.promote, "theta", "once more") == ("theta", 6)
    assert champion_after(family.roll_back) == ("zeta", 7)
    assert champion_after(family.roll_back) == (SHIPPED, 8)
    with pytest.raises(ValueError, match="got none"):
        family.roll_back()
    assert [line.why for line in told][:5] == ["first", "second", "third", "rolled back", "worse"]
    assert [line.time for line in told] == sorted(line.time for line in told)


def test_a_damaged_history_is_refused(family):
    family.promote("eta", "better")
    path = family.root / HISTORY
    path.write_text(path.read_text()[:-9])
    with pytest.raises(ValueError, match="expected a promotion a line"):
        family.champion()


def test_a_model_is_shipped_with_its_line_and_scores(family, tmp_path):
    family.score("eta", "tuning", {"success_rate": 0.5})
    family.ship("eta")
    shipped = Registry(tmp_path / "elsewhere", shipped=tmp_path / "shipped").get(SHIPPED)
    shipped.check()
    eta = family.get("eta")
    assert (shipped.sha256, shipped.scores, shipped.parent) == (eta.sha256, eta.scores, None)
    assert shipped.note == "eta <- zeta <- shipped: number 1"
    (tmp_path / "shipped" / ONNX).write_bytes(b"another")
    with pytest.raises(ValueError, match="damaged or exchanged"):
        family.get(SHIPPED).check()
    describe(tmp_path / "shipped", SHIPPED, None, "", "").write()
    family.get(SHIPPED).check()


def promote_often(root, shipped, name):
    registry = Registry(root, shipped=shipped)
    for i in range(20):
        registry.score(name, f"{i}", {"i": i})
        registry.score(SHIPPED, f"{name} {i}", {"i": i})
        registry.promote(name, f"{i}")


def test_two_writers_lose_nothing(family, tmp_path):
    fork = multiprocessing.get_context("spawn")
    writers = [
        fork.Process(target=promote_often, args=(family.root, tmp_path / "shipped", name))
        for name in ("eta", "theta")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert len(family.get("eta").scores) == len(family.get("theta").scores) == 20
    assert len(family.get(SHIPPED).scores) == 40
    names = [line.name for line in family.history()]
    assert all(a != b for a, b in pairwise(names))
    for line in (family.root / HISTORY).read_text().splitlines():
        json.loads(line)
