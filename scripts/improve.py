"""Improve: the data engine. Drive, keep what matters, label, retrain, prove, promote, again.

    uv run scripts/improve.py --rounds 2 --hours 1 --data runs/data
    uv run scripts/improve.py --rounds 1 --hours 0.5 --data runs/data --people runs/mine

The champion of the registry (scripts/models.py) drives with the expert riding along; where they
disagree, where the rules had to help, where it became near or went wrong, clips are kept. The
expert labels them, the champion's weights learn on from all that was kept so far and the data they
began with. The challenger is promoted only when it drives better beyond noise, and nowhere clearly
worse. Each round leaves a page (OUT/round-N/index.html). A run that is killed goes on where it was
when the same command is given again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import tyro

from datasets.learning.model import WEIGHTS
from datasets.learning.registry import ROOT as MODELS
from datasets.learning.registry import Registry
from datasets.store.disk import StorageError
from scripts.engine.drives import DriveConfig, drive
from scripts.engine.keep import KeepConfig, keep, read_clips, summary_of
from scripts.engine.page import Story, write_page
from scripts.engine.proof import Proof, ProofConfig, prove
from scripts.engine.rounds import Round
from scripts.evaluate import chosen_scenarios, commit
from scripts.models_at_hand import name_in, registry_in
from sim.cameras.weather import weather_for

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class LearnConfig:
    """How the challenger learns on; what is not said here is as in train.py policy."""

    steps: int = 1500
    learning_rate: float = 2e-3
    seeds: tuple[int, int] = (1000, 5999)
    """the first and the last of the episodes to train on, driven ones among them"""
    held_out: tuple[int, int] = (1027, 1028)
    """the same to validate on"""
    every: int = 4
    """ticks from one moment to the next"""
    moved: float = 0.5
    """share of the moments that are also seen from a moved car"""
    own_share: float = 0.4
    """of what it learns from, at least, is kept clips: they come repeatedly until then"""


@dataclass(frozen=True)
class Args:
    """Let the champion get better from its own driving."""

    rounds: int = 1
    """how many"""
    hours: float = 1.0
    """driven in each round"""
    data: tuple[Path, ...] = (Path("runs/data"), Path("runs/held"))
    """datasets that the champion was trained on: they stay part of the lessons"""
    people: tuple[Path, ...] = ()
    """datasets in which people drove (drive.py --record): what they did is kept"""
    out: Path = Path("runs/improve")
    """the folder of the rounds; its name begins the names of the challengers"""
    models: Path = MODELS
    """the registry that the champion is of, and the challengers join"""
    scenarios: str = "all"
    """all, or names with commas between"""
    jobs: int = 1
    """processes"""
    lessons: Path = Path("runs/lessons")
    """a folder for features and labels: 60 KB a moment"""
    drive: DriveConfig = field(default_factory=DriveConfig)
    keep: KeepConfig = field(default_factory=KeepConfig)
    learn: LearnConfig = field(default_factory=LearnConfig)
    prove: ProofConfig = field(default_factory=ProofConfig)


def main(args: Args) -> None:
    # Refuse what does not exist, before anything runs.
    scenarios = chosen_scenarios(args.scenarios)
    weather_for(args.drive.weather, 0)
    weather_for(args.prove.weather, 0)
    for each in (*args.data, *args.people):
        if not each.is_dir():
            raise ValueError(f"data: expected the folder of a dataset, got {each}")
    for number in range(1, args.rounds + 1):
        run_round(args, Round(args.out, number), scenarios)


def run_round(args: Args, now: Round, scenarios: Sequence[str]) -> None:
    """One round; each step is skipped where it is done already, and a round that has told its story
    is over: what became of its champion since is no business of it."""
    registry = registry_in(args.models)
    champion = now.begin(registry.champion(), _settings(args))
    challenger = f"{args.out.name}-{now.number}"
    if now.page.exists():
        print(f"round {now.number} is over: {now.page}", flush=True)
        return
    print(f"round {now.number}: {champion} is to be beaten by {challenger}", flush=True)
    # 1. Drive.
    rivals = [name_in(args.models, name) for name in (champion, challenger)]
    ticks = drive(rivals[0], scenarios, args.hours, now.driven, args.drive, now.number, args.jobs)
    # 2. Keep what matters.
    sources = [now.driven, *args.people]
    if not summary_of(now.kept).exists():
        keep(sources, now.kept, args.keep)
    # 3. Label and retrain.
    if challenger not in registry.names():
        train(args, now, registry, champion)
        eyes, note = registry.get(champion).own_eyes, f"{now.folder}, commit {commit()}"
        registry.add(challenger, now.trained, champion, note, eyes)
    # 4. Prove.
    proof = prove(*rivals, scenarios, now.proofs, args.prove, args.jobs)
    # 5. Promote, or not.
    decision = decide(now, registry, champion, challenger, proof)
    # 6. Tell.
    facts = (
        f"{champion} drove {ticks} ticks in {args.drive.weather} weather as pilot and as pupil. "
        f"{args.prove.driver} alone was compared on seeds from {args.prove.seed} on, in "
        f"{args.prove.weather} weather, at commit {commit()}."
    )
    title = f"Round {now.number}: {champion} and {challenger}"
    clips = read_clips(now.kept)
    write_page(Story(title, decision, facts, clips, sources, ticks, proof, now.trained), now.page)
    print(f"{decision}\npage: {now.page}", flush=True)


def _settings(args: Args) -> dict[str, object]:
    """What must stay the same from the first step of a round to its last."""
    chosen = asdict(args)
    return {name: value for name, value in chosen.items() if name not in ("rounds", "jobs")}


def train(args: Args, now: Round, registry: Registry, champion: str) -> None:
    """The challenger: the champion's weights, gone on with all that was kept. The command is the
    one that a person would give, and stands in the model's card."""
    kept = [Round(args.out, number).kept for number in range(1, now.number + 1)]
    learn = args.learn
    command = ["scripts/train.py", "policy", "--data", *map(str, args.data)]
    command += ["--own", *map(str, kept), "--own-share", str(learn.own_share)]
    command += ["--out", str(now.trained), "--lessons", str(args.lessons)]
    model = registry.get(champion)
    start = os.path.relpath(model.folder / WEIGHTS)  # the card names no machine's folders
    command += ["--start", start, "--jobs", str(args.jobs)]
    if model.own_eyes is not None:
        command += ["--eyes", os.path.relpath(model.own_eyes)]
    command += ["--seeds", *map(str, learn.seeds), "--held-out", *map(str, learn.held_out)]
    command += ["--take.every", str(learn.every), "--take.moved", str(learn.moved)]
    command += ["--steps", str(learn.steps), "--learning-rate", str(learn.learning_rate)]
    subprocess.run([sys.executable, str(ROOT / command[0]), *command[1:]], check=True)


def decide(now: Round, registry: Registry, champion: str, challenger: str, proof: Proof) -> str:
    """Promote the challenger where nothing speaks against it; the decision in a sentence."""
    told = now.read("decision")
    if told is None:
        objections, score = proof.objections, proof.score
        goals = [sum(pair[i]["success"] for pair in proof.pairs) for i in (0, 1)]
        told = {
            "champion": champion,
            "challenger": challenger,
            "promoted": not objections,
            "objections": objections,
            "pairs": score.pairs,
            "goals": goals,
            "wins": score.wins,
            "losses": score.losses,
        }
        registry.score(challenger, "proof", told)
        now.write("decision", told)
    name, pairs = challenger, told["pairs"]
    numbers = f"{told['goals'][1]} goals of {pairs} against {told['goals'][0]}"
    if not told["promoted"]:
        return f"{name} is not promoted ({numbers}): {'; '.join(told['objections'])}."
    if registry.champion() == champion:
        registry.promote(name, f"beat {champion}: {numbers}")
    return f"{name} is promoted: {numbers}, {told['wins']} won and {told['losses']} lost."


if __name__ == "__main__":
    try:
        main(tyro.cli(Args))
    except (ValueError, StorageError) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"training failed with exit status {error.returncode}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from here")
