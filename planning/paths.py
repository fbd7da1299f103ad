"""Paths: the curves that a car may follow, resampled evenly so that compiled code can walk them.

A path is a chain of lanes drawn as one curve with a point every `STEP` metres; where the chain
ends, the curve goes on straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numba import njit

from datasets.checks import FloatArray, IntArray
from planning.bicycle import AXLE

STEP = 1.0  # m between the points of a path
SMOOTHING = 3  # points to either side over which a path is averaged: rounds off the corners where
# lanes meet at an angle (18 degrees in lane-keeping); cuts 0.2 m off a bend of 10 m radius
CURVATURE_REACH = 2  # points to either side over which curvature is measured


@dataclass(frozen=True, slots=True)
class Paths:
    """P paths of K points each, in the ego frame, for the car."""

    xy: FloatArray  # (P, K, 2) m
    heading: FloatArray  # (P, K) rad, unwrapped along the path
    curvature: FloatArray  # (P, K) 1/m, left positive
    steering: FloatArray  # (P, K) 1/m, the curvature to steer, see steering_curvature
    speed_limit: FloatArray  # (P, K) m/s
    width: FloatArray  # (P,) m
    start: FloatArray  # (P,) m along the path of the car
    offset: FloatArray  # (P,) m, the car left of the path
    lanes: tuple[tuple[int, ...], ...]  # P chains of lane ids
    side: IntArray  # (P,) lanes to the left of the one the car is in: 0 own, 1 left, -1 right
    changes: IntArray  # (P,) lane changes still needed after this path to stay on the route
    room: FloatArray  # (P,) m ahead of the car in which they have to happen; inf if none
    missed: IntArray  # (P,) lanes of the route that this path gives up, against the best path

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: list[int]) -> Paths:
        """Some of the paths, in this order, again and again where asked for."""
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "lanes"}
        return Paths(lanes=tuple(self.lanes[i] for i in rows), **arrays)

    @classmethod
    def joined(cls, parts: list[Paths]) -> Paths:
        """All paths of several, as many metres long, in this order."""
        arrays = {
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(cls)
            if f.name != "lanes"
        }
        return cls(lanes=tuple(chain for part in parts for chain in part.lanes), **arrays)


def resample(xy: FloatArray, begin: float, count: int) -> tuple[FloatArray, FloatArray]:
    """(M, 2) a curve -> (count, 2) points every STEP metres along it from `begin` on, and the
    (count,) unwrapped headings there; straight on before its start and after its end."""
    segment = np.diff(xy, axis=0)
    length = np.hypot(segment[:, 0], segment[:, 1])
    keep = np.concatenate([[True], length > 0.05])
    if not keep.all():
        xy = xy[keep]
        segment = np.diff(xy, axis=0)
        length = np.hypot(segment[:, 0], segment[:, 1])
    s = np.concatenate([[0.0], np.cumsum(length)])
    at = begin + np.arange(-SMOOTHING, count + SMOOTHING) * STEP
    out = np.stack([np.interp(at, s, xy[:, 0]), np.interp(at, s, xy[:, 1])], axis=1)
    for beyond, end in ((np.maximum(at - s[-1], 0), -1), (np.minimum(at, 0), 0)):
        out += beyond[:, None] * (segment[end] / length[end])
    out = _average(out, SMOOTHING)
    return out, _headings(out)


def round_bends(
    xy: FloatArray, heading: FloatArray, length: float
) -> tuple[FloatArray, FloatArray]:
    """The same path with every bend turned into over `length` metres, as a clothoid does, because
    no car turns its wheel at once; moves an arc of radius R inwards by length^2 / (24 R)."""
    half = round(length / STEP / 2)
    if half <= SMOOTHING:
        return xy, heading
    first, last = xy[1] - xy[0], xy[-1] - xy[-2]
    steps = np.arange(1, half + 1)[:, None]
    out = _average(np.concatenate([xy[0] - steps[::-1] * first, xy, xy[-1] + steps * last]), half)
    return out, _headings(out)


def _average(xy: FloatArray, half: int) -> FloatArray:
    """(K, 2) -> (K - 2 half, 2) the mean of every point and `half` points to either side."""
    sums = np.cumsum(np.concatenate([np.zeros((1, 2)), xy]), axis=0)
    return np.asarray((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1))


def _headings(xy: FloatArray) -> FloatArray:
    step = np.diff(xy, axis=0)
    turn = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    return np.concatenate([turn[:1], (turn[1:] + turn[:-1]) / 2, turn[-1:]])


def curvature_of(heading: FloatArray) -> FloatArray:
    """(K,) headings -> (K,) curvatures, 1/m, over 2 * CURVATURE_REACH metres."""
    half = CURVATURE_REACH
    padded = np.concatenate([np.full(half, heading[0]), heading, np.full(half, heading[-1])])
    return np.asarray((padded[2 * half :] - padded[: -2 * half]) / (2 * half * STEP))


@njit(cache=True)
def steering_curvature(curvature: FloatArray) -> FloatArray:
    """(K,) curvatures of a path -> (K,) curvatures to steer so that the centre of the car follows
    it. The centre moves at the slip angle, which turns with the wheel: its course changes by
    c + AXLE dc/ds per metre, so that c lags behind the path by AXLE metres."""
    out = np.empty_like(curvature)
    out[0] = curvature[0]
    share = 1 - math.exp(-STEP / AXLE)
    for k in range(1, len(curvature)):
        middle = (curvature[k - 1] + curvature[k]) / 2
        out[k] = out[k - 1] + share * (middle - out[k - 1])
    return out


@njit(cache=True)
def square_to_segment(x, y, begin, end):  # type: ignore[no-untyped-def]
    """The square of the distance, m^2, of a point from the stretch between two others."""
    px, py = x - begin[0], y - begin[1]
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    square = dx * dx + dy * dy
    part = 0.0 if square == 0.0 else min(max((px * dx + py * dy) / square, 0.0), 1.0)
    ex, ey = px - part * dx, py - part * dy
    return ex * ex + ey * ey


@njit(cache=True)
def nearest_on_path(xy: FloatArray, x: float, y: float, guess: int, reach: int) -> int:
    """Index of the path point nearest to (x, y) among those within `reach` of `guess`."""
    low = max(guess - reach, 0)
    high = min(guess + reach + 1, len(xy))
    best, best_distance = low, 1e18
    for i in range(low, high):
        dx, dy = x - xy[i, 0], y - xy[i, 1]
        distance = dx * dx + dy * dy
        if distance < best_distance:
            best, best_distance = i, distance
    return best


@njit(cache=True)
def frenet(
    xy: FloatArray, heading: FloatArray, x: float, y: float, nearest: int
) -> tuple[float, float]:
    """Arc length and signed offset of (x, y) by the tangent at the `nearest` path point."""
    c, s = math.cos(heading[nearest]), math.sin(heading[nearest])
    dx, dy = x - xy[nearest, 0], y - xy[nearest, 1]
    return nearest * STEP + c * dx + s * dy, c * dy - s * dx


@njit(cache=True)
def project_points(
    xy: FloatArray, heading: FloatArray, points: FloatArray, near: float
) -> tuple[FloatArray, FloatArray]:
    """(P, K, 2) paths, (H, T, 2) moving points -> (P, H, T) arc lengths and offsets. A point more
    than `near` metres from a path has offset inf there."""
    n_paths, n_points, n_times = len(xy), points.shape[0], points.shape[1]
    s = np.zeros((n_paths, n_points, n_times))
    d = np.full((n_paths, n_points, n_times), np.inf)
    count = xy.shape[1]
    for p in range(n_paths):
        for h in range(n_points):
            nearest, known = 0, False
            for t in range(n_times):
                x, y = points[h, t, 0], points[h, t, 1]
                if known:
                    nearest = nearest_on_path(xy[p], x, y, nearest, 5)
                else:
                    coarse, best = 0, 1e18
                    for i in range(0, count, 8):
                        dx, dy = x - xy[p, i, 0], y - xy[p, i, 1]
                        if dx * dx + dy * dy < best:
                            coarse, best = i, dx * dx + dy * dy
                    nearest = nearest_on_path(xy[p], x, y, coarse, 8)
                dx, dy = x - xy[p, nearest, 0], y - xy[p, nearest, 1]
                known = dx * dx + dy * dy < near * near
                if known:
                    s[p, h, t], d[p, h, t] = frenet(xy[p], heading[p], x, y, nearest)
    return s, d
