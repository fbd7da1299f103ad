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
from datasets.episode import DECISION_HZ, End
from datasets.geometry import SE2
from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader
from planning.paths import project_points, resample
from planning.planner import Choice
from planning.policy.code import HORIZON, encode_line, encode_path

SPEED_AFTER = 20  # ticks after which the speed planned, or driven, is the target speed: 2 s
ARRIVED = 15, 30  # ticks: a person who changes lane is in the new one by then, or on the way there
ON_PATH = 1.3  # m: a car that is no further from the middle of a lane is in it
MISTAKE = 40  # ticks before a person left the road or hit somebody
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
    paths that there were."""
    speed = float(driven.speed[min(SPEED_AFTER, len(driven.speed) - 1)])
    places = driven.xy_ego[slice(*ARRIVED)]
    paths = choice.paths
    _, d = project_points(paths.xy, paths.heading, places[None], REACH)
    away = np.abs(d[:, 0]).mean(axis=1)
    nearest = int(np.argmin(away))
    if away[nearest] <= ON_PATH:
        return Label(encode_path(paths, nearest, view), speed)
    xy, heading = resample(driven.xy_ego, 0.0, round(HORIZON) + 1)
    return Label(encode_line(xy, heading, 0, view), speed)


class Persons:
    """Who of an episode's ticks were driven by a person, and where to."""

    def __init__(self, reader: DatasetReader, row: EpisodeRow) -> None:
        ticks = slice(row.first, row.last)
        taken: BoolArray = reader.numbers("intervention")[ticks]
        self._person = taken | (row.head.agent == HUMAN)
        if row.at_fault or row.end == End.OFF_ROAD:
            self._person[-MISTAKE:] = False  # what led there is no example
        self._pose: FloatArray = reader.numbers("pose")[ticks]
        self._speed: FloatArray = reader.numbers("observation.state")[ticks, 0]

    def driven(self, offset: int) -> Driven | None:
        """What a person did from a tick of the episode on; None where nobody held the wheel, or
        not for long enough to tell."""
        ahead = self._person[offset:]
        count = len(ahead) if ahead.all() else int(np.argmin(ahead))
        if count <= ARRIVED[1]:
            return None
        ego_from_world = SE2(*self._pose[offset]).inverse()
        last = offset + min(count, 10 * DECISION_HZ)
        return Driven(ego_from_world.apply(self._pose[offset:last, :2]), self._speed[offset:last])


def has_persons(row: EpisodeRow) -> bool:
    """Whether a person drove in an episode."""
    return row.interventions > 0 or row.head.agent == HUMAN
