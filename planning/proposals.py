"""What the car could do: the paths it can reach (planning.reach) x ways to choose its speed.

Drive at a share of the limit behind whoever is in front (IDM), hold the present speed, wait before
the first conflict on the path, come to a junction later and then drive on, hurry into a gap, brake.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.observation import EgoState
from planning.boxes import EGO_LENGTH
from planning.paths import Paths
from planning.prediction import Beside
from planning.reach import BEHIND

CHANGE_TIME = 3.5  # s that a lane change takes when another one follows
CRAWL = 2.5  # m/s: walking past whoever stands about
CREEP = 0.4  # of the limit: no slower than this while looking for a gap
CONFLICT_WIDTH = 2.3  # m between a path and the centre of a car that blocks it: 2 m of car and air
ASIDE = 0.5  # m from the path: who has further to go to it may pass somebody on the way
STOP_LINE = 6.0  # m from the centre of the waiting car to a junction: who turns cuts the corner
SLOW_SHARES, DELAYS = (0.0, 0.3, 0.6), (1.0, 2.0, 3.0)  # of the limit, s: coming later
TIMED = 60.0  # m to a junction: further away it is not known yet when to be there
AT_JUNCTION = 12.0  # m: this near to a junction, or in it, the car may hurry into a gap
LAUNCH = 2.6  # times the usual acceleration: nearly all that the car has
STOP_BEFORE = 5.5  # m from the centre of the waiting car to the conflict: half a car and 3 m


class Proposal(NamedTuple):
    """One path and one way to drive along it."""

    path: int  # index into Paths
    speed: float  # m/s to drive at most
    stop: float  # m along the path where the centre of the car must stand; inf: nowhere
    kind: str  # "drive", "hold", "pass", "yield", "later", "brake", "launch"
    urgent: bool = False  # hard braking and steering allowed, comfort does not matter
    first: float = math.inf  # m/s to drive at most in the first `delay`
    delay: float = 0.0  # s


@dataclass(frozen=True, slots=True)
class Proposals:
    """C proposals, as a struct of arrays; see Proposal."""

    path: IntArray  # (C,)
    speed: FloatArray  # (C,)
    stop: FloatArray  # (C,)
    kind: tuple[str, ...]  # (C,)
    urgent: BoolArray  # (C,)
    first: FloatArray  # (C,)
    delay: FloatArray  # (C,)

    @classmethod
    def of(cls, rows: Sequence[Proposal]) -> Proposals:
        path, speed, stop, kind, urgent, first, delay = zip(*rows, strict=True)
        return cls(
            path=np.array(path, np.int64),
            speed=np.array(speed, np.float64),
            stop=np.array(stop, np.float64),
            kind=kind,
            urgent=np.array(urgent, np.bool_),
            first=np.array(first, np.float64),
            delay=np.array(delay, np.float64),
        )

    def __len__(self) -> int:
        return len(self.path)

    @property
    def passing(self) -> BoolArray:
        """(C,) pays no heed to whom it passes on its way to the path."""
        return np.array([kind == "pass" for kind in self.kind])

    @property
    def hurry(self) -> FloatArray:
        """(C,) how many times its usual acceleration it may take."""
        return np.array([LAUNCH if kind == "launch" else 1.0 for kind in self.kind])


def first_conflict(paths: Paths, beside: Beside) -> FloatArray:
    """(P,) m along each path to the first place that somebody from beside it comes to block; inf
    if nobody does."""
    blocks = np.abs(beside.d) < CONFLICT_WIDTH
    outside_now = ~blocks[:, :, :1]
    ahead = beside.s > paths.start[:, None, None] + 3.0
    place = np.where(blocks & outside_now & ahead, beside.s, np.inf)
    # A car that comes the other way or across blocks the road with its length, not its centre.
    return np.asarray(place.min(axis=(1, 2), initial=np.inf))


def _due(paths: Paths, p: int) -> tuple[float, float]:
    """The highest speed on a path, m/s, and where on it the car must stand, m: both given by the
    limit and by the lane changes that the route still asks for."""
    limit = float(paths.speed_limit[p, BEHIND])
    if not math.isfinite(paths.room[p]):
        return limit, math.inf
    time = CHANGE_TIME * (paths.changes[p] + 0.5 * abs(paths.side[p]))
    end = paths.start[p] + paths.room[p] - STOP_BEFORE
    return min(limit, max(paths.room[p] / time, CREEP * limit)), end


def propose(
    paths: Paths,
    ego: EgoState,
    conflict: FloatArray,
    entry: FloatArray,
    shares: tuple[float, ...],
) -> Proposals:
    """All proposals; `conflict` (P,) as first_conflict gives it, `entry` (P,) where the next
    junction begins, `shares` of the speed limit."""
    rows: list[Proposal] = []
    for p in range(len(paths)):
        here, end = _due(paths, p)
        to_junction = float(entry[p] - paths.start[p])
        rows += [Proposal(p, share * here, end, "drive") for share in shares]
        if ego.speed < 2 * CRAWL:
            rows.append(Proposal(p, min(CRAWL, here), end, "drive"))
        rows.append(Proposal(p, min(ego.speed, here), end, "hold"))
        if abs(paths.offset[p]) > ASIDE:
            rows.append(Proposal(p, here, end, "pass"))
        for place in (conflict[p] - STOP_BEFORE, entry[p] - STOP_LINE):
            if math.isfinite(place):
                rows.append(Proposal(p, here, min(end, place), "yield"))
        if EGO_LENGTH / 2 < to_junction < TIMED and ego.speed > CRAWL:
            rows += _later(p, here, end, ego.speed)
        if to_junction < AT_JUNCTION:
            rows.append(Proposal(p, here, end, "launch"))
        rows.append(Proposal(p, 0.0, end, "brake"))
        rows.append(Proposal(p, 0.0, end, "brake", urgent=True))
        rows.append(Proposal(p, min(ego.speed, here), end, "hold", urgent=True))
    return Proposals.of(rows)


def _later(p: int, here: float, end: float, speed: float) -> list[Proposal]:
    """Slow down for a moment and then drive on: to be there when those who cross have gone, without
    stopping for them. Not for who stands: he would put it off for ever."""
    return [
        Proposal(p, here, end, "later", first=share * here, delay=delay)
        for share in SLOW_SHARES
        for delay in DELAYS
        if share * here < speed + 0.5
    ]
