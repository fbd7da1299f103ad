"""Curves on the ground, (P, 2) points in driving order: what is beside them, how to cut them."""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray, IntArray

SAGITTA = 0.03  # m, by which a chord may miss a curve


def strip(xy: FloatArray, half_width: float, longest: float) -> FloatArray:
    """(P, 2) curve -> (Q, 4, 2) quads that cover it to both sides."""
    s = arc_length(xy)
    at = stations(xy, s, longest)
    middle, normal = points_at(xy, s, at), normals_at(xy, s, at)
    left, right = middle + half_width * normal, middle - half_width * normal
    return np.stack([left[:-1], right[:-1], right[1:], left[1:]], axis=1)


def arc_length(xy: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def points_at(xy: FloatArray, s: FloatArray, at: FloatArray) -> FloatArray:
    return np.stack([np.interp(at, s, xy[:, 0]), np.interp(at, s, xy[:, 1])], axis=-1)


def normals(xy: FloatArray) -> FloatArray:
    """(P, 2) unit normals of a curve, to its left."""
    along = np.gradient(xy, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    return np.stack([-along[:, 1], along[:, 0]], axis=1)


def normals_at(xy: FloatArray, s: FloatArray, at: FloatArray) -> FloatArray:
    return points_at(normals(xy), s, at)


def stations(xy: FloatArray, s: FloatArray, longest: float) -> FloatArray:
    """Where to cut a curve so that no chord misses it by more than SAGITTA, nor is too long."""
    heading = np.unwrap(np.arctan2(*np.gradient(xy, axis=0).T[::-1]))
    curvature = np.abs(np.gradient(heading, s)) if len(s) > 2 else np.zeros(len(s))
    cuts_per_metre = np.maximum(np.sqrt(curvature / (8 * SAGITTA)), 1 / longest)
    cuts = np.concatenate(
        [[0.0], np.cumsum((cuts_per_metre[1:] + cuts_per_metre[:-1]) / 2 * np.diff(s))]
    )
    return np.interp(np.linspace(0, cuts[-1], int(np.ceil(cuts[-1] - 1e-9)) + 1), cuts, s)


def runs(kind: IntArray) -> list[tuple[int, int]]:
    """First and last index of every run of equal values."""
    cuts = np.flatnonzero(np.diff(kind)) + 1
    return list(zip([0, *cuts.tolist()], [*(cuts - 1).tolist(), len(kind) - 1], strict=True))
