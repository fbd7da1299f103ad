"""Champion and challenger on the same episodes, until one is better beyond noise or time is up.

Seed by seed through all scenarios. After each seed the score is looked at (sim/scores/sequential.py
is made for that): the run stops as soon as either driver is proved better. What was driven is kept
by model, so that a champion that was a challenger before does not drive its seeds again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.agents import file_name
from scripts.compare import FIGURES, compare_figure
from scripts.evaluate import Args as Evaluation
from scripts.evaluate import commit, make_player
from sim.scores.episode import Row
from sim.scores.resume import RowCache, run_episodes
from sim.scores.sequential import ALPHA, Score, evidence, is_proved
from sim.scores.statistics import Verdict

Pair = tuple[Row, Row]  # of champion and challenger, of the same episode
SUCCESS, AT_FAULT = FIGURES[0], FIGURES[2]


@dataclass(frozen=True, slots=True)
class ProofConfig:
    """Where and for how long the two are compared."""

    driver: str = "policy"
    """who drives with their weights: the policy alone, or the pilot"""
    seed: int = 6000
    """of the first episode of each scenario: tuning seeds, which nobody trained on"""
    least: int = 4
    """episodes of each scenario before anybody is believed"""
    most: int = 40
    """episodes of each scenario after which nobody is better"""
    weather: str = "clear"
    """what the cameras look through"""
    alpha: float = ALPHA
    """the chance to promote a challenger that is no better"""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError(f"prove: expected 1 <= least <= most, got {self.least}, {self.most}")
        if not 0 < self.alpha < 1:
            raise ValueError(f"prove.alpha: expected a chance between 0 and 1, got {self.alpha}")


@dataclass(frozen=True, slots=True)
class Proof:
    """What the comparison says."""

    champion: str
    challenger: str
    pairs: tuple[Pair, ...]
    course: tuple[Score, ...]  # the score after each seed
    alpha: float

    @property
    def score(self) -> Score:
        return self.course[-1]

    @property
    def worse_in(self) -> tuple[str, ...]:
        """The scenarios in which the challenger is clearly worse, by the 95 % interval of each."""
        names = dict.fromkeys(a["scenario"] for a, _ in self.pairs)
        return tuple(
            name
            for name in names
            if _is_worse(SUCCESS, [p for p in self.pairs if p[0]["scenario"] == name])
        )

    @property
    def objections(self) -> tuple[str, ...]:
        """Why the challenger must not be promoted; empty: it is."""
        found = []
        if not is_proved(self.score, self.alpha):
            found.append(
                f"not better beyond noise: {self.score.wins} won, {self.score.losses} lost, "
                f"evidence {evidence(self.score):.2g} of {1 / self.alpha:.0f}"
            )
        found += [f"clearly worse in {name}" for name in self.worse_in]
        if _is_worse(AT_FAULT, self.pairs):
            found.append("clearly more at-fault collisions")
        return tuple(found)


def _is_worse(figure: Any, pairs: Sequence[Pair]) -> bool:
    told = compare_figure(figure, list(pairs))
    return told is not None and told.verdict is Verdict.WORSE


def prove(
    champion: str,
    challenger: str,
    scenarios: Sequence[str],
    folder: Path,
    config: ProofConfig,
    jobs: int,
) -> Proof:
    """Drive both until it is told who is better, and say how it stands after each seed. What was
    driven lies in `folder`, so that a killed proof goes on."""
    names = [f"{config.driver}@{name}" for name in (champion, challenger)]
    caches = [_cache(name, scenarios, folder, config) for name in names]
    players = [make_player(Evaluation(agent=name, weather=config.weather)) for name in names]
    course: list[Score] = []
    pairs: list[Pair] = []
    for count in range(1, config.most + 1):
        seeds = range(config.seed, config.seed + count)
        episodes = [(scenario, seed) for seed in seeds for scenario in scenarios]
        driven = [
            run_episodes(player, episodes, cache, jobs, progress=False)
            for player, cache in zip(players, caches, strict=True)
        ]
        pairs = list(zip(*driven, strict=True))
        score = Score()
        for a, b in pairs:
            score = score.and_pair(a["success"], b["success"])
        course.append(score)
        print(_standing(score, names), flush=True)
        if count >= config.least and _is_told(score, config.alpha):
            break
    return Proof(champion, challenger, tuple(pairs), tuple(course), config.alpha)


def _cache(name: str, scenarios: Sequence[str], folder: Path, config: ProofConfig) -> RowCache:
    about = {
        "agent": name,
        "commit": commit(),
        "seed": config.seed,
        "weather": config.weather,
        "scenarios": list(scenarios),
    }
    cache = RowCache(folder / f"{file_name(name)}.jsonl", about)
    if cache.note:
        print(cache.note)
    return cache


def _is_told(score: Score, alpha: float) -> bool:
    return is_proved(score, alpha) or is_proved(score.mirrored, alpha)


def _standing(score: Score, names: Sequence[str]) -> str:
    return (
        f"{names[1]} against {names[0]}, {score.pairs} pairs: {score.wins} won, {score.losses} "
        f"lost; evidence for {evidence(score):.2g}, against {evidence(score.mirrored):.2g}"
    )
