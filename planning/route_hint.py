"""What the phone's route says beyond the lanes in sight: on which side the road will be left.

The route is a polyline with points every 20 m and an error of about 2 m across: no lane can be told
from it, but an exit moves it by several lanes. It is compared with the path of the car's own lane,
which goes on straight where it is out of sight.
"""

from __future__ import annotations

import math

import numpy as np

from datasets.checks import FloatArray
from planning.paths import STEP

LEAVES = 9.0  # m sideways against where the route runs now: five standard deviations of its error
NEAR = 60.0  # m over which the route of now is averaged
STRAIGHT = 1e-3  # 1/m: only a path that ends straight says where the road goes on


def side_of_exit(
    route_xy: FloatArray, xy: FloatArray, heading: FloatArray, curvature: FloatArray, start: float
) -> tuple[int, float]:
    """The side to which the route leaves the path, 1 left, -1 right, 0 if it does not, and in how
    many metres; the path (K, 2), (K,), (K,) with the car at `start` m along it."""
    last = len(xy) - 1
    to_points = route_xy[:, None, :] - xy[None, int(start / STEP) :: 4, :]
    nearest = int(start / STEP) + 4 * np.argmin((to_points**2).sum(axis=2), axis=1)
    nearest = np.minimum(nearest, last)
    offset = route_xy - xy[nearest]
    c, s = np.cos(heading[nearest]), np.sin(heading[nearest])
    along = nearest * STEP + c * offset[:, 0] + s * offset[:, 1] - start
    across = c * offset[:, 1] - s * offset[:, 0]
    ends_straight = float(np.abs(curvature[-20:]).max()) < STRAIGHT
    known = (along > 0) & (ends_straight | (nearest < last - 4))
    near = known & (along < NEAR)
    if not near.any():
        return 0, math.inf
    shift = across - across[near].mean()
    leaves = known & (np.abs(shift) > LEAVES)
    if not leaves.any():
        return 0, math.inf
    first = int(np.argmax(leaves))
    return int(np.sign(shift[first])), float(along[first])
