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
ABREAST = 40.0  # m by which the route, cutting its corners, may be longer or shorter than the path
AFTER = 60.0  # m from where it leaves on
ON = 0.5  # cosine of the angle up to which it leads on, and is an exit: a road that turns by more
# is the car's own, whose bend is out of sight
STRAIGHT = 1e-3  # 1/m: only a path that ends straight says where the road goes on


def side_of_exit(
    route_xy: FloatArray, xy: FloatArray, heading: FloatArray, curvature: FloatArray, start: float
) -> tuple[int, float]:
    """The side to which the route leaves the path, 1 left, -1 right, 0 if it does not, and in how
    many metres; the path (K, 2), (K,), (K,) with the car at `start` m along it."""
    last = len(xy) - 1
    candidates = np.arange(int(start / STEP), len(xy), 4)
    square = ((route_xy[:, None, :] - xy[None, candidates, :]) ** 2).sum(axis=2)
    # A road that turns back passes beside itself: only the path about as far on is compared.
    gone = _arc_length_from_car(route_xy)
    far = np.abs(gone[:, None] - (candidates * STEP - start)) > ABREAST
    nearest = candidates[np.argmin(np.where(far & (candidates < last - 4), np.inf, square), axis=1)]
    offset = route_xy - xy[nearest]
    c, s = np.cos(heading[nearest]), np.sin(heading[nearest])
    along = nearest * STEP + c * offset[:, 0] + s * offset[:, 1] - start
    across = c * offset[:, 1] - s * offset[:, 0]
    ends_straight = float(np.abs(curvature[-20:]).max()) < STRAIGHT
    known = (along > 0) & (np.abs(along - gone) < ABREAST) & (ends_straight | (nearest < last - 4))
    near = known & (along < NEAR)
    if not near.any():
        return 0, math.inf
    shift = across - across[near].mean()
    leaves = known & (np.abs(shift) > LEAVES)
    if not leaves.any():
        return 0, math.inf
    first = int(np.argmax(leaves))
    if not _goes_on(route_xy[first:], gone[first:], float(heading[nearest[first]])):
        return 0, math.inf
    return int(np.sign(shift[first])), float(along[first])


def _goes_on(route_xy: FloatArray, gone: FloatArray, heading: float) -> bool:
    """Whether the next AFTER metres of a route, whose points are `gone` m along it, lead on in
    about this direction, as an exit does."""
    step = np.diff(route_xy, axis=0)[gone[:-1] - gone[0] < AFTER]
    turned = np.arctan2(step[:, 1], step[:, 0]) - heading
    return bool(np.all(np.cos(turned) > ON))


def _arc_length_from_car(route_xy: FloatArray) -> FloatArray:
    """(R, 2) -> (R,) m along the route from where it passes the car."""
    step = np.hypot(*np.diff(route_xy, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(step)])
    beside = int(np.argmin((route_xy**2).sum(axis=1)))
    return np.asarray(
        length - length[beside] + np.sign(route_xy[beside, 0]) * np.hypot(*route_xy[beside])
    )
