"""Coordinates along a polyline: arc length s (m, from its first point) and signed lateral offset d
(m, left positive)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from datasets.checks import FloatArray, check_array, check_finite


@dataclass(frozen=True)
class Polyline:
    """A curve given by its points, (P, 2) with P >= 2 and no two neighbours equal.

    Beyond its ends the curve goes on straight, so that every point of the plane has coordinates.
    """

    xy: FloatArray

    def __post_init__(self) -> None:
        check_array("Polyline.xy", self.xy, (None, 2), np.float64)
        check_finite("Polyline.xy", self.xy)
        if len(self.xy) < 2 or np.any(self._segment_lengths <= 0):
            raise ValueError(
                f"Polyline.xy: expected at least two points, neighbours apart, got {self.xy!r}"
            )

    @cached_property
    def s(self) -> FloatArray:
        """(P,) arc length at each point."""
        return np.concatenate([[0.0], np.cumsum(self._segment_lengths)])

    @property
    def length(self) -> float:
        return float(self.s[-1])

    @cached_property
    def _segments(self) -> FloatArray:
        return np.diff(self.xy, axis=0)

    @cached_property
    def _segment_lengths(self) -> FloatArray:
        return np.asarray(np.hypot(*self._segments.T))

    @cached_property
    def _tangents(self) -> FloatArray:
        return np.asarray(self._segments / self._segment_lengths[:, None])

    @cached_property
    def _headings(self) -> FloatArray:
        """(P,) unwrapped heading at each point: the mean of the segments that meet there."""
        heading = np.unwrap(np.arctan2(self._tangents[:, 1], self._tangents[:, 0]))
        inner = (heading[1:] + heading[:-1]) / 2
        return np.concatenate([heading[:1], inner, heading[-1:]])

    def project(self, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(..., 2) points -> their (...) s and d, by the nearest point of the curve."""
        along = np.einsum("...pi,pi->...p", xy[..., None, :] - self.xy[:-1], self._tangents)
        low = np.zeros(len(self._segments))
        high = self._segment_lengths.copy()
        low[0], high[-1] = -np.inf, np.inf  # the ends go on straight
        along = np.clip(along, low, high)  # (..., P-1)
        offset = xy[..., None, :] - (self.xy[:-1] + along[..., None] * self._tangents)
        nearest = np.argmin((offset**2).sum(-1), axis=-1)[..., None]
        s = np.take_along_axis(self.s[:-1] + along, nearest, -1)[..., 0]
        offset = np.take_along_axis(offset, nearest[..., None], -2)[..., 0, :]
        tangent = self._tangents[nearest[..., 0]]
        side = np.sign(tangent[..., 0] * offset[..., 1] - tangent[..., 1] * offset[..., 0])
        return np.asarray(s), np.asarray(side * np.hypot(offset[..., 0], offset[..., 1]))

    def position(self, s: FloatArray | float, d: FloatArray | float = 0.0) -> FloatArray:
        """(...) s and d -> (..., 2) points; the inverse of `project` near the curve."""
        s = np.asarray(s, dtype=np.float64)
        segment = np.clip(np.searchsorted(self.s, s, side="right") - 1, 0, len(self._segments) - 1)
        tangent = self._tangents[segment]
        normal = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1)
        along = (s - self.s[segment])[..., None]
        return np.asarray(self.xy[segment] + along * tangent + np.asarray(d)[..., None] * normal)

    def heading(self, s: FloatArray | float) -> FloatArray:
        """(...) heading of the curve at s, rad, interpolated between the points."""
        return np.asarray(np.interp(s, self.s, self._headings))

    def curvature(self, s: FloatArray | float, window: float = 4.0) -> FloatArray:
        """(...) curvature at s, 1/m, left positive: the turn over a window of that many metres."""
        ahead = self.heading(np.asarray(s) + window / 2)
        behind = self.heading(np.asarray(s) - window / 2)
        return np.asarray((ahead - behind) / window)
