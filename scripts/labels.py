"""What a learned driver is to say at a recorded moment: a path to follow and a speed to reach.

The expert's label is its plan, asked afresh on the recorded truth, whoever drove. Where a person
held the wheel, what the person did is the label, with the same weight. A path is the middle of the
lane that the driver means to be in (docs/policy.md): for a person it is the one of the expert's
paths along which the person is found a little later, so that nobody learns a person's wavering in
the lane. Where the person is on none of them, on a way around that the expert did not think of, it
is the line that the person drove.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.driving import HUMAN
from datasets.episode import DECISION_HZ, TICK, End
from datasets.geometry import SE2
from datasets.store.columns import column_array
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from planning.paths import project_points, resample
from planning.planner import Choice
from planning.policy.code import HORIZON, encode_line, encode_path

SPEED_AFTER = 20  # ticks after which the speed planned, or driven, is the target speed: 2 s
ARRIVED = 15, 30  # ticks: a person who changes lane is in the new one by then, or on the way there
ON_PATH = 1.3  # m: a car that is no further from the middle of a lane is in it
MISTAKE = 40  # ticks before a person left the road or hit somebody
SAME = 0.5  # m: paths that a person is as near to as this are one lane, and part further ahead
ALONG = 0.5  # of the way driven, at least, must be along a path: who crosses it is not on it
APART, LEAST = (
    1.0,
    3.0,
)  # m between the points kept of a driven line; a shorter one has no direction
REACH = 8.0  # m from a path within which places are looked for on it


@dataclass(frozen=True, slots=True)
class Label:
    """What is to be said at one moment, seen from one place."""

    path: FloatArray  # (PATH_SIZE,) see planning/policy/code.py
    speed: float  # m/s


@dataclass(frozen=True, slots=True)
class Driven:
    """Where a person took the car from one moment on: T ticks in the ego frame of the first."""

    xy_ego: FloatArray  # (T, 2) m
    speed: FloatArray  # (T,) m/s


def of_expert(choice: Choice, view: SE2) -> Label:
    """The expert's plan, as it is seen from `view`."""
    which = int(choice.proposals.path[choice.best])
    path = encode_path(choice.paths, which, view)
    return Label(path, float(choice.rollouts.speed[choice.best, SPEED_AFTER]))


def of_person(choice: Choice, driven: Driven, view: SE2) -> Label:
    """What the person did who was at the wheel for at least ARRIVED ticks more; `choice` holds the
    paths that there were. Who stands where no lane leads says nothing of the way."""
    speed = float(driven.speed[min(SPEED_AFTER, len(driven.speed) - 1)])
    which = _lane_driven(choice, driven.xy_ego)
    if which is not None:
        return Label(encode_path(choice.paths, which, view), speed)
    line = driven.xy_ego[_thinned(driven.xy_ego)]
    if np.hypot(*np.diff(line, axis=0).T).sum() < LEAST:
        return Label(of_expert(choice, view).path, speed)
    xy, heading = resample(line, 0.0, round(HORIZON) + 1)
    return Label(encode_line(xy, heading, 0, view), speed)


def _lane_driven(choice: Choice, xy_ego: FloatArray) -> int | None:
    """The path that a person at (T, 2) places is on a little later, and goes along; of several, as
    before a fork, the one that the person stays nearest to, or else the expert's. None: on none."""
    s, d = project_points(choice.paths.xy, choice.paths.heading, xy_ego[None], REACH)
    away = np.minimum(np.abs(d[:, 0]), REACH)  # (P, T) m
    then = slice(*ARRIVED)
    driven = float(np.hypot(*np.diff(xy_ego[then], axis=0).T).sum())
    along = s[:, 0, then][:, -1] - s[:, 0, then][:, 0] >= ALONG * driven
    mean = away[:, then].mean(axis=1)
    on_it = along & (mean <= ON_PATH)
    if not on_it.any():
        return None
    same = on_it & (mean <= mean[on_it].min() + SAME)
    stays = np.where(same, away[:, ARRIVED[0] :].mean(axis=1), np.inf)
    expert = int(choice.proposals.path[choice.best])
    return expert if stays[expert] <= stays.min() + 1e-6 else int(np.argmin(stays))


def _thinned(xy: FloatArray) -> list[int]:
    """The numbers of those of (T, 2) points that lie APART or further from the one kept before:
    closer ones tell of nothing but jitter."""
    kept = [0]
    for i in range(1, len(xy)):
        if np.hypot(*(xy[i] - xy[kept[-1]])) >= APART:
            kept.append(i)
    return kept


class Persons:
    """Who of an episode's ticks were driven by a person, and where to."""

    def __init__(self, reader: DatasetReader, row: EpisodeRow) -> None:
        table = reader.table(row, ["driver", "pose"])
        self._person: BoolArray = np.array([who == HUMAN for who in table["driver"].to_pylist()])
        if row.at_fault or row.end == End.OFF_ROAD:
            self._person[-MISTAKE:] = False  # what led there is no example
        self._pose: FloatArray = column_array(table, "pose")

    def driven(self, offset: int) -> Driven | None:
        """What a person did from a tick of the episode on; None where nobody held the wheel, or
        not for long enough to tell."""
        ahead = self._person[offset:]
        count = len(ahead) if ahead.all() else int(np.argmin(ahead))
        if count <= ARRIVED[1]:
            return None
        ego_from_world = SE2(*self._pose[offset]).inverse()
        last = offset + min(count, 10 * DECISION_HZ)
        xy = ego_from_world.apply(self._pose[offset:last, :2])
        speed = np.hypot(*np.diff(xy, axis=0).T) / TICK
        return Driven(xy, np.append(speed, speed[-1]))


def has_persons(row: EpisodeRow) -> bool:
    """Whether a person drove in an episode."""
    return row.interventions > 0 or row.head.agent == HUMAN
