"""Look after the registry of models (docs/models.md):

    uv run scripts/models.py list
    uv run scripts/models.py add round-1 --from runs/policy --parent shipped --note "more DAgger"
    uv run scripts/models.py score round-1 --results runs/evaluate/policy@round-1.json
    uv run scripts/models.py show round-1
    uv run scripts/models.py compare shipped round-1
    uv run scripts/models.py promote round-1 --why "better on 420 episodes"
    uv run scripts/models.py roll-back --why "it hesitates at roundabouts"
    uv run scripts/models.py ship round-1

Two names are always there: `shipped`, the model that comes with the code, and `champion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from datasets.learning.model import CARD, FILES
from datasets.learning.registry import ROOT
from scripts import compare
from scripts.model_scores import TUNING, figures_of, in_short, results_of
from scripts.models_at_hand import registry_in
from scripts.subcommands import run_chosen

Name = tyro.conf.Positional[str]


@dataclass(frozen=True)
class List:
    """All models, and who is champion."""

    root: Path = ROOT
    """the registry"""
    key: str = TUNING
    """which score to show"""


def run_list(args: List) -> None:
    registry = registry_in(args.root)
    champion = registry.champion()
    models, damaged = [], []
    for name in registry.names():
        try:
            models.append(registry.get(name))
        except ValueError as error:
            damaged.append(str(error))
    print(f"  {'name':24s} {'parent':24s} {'made, UTC':19s} {args.key}")
    for model in sorted(models, key=lambda each: each.made):
        mark = "*" if model.name == champion else " "
        score = in_short(model.scores.get(args.key))
        made = model.made[:19] or "-"
        print(f"{mark} {model.name:24s} {model.parent or '-':24s} {made:19s} {score}")
    print(f"* champion; {args.root}", *damaged, sep="\n")


@dataclass(frozen=True)
class Show:
    """A model: card, lineage, scores, and whether its files are what they were."""

    name: Name
    root: Path = ROOT
    """the registry"""


def run_show(args: Show) -> None:
    registry = registry_in(args.root)
    model = registry.get(args.name)
    wrong = {file: model.wrong_with(file) for file in FILES}
    if wrong[CARD] is None:
        print((model.folder / CARD).read_text(encoding="utf-8"))
    print(f"name: {model.name}, made {model.made or 'nobody knows when'}")
    print(f"note: {model.note or '-'}")
    print("lineage:", " <- ".join(each.name for each in registry.lineage(model.name)))
    print(f"fits the trunk: {model.eyes}")
    for key, figures in model.scores.items():
        print(f"score {key}: {in_short(figures)}")
        print(*(f"  {name}: {value}" for name, value in figures.items()), sep="\n")
    for line in registry.history():
        if line.name == model.name:
            print(f"champion from {line.time[:19]}: {line.why}")
    for file in FILES:
        print(wrong[file] or f"file {file}: {model.sha256[file][:16]}, as it was")


@dataclass(frozen=True)
class Compare:
    """Two models side by side; paired where the results of both evaluations are at hand."""

    a: Name
    b: Name
    root: Path = ROOT
    """the registry"""


def run_compare(args: Compare) -> None:
    registry = registry_in(args.root)
    a, b = registry.get(args.a), registry.get(args.b)
    for letter, model in (("A", a), ("B", b)):
        line = " <- ".join(each.name for each in registry.lineage(model.name))
        print(f"{letter}: {line}; {model.note or '-'}")
    for key in dict.fromkeys([*a.scores, *b.scores]):
        print(f"\n{key}: A {in_short(a.scores.get(key))}; B {in_short(b.scores.get(key))}")
        if key in a.scores and key in b.scores:
            try:
                pair = results_of(a, key), results_of(b, key)
            except ValueError as error:
                print(f"not compared episode by episode: {error}")
                continue
            compare.main(compare.Args(*pair))


@dataclass(frozen=True)
class Add:
    """Copy what a training left behind into the registry."""

    name: Name
    folder: Annotated[Path, tyro.conf.arg(name="from")]
    """where policy.safetensors, policy.onnx and policy.md are"""
    parent: str | None = None
    """the model that it came from"""
    note: str = ""
    """what is new in it"""
    eyes: Path | None = None
    """where the perception is on whose trunk it was trained, if that is not the shipped one"""
    root: Path = ROOT
    """the registry"""


def run_add(args: Add) -> None:
    model = registry_in(args.root).add(args.name, args.folder, args.parent, args.note, args.eyes)
    print(f"added: {model.folder}; try it: uv run scripts/drive.py --model {args.name}")


@dataclass(frozen=True)
class Score:
    """Keep the figures of an evaluation with the model that drove it."""

    name: Name
    results: Path
    """the JSON file of a run of evaluate"""
    key: str = TUNING
    """what they are kept as"""
    root: Path = ROOT
    """the registry"""


def run_score(args: Score) -> None:
    registry = registry_in(args.root)
    figures = figures_of(registry.get(args.name), args.results)
    model = registry.score(args.name, args.key, figures)
    print(f"{model.name}, {args.key}: {in_short(figures)}")


@dataclass(frozen=True)
class Promote:
    """Make a model champion."""

    name: Name
    why: str
    """what speaks for it"""
    root: Path = ROOT
    """the registry"""


def run_promote(args: Promote) -> None:
    print(f"champion: {registry_in(args.root).promote(args.name, args.why)}")


@dataclass(frozen=True)
class RollBack:
    """Make the champion before champion again."""

    why: str = "rolled back"
    """what speaks against the present one"""
    root: Path = ROOT
    """the registry"""


def run_roll_back(args: RollBack) -> None:
    print(f"champion: {registry_in(args.root).roll_back(args.why)}")


@dataclass(frozen=True)
class History:
    """Every promotion and roll-back."""

    root: Path = ROOT
    """the registry"""


def run_history(args: History) -> None:
    for line in registry_in(args.root).history():
        print(f"{line.time[:19]} {'back to ' if line.back else ''}{line.name}: {line.why}")


@dataclass(frozen=True)
class Ship:
    """Put a model where the code looks for its own."""

    name: Name
    root: Path = ROOT
    """the registry"""


def run_ship(args: Ship) -> None:
    model = registry_in(args.root).ship(args.name)
    print(f"shipped: {model.folder} is {model.note}")


COMMANDS = {
    "list": (List, run_list),
    "show": (Show, run_show),
    "compare": (Compare, run_compare),
    "add": (Add, run_add),
    "score": (Score, run_score),
    "promote": (Promote, run_promote),
    "roll-back": (RollBack, run_roll_back),
    "history": (History, run_history),
    "ship": (Ship, run_ship),
}


def main() -> None:
    run_chosen(COMMANDS, __doc__)


if __name__ == "__main__":
    main()
