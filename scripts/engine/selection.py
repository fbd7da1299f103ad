"""What matters in a drive: stretches of a few seconds, why each is worth keeping, which are kept.

    traces of episodes -> stretches with reasons -> the most worth, as many as there is room for

A stretch may have several reasons; its worth is their sum. What a driver masters teaches little:
it is kept only where nothing better fills the room. `random_choice` is the control of the same
size, which a selection has to beat to be one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from datasets.checks import BoolArray, FloatArray, check_array
from datasets.episode import DECISION_HZ


class Reason(StrEnum):
    """Why a stretch is worth keeping."""

    PERSON = "a person drove"
    FAILURE = "a failure followed"
    HAND_OVER = "the wheel changed hands"
    NEAR_MISS = "near miss"
    DISAGREEMENT = "the expert would have driven otherwise"
    RARE = "a rare scenario"


@dataclass(frozen=True, slots=True)
class Worth:
    """How much each reason counts, and how far it reaches."""

    person: float = 10.0  # a person takes the wheel for a reason
    failure: float = 3.0
    hand_over: float = 2.0
    near_miss: float = 1.0
    disagreement: float = 1.0  # for each `apart` metres on the mean, up to `most_apart` of them
    rare: float = 0.5
    apart: float = 1.0  # m between the plans two seconds ahead: a quarter of a lane
    most_apart: float = 3.0  # times `apart`: further apart is not worth more
    before_failure: float = 6.0  # s: what led to it, long enough to have done otherwise
    before_hand_over: float = 2.0  # s
    rare_share: float = 0.5  # of the mean over scenarios: one with fewer ticks is rare


@dataclass(frozen=True, slots=True)
class Trace:
    """What one episode of T ticks leaves behind to choose by."""

    episode: int  # its number in its dataset
    scenario: str
    apart: FloatArray  # (T,) m between the driver's plan and the expert's, 2 s ahead
    hand_over: BoolArray  # (T,) another driver than a tick ago
    near: BoolArray  # (T,) near miss
    person: BoolArray  # (T,) a person held the wheel
    failed: bool  # it did not end at the goal

    def __post_init__(self) -> None:
        n = len(self.apart)
        check_array("Trace.apart", self.apart, (n,), np.float64)
        for name in ("hand_over", "near", "person"):
            check_array(f"Trace.{name}", getattr(self, name), (n,), np.bool_)

    def __len__(self) -> int:
        return len(self.apart)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Ticks `first` to `last` - 1 of an episode."""

    source: int  # which of several datasets it lies in
    episode: int
    scenario: str
    first: int
    last: int
    worth: float = 0.0
    reasons: tuple[Reason, ...] = ()

    def __len__(self) -> int:
        return self.last - self.first


def stretches(
    traces: Sequence[tuple[int, Trace]], span: int, config: Worth | None = None
) -> list[Stretch]:
    """All stretches of `span` ticks, judged; each trace comes with the number of its dataset. What
    is left at the end of an episode belongs to its last stretch."""
    config = config or Worth()
    ticks = Counter[str]()
    for _, trace in traces:
        ticks[trace.scenario] += len(trace)
    usual = float(np.mean(list(ticks.values()))) if ticks else 0.0
    rare = {name for name, count in ticks.items() if count < config.rare_share * usual}
    found = []
    for source, trace in traces:
        reasons = _reasons(trace, config)
        starts = range(0, max(len(trace) - span, 0) + 1, span)
        for first in starts:
            last = len(trace) if first == starts[-1] else first + span
            here = {why: float(value[first:last].max()) for why, value in reasons.items()}
            mean = float(
                np.minimum(trace.apart[first:last] / config.apart, config.most_apart).mean()
            )
            here[Reason.DISAGREEMENT] = config.disagreement * mean
            here[Reason.RARE] = config.rare * (trace.scenario in rare)
            told = tuple(why for why in Reason if here[why] >= (1.0 if why in _GRADED else 1e-9))
            worth = sum(here.values())
            found.append(Stretch(source, trace.episode, trace.scenario, first, last, worth, told))
    return found


_GRADED = (Reason.DISAGREEMENT,)  # said as a reason only where it counts for one by itself


def _reasons(trace: Trace, config: Worth) -> dict[Reason, FloatArray]:
    """(T,) what each tick is worth, reason by reason."""
    n = len(trace)
    failure = np.zeros(n)
    if trace.failed:
        failure[-round(config.before_failure * DECISION_HZ) :] = config.failure
    before = round(config.before_hand_over * DECISION_HZ)
    soon = np.convolve(trace.hand_over[::-1], np.ones(before + 1))[:n][::-1] > 0
    return {
        Reason.PERSON: config.person * trace.person,
        Reason.FAILURE: failure,
        Reason.HAND_OVER: config.hand_over * soon,
        Reason.NEAR_MISS: config.near_miss * trace.near,
    }


def most_worth(found: Sequence[Stretch], room: int) -> list[Stretch]:
    """The stretches with the most worth that fit into `room` ticks, in the order of the drives;
    of equal ones the earlier."""
    return _fill(sorted(found, key=lambda each: -each.worth), room)


def random_choice(found: Sequence[Stretch], room: int, rng: np.random.Generator) -> list[Stretch]:
    """As many at random: what a selection has to beat."""
    return _fill([found[i] for i in rng.permutation(len(found))], room)


def _fill(ordered: Sequence[Stretch], room: int) -> list[Stretch]:
    kept: list[Stretch] = []
    for each in ordered:
        if len(each) <= room:
            kept.append(each)
            room -= len(each)
    return sorted(kept, key=lambda each: (each.source, each.episode, each.first))


def joined(kept: Sequence[Stretch]) -> list[Stretch]:
    """Stretches that follow one another as one, with the reasons of both and the higher worth."""
    out: list[Stretch] = []
    for each in kept:
        before = out[-1] if out else None
        if (
            before is not None
            and (before.source, before.episode) == (each.source, each.episode)
            and before.last == each.first
        ):
            reasons = tuple(why for why in Reason if why in before.reasons + each.reasons)
            worth = max(before.worth, each.worth)
            out[-1] = Stretch(
                each.source, each.episode, each.scenario, before.first, each.last, worth, reasons
            )
        else:
            out.append(each)
    return out
