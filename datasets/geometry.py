"""Plane geometry: angles, rigid transforms SE(2), boxes.

Axes follow ISO 8855: x forward, y left, angles counter-clockwise positive, in radians. A transform
is named `target_from_source` and composes by adjacency:

    world_from_agent = world_from_ego @ ego_from_agent
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray, check_finite


def wrap_angle(angle: FloatArray | float) -> FloatArray:
    """The same angle in [-pi, pi)."""
    return np.asarray((np.asarray(angle) + np.pi) % (2 * np.pi) - np.pi)


@dataclass(frozen=True, slots=True)
class SE2:
    """A rigid transform of the plane: rotate by `heading`, then move by (`x`, `y`)."""

    x: float
    y: float
    heading: float  # rad

    def __post_init__(self) -> None:
        check_finite("SE2", np.array([self.x, self.y, self.heading]))

    @property
    def rotation(self) -> FloatArray:
        """(2, 2) rotation matrix."""
        c, s = np.cos(self.heading), np.sin(self.heading)
        return np.array([[c, -s], [s, c]])

    def __matmul__(self, other: SE2) -> SE2:
        x, y = self.apply(np.array([other.x, other.y]))
        return SE2(float(x), float(y), float(wrap_angle(self.heading + other.heading)))

    def inverse(self) -> SE2:
        x, y = -self.rotation.T @ np.array([self.x, self.y])
        return SE2(float(x), float(y), float(wrap_angle(-self.heading)))

    def apply(self, xy: FloatArray) -> FloatArray:
        """(..., 2) points of the source frame -> the same points in the target frame."""
        return np.asarray(xy @ self.rotation.T + (self.x, self.y))


def box_corners(
    xy: FloatArray, heading: FloatArray, length: FloatArray, width: FloatArray
) -> FloatArray:
    """(N, 2) centres, (N,) headings, lengths, widths -> (N, 4, 2) corners, counter-clockwise from
    the front left one."""
    half = np.stack([np.asarray(length), np.asarray(width)], axis=-1)[:, None, :] / 2  # (N, 1, 2)
    corners = half * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])  # (N, 4, 2)
    c, s = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x, y = corners[..., 0], corners[..., 1]
    return np.asarray(np.stack([c * x - s * y, s * x + c * y], axis=-1) + xy[:, None, :])


def box_gap(corners_a: FloatArray, corners_b: FloatArray) -> FloatArray:
    """(..., 4, 2) corners of two sets of boxes, broadcast -> (...) m by which they are apart across
    the edge that parts them most; negative: how deep they overlap.

    The separating axis theorem: two rectangles are apart exactly when one of their four edge
    normals separates them. Corner to corner they are further apart than this says.
    """
    gap = np.full(np.broadcast_shapes(corners_a.shape[:-2], corners_b.shape[:-2]), -np.inf)
    for corners in (corners_a, corners_b):
        for edge in (0, 1):
            axis = corners[..., edge, :] - corners[..., edge + 1, :]  # (..., 2)
            axis /= np.maximum(np.hypot(axis[..., 0], axis[..., 1]), 1e-9)[..., None]
            on_a = np.einsum("...ij,...j->...i", corners_a, axis)
            on_b = np.einsum("...ij,...j->...i", corners_b, axis)
            apart = np.maximum(on_b.min(-1) - on_a.max(-1), on_a.min(-1) - on_b.max(-1))
            gap = np.maximum(gap, apart)
    return np.asarray(gap)


def boxes_overlap(corners_a: FloatArray, corners_b: FloatArray) -> BoolArray:
    """(..., 4, 2) corners of two sets of boxes, broadcast -> (...) whether they overlap."""
    return np.asarray(box_gap(corners_a, corners_b) <= 0)
