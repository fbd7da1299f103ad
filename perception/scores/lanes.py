"""How well the road is seen, as OpenLane scores it, on the ground and in metres.

What is compared are lane boundaries, a point every metre from NEAREST to HORIZON along the true
spine, each at its offset from that: where a road bends back on itself, x ahead of the car would say
nothing. A point is right within NEAR of the true boundary; a boundary is found when SHARE of its
points are right, and a predicted one is right when SHARE of its points are. Where nothing is
painted, a boundary counts for `f1` but not for `f1_painted`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import linear_sum_assignment

from datasets.checks import BoolArray, FloatArray
from datasets.frenet import Polyline
from datasets.scene import Marking
from perception.nouns import HORIZON, OWN, SLOTS, STATION_S, RoadEstimate
from perception.scores.table import Table, median

NEAREST = 3.0  # m
NEAR = 0.5  # m
SHARE = 0.75
THERE = 0.5  # probability
SAME = 0.3  # of a lane's width: two boundaries nearer than this are one, seen from either lane
ERRORS_AT = (10.0, 30.0, 50.0)  # m
SAMPLES: FloatArray = np.arange(NEAREST, HORIZON + 0.5)  # m along the spine


@dataclass(frozen=True, slots=True)
class Boundaries:
    """B lane boundaries as offsets (m, left positive) from one line; NaN where there is none."""

    offset: FloatArray  # (B, N) at SAMPLES
    painted: BoolArray  # (B,)


def score_road(truth: RoadEstimate, told: RoadEstimate) -> dict[str, Table]:
    """One tick -> the row "lanes" (counts), and "lane errors"; none where the car is on no road."""
    if truth.exists < THERE:
        return {}
    line = _fine(truth)
    true = boundaries(truth, line)
    said = boundaries(told, line) if told.exists > THERE else _nothing()
    right_of_true, right_of_said = agreement(true, said)
    hit = (right_of_true >= SHARE) & (right_of_said >= SHARE)
    i, j = linear_sum_assignment(-(hit * (right_of_true + right_of_said)))
    pairs = hit[i, j]
    found, taken = i[pairs], j[pairs]
    # Of the painted ones alone: what is said to be unpainted, or is so, may be said or not.
    excused = ~said.painted | hit[~true.painted].any(axis=0)
    excused[taken[true.painted[found]]] = False
    counts = {
        "true": [len(true.painted)],
        "said": [len(said.painted)],
        "found": [len(found)],
        "true painted": [int(true.painted.sum())],
        "said painted": [int((~excused).sum())],
        "found painted": [int(true.painted[found].sum())],
    }
    own = boundaries(_only_own(truth), line)
    return {
        "lanes": {name: np.array(count) for name, count in counts.items()},
        "lane errors": _errors(own, said),
    }


def boundaries(road: RoadEstimate, line: Polyline) -> Boundaries:
    """The boundaries of all lanes of an estimate, beside a line."""
    s = np.arange(0.0, max(road.length, 1.0))
    xy = CubicSpline(STATION_S, road.xy_ego)(s)
    step = np.gradient(xy, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.hypot(*step.T)[:, None]
    offsets, painted = [np.zeros((0, len(SAMPLES)))], []
    for k in range(SLOTS):
        there = (road.lane_exists_at[k] > THERE) & (road.lane_exists[k] > THERE)
        if not there.any():
            continue
        drawn = np.interp(s, STATION_S, there.astype(float)) > THERE
        middle = np.interp(s, STATION_S[there], road.lane_offset[k, there])
        markings = (road.left_marking[k], road.right_marking[k])
        for side, marking in zip((0.5, -0.5), markings, strict=True):
            curve = xy + (middle + side * road.lane_width[k])[:, None] * normal
            offset = _beside(line, curve[drawn])
            same = _same(np.concatenate(offsets), offset, SAME * float(road.lane_width[k]))
            if same is None:
                offsets.append(offset[None])
                painted.append(int(marking.argmax()) != Marking.NONE)
            else:
                old = offsets[same + 1]
                offsets[same + 1] = np.where(np.isfinite(old), old, offset)
    return Boundaries(np.concatenate(offsets), np.array(painted, np.bool_))


def _fine(road: RoadEstimate) -> Polyline:
    s = np.arange(0.0, HORIZON + 1.0)
    return Polyline(CubicSpline(STATION_S, road.xy_ego)(s))


def _nothing() -> Boundaries:
    return Boundaries(np.zeros((0, len(SAMPLES))), np.zeros(0, np.bool_))


def _only_own(road: RoadEstimate) -> RoadEstimate:
    own = np.arange(SLOTS) == OWN
    return replace(road, lane_exists=road.lane_exists * own)


def _beside(line: Polyline, xy: FloatArray) -> FloatArray:
    """(N,) the offset of a curve from the line at SAMPLES; NaN where it does not run."""
    if len(xy) < 2:
        return np.full(len(SAMPLES), np.nan)
    s, d = line.project(xy)
    order = np.argsort(s)
    offset = np.interp(SAMPLES, s[order], d[order], left=np.nan, right=np.nan)
    return np.asarray(offset)


def _same(known: FloatArray, offset: FloatArray, near: float) -> int | None:
    """Which of the known boundaries this one is; None: a new one."""
    for i, other in enumerate(known):
        gap = np.abs(other - offset)
        if np.isfinite(gap).any() and np.nanmedian(gap) < near:
            return i
    return None


def agreement(true: Boundaries, said: Boundaries) -> tuple[FloatArray, FloatArray]:
    """(B, C) the share of the points of each true boundary that each said one gets right, and the
    share of the points of each said one that are right."""
    gap = np.abs(true.offset[:, None] - said.offset[None])  # (B, C, N)
    right = np.where(np.isfinite(gap), gap, np.inf) < NEAR
    of_true = right.sum(axis=2) / np.maximum(np.isfinite(true.offset).sum(axis=1), 1)[:, None]
    of_said = right.sum(axis=2) / np.maximum(np.isfinite(said.offset).sum(axis=1), 1)
    return of_true, of_said


def _errors(own: Boundaries, said: Boundaries) -> Table:
    """Per boundary of the own lane and distance: how far off the nearest one said is."""
    at = np.searchsorted(SAMPLES, ERRORS_AT)
    gap = np.abs(own.offset[:, None, at] - said.offset[None, :, at])  # (B, C, 3)
    gap = np.where(np.isfinite(gap), gap, np.inf).min(axis=1, initial=np.inf)
    exists = np.isfinite(own.offset[:, at])
    b, d = np.nonzero(exists)
    return {"at": np.array(ERRORS_AT)[d], "error": gap[b, d]}


def summary(lanes: Table, errors: Table) -> dict[str, float | int | None]:
    """The figures of some rows."""
    return {
        "ticks": len(lanes["true"]),
        "f1": _f1(lanes, ""),
        "f1_painted": _f1(lanes, " painted"),
        **{
            f"err_{at:.0f}m": _finite(median(errors["error"][errors["at"] == at]))
            for at in ERRORS_AT
        },
    }


def _f1(lanes: Table, which: str) -> float | None:
    true, said, found = (int(lanes[name + which].sum()) for name in ("true", "said", "found"))
    return 2 * found / (true + said) if true + said else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
