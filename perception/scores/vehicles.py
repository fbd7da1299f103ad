"""How well vehicles are found, as nuScenes scores it, on the ground plane and in metres.

A prediction is right at a threshold when its centre lies that near to a vehicle that no surer
prediction has taken. AP is the mean over THRESHOLDS of the area under precision over recall, both
beyond 0.1. Vehicles less than half visible are nobody's business: neither missing nor finding one
counts. The errors are those of the matches within ERROR_AT of what the scene believes in.

Source   Caesar et al. 2020, "nuScenes", section 3.1, and its devkit for the clipping at 0.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.geometry import wrap_angle
from datasets.scene import Agents
from perception.scores.table import Table, mean, rows

THRESHOLDS = (0.5, 1.0, 2.0, 4.0)  # m
ERROR_AT = 2.0  # m
COUNTS_FROM = 0.5  # share of a vehicle that is visible
LEAST = 0.1  # of recall and precision, what counts
WRONG, RIGHT, IGNORED = 0, 1, 2  # what a prediction is


def score_vehicles(
    truth: Agents, told: Agents, score: FloatArray, believed: BoolArray, rig: Sequence[Camera]
) -> dict[str, Table]:
    """One tick -> the rows "told" (predictions), "true" (vehicles that count), "matches"."""
    truth = truth.compact()
    counts = truth.visible >= COUNTS_FROM
    away = np.hypot(truth.xy_ego[:, 0], truth.xy_ego[:, 1])
    camera = sharpest_camera(truth.xy_ego, rig)
    owner = np.stack([match(truth, told, score, counts, t) for t in THRESHOLDS])  # (4, N)
    of = owner[-1]
    own_away = np.hypot(told.xy_ego[:, 0], told.xy_ego[:, 1])
    own_camera = sharpest_camera(told.xy_ego, rig)
    state = np.where(owner >= 0, RIGHT, WRONG)
    for i, threshold in enumerate(THRESHOLDS):
        state[i, (owner[i] < 0) & _near_ignored(truth, counts, told, threshold)] = IGNORED
    found = np.zeros(len(truth), np.bool_)
    sure = match(truth, told.where(believed), score, counts, THRESHOLDS[-1])
    found[sure[sure >= 0]] = True
    at = match(truth, told.where(believed), score, counts, ERROR_AT)
    hit, hit_of = np.flatnonzero(at >= 0), at[at >= 0]
    return {
        "told": {
            "score": score,
            "away": np.append(away, 0.0)[of] * (of >= 0) + own_away * (of < 0),
            "camera": np.where(of >= 0, np.append(camera, "")[of], own_camera),
            **{f"at {t:g} m": state[i] for i, t in enumerate(THRESHOLDS)},
        },
        "true": {
            "away": away[counts],
            "camera": camera[counts],
            "found": found[counts],
        },
        "matches": {
            "away": away[hit_of],
            "camera": camera[hit_of],
            **_errors(truth, told, hit_of, hit),
        },
    }


def match(
    truth: Agents, told: Agents, score: FloatArray, counts: BoolArray, threshold: float
) -> IntArray:
    """(N,) which vehicle each valid prediction has found, -1 for none: the surest chooses first."""
    owner = np.full(len(told), -1)
    if not len(truth):
        return owner
    step = told.xy_ego[:, None] - truth.xy_ego[None]
    away = np.hypot(step[..., 0], step[..., 1])
    away[:, ~counts] = np.inf
    for i in np.argsort(-score):
        j = int(np.argmin(away[i]))
        if told.valid[i] and away[i, j] < threshold:
            owner[i] = j
            away[:, j] = np.inf
    return owner


def _near_ignored(truth: Agents, counts: BoolArray, told: Agents, threshold: float) -> BoolArray:
    step = told.xy_ego[:, None] - truth.xy_ego[None, ~counts]
    return np.asarray((np.hypot(step[..., 0], step[..., 1]) < threshold).any(axis=1))


def _errors(truth: Agents, told: Agents, i: IntArray, j: IntArray) -> Table:
    """Of predictions j that found vehicles i."""
    step = told.xy_ego[j] - truth.xy_ego[i]
    turn = np.abs(wrap_angle(told.heading[j] - truth.heading[i]))
    inter = np.minimum(told.length[j], truth.length[i]) * np.minimum(told.width[j], truth.width[i])
    area = told.length[j] * told.width[j] + truth.length[i] * truth.width[i]
    return {
        "ate": np.hypot(step[:, 0], step[:, 1]),
        "aoe": turn,
        "ave": np.hypot(*(_velocity(told, j) - _velocity(truth, i)).T),
        "ase": 1 - inter / (area - inter),  # of boxes laid on each other
    }


def _velocity(agents: Agents, i: IntArray) -> FloatArray:
    heading = agents.heading[i]
    return np.stack([np.cos(heading), np.sin(heading)], axis=1) * agents.speed[i, None]


def sharpest_camera(xy_ego: FloatArray, rig: Sequence[Camera]) -> NDArray[np.object_]:
    """(N,) the name of the camera that shows each place largest; "none" beside all images."""
    xyz = np.concatenate([xy_ego, np.full((len(xy_ego), 1), 0.75)], axis=1)
    name, focal = np.full(len(xy_ego), "none", dtype=object), np.zeros(len(xy_ego))
    for camera in rig:
        sees = camera.in_image(camera.project(xyz)[0]) & (camera.focal_px > focal)
        name[sees], focal[sees] = camera.name, camera.focal_px
    return name


def average_precision(told: Table, true: Table, threshold: float) -> float | None:
    """The area under precision over recall beyond LEAST of either, scaled to 1."""
    n = len(true["away"])
    if n == 0:
        return None
    state = told[f"at {threshold:g} m"]
    counts = state != IGNORED
    order = np.argsort(-told["score"][counts], kind="stable")
    right = (state[counts] == RIGHT)[order]
    if not len(right):
        return 0.0
    recall = np.cumsum(right) / n
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    first = np.searchsorted(recall, np.linspace(0, 1, 101)[11:] - 1e-9)  # that reaches the recall
    curve = np.append(precision, 0.0)[first]
    return float(np.maximum(curve - LEAST, 0).mean() / (1 - LEAST))


def summary(told: Table, true: Table, matches: Table) -> dict[str, float | int | None]:
    """The figures of some rows."""
    ap = {t: average_precision(told, true, t) for t in THRESHOLDS}
    known = [value for value in ap.values() if value is not None]
    return {
        "vehicles": len(true["away"]),
        "ap": mean(np.array(known)),
        **{f"ap_at_{t:g}m": value for t, value in ap.items()},
        "recall": mean(true["found"]),
        **{name: mean(matches[name]) for name in ("ate", "ase", "aoe", "ave")},
    }


def within(table: Table, low: float, high: float) -> Table:
    """The rows of what is at least `low` and less than `high` m away."""
    return rows(table, (table["away"] >= low) & (table["away"] < high))
