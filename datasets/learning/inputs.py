"""What the network is fed beside the pictures: the phone's route and the ego's own sensors, as a
few numbers about one in size. All zeros means: not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.checks import FloatArray
from datasets.frenet import Polyline
from datasets.observation import CameraFrame, EgoState, Route

# m along the route from the point beside the car on
ROUTE_S: FloatArray = np.array([0, 8, 16, 24, 32, 40, 50, 60, 75, 90, 110, 130], np.float64)
ROUTE_INPUTS = 2 * len(ROUTE_S) + 1
EGO_INPUTS = 5
_ROUTE_UNIT = 50.0  # m
_EGO_UNITS = np.array([10.0, 0.3, 3.0, 0.3])  # m/s, rad/s, m/s^2, rad
_APART = 0.1  # m, points nearer than this are one


def route_inputs(route: Route) -> NDArray[np.float32]:
    """(ROUTE_INPUTS,) 1 for "known", then points of the route at ROUTE_S; its end is repeated."""
    step = np.hypot(*np.diff(route.xy_ego, axis=0).T)
    xy = route.xy_ego[np.append(True, step > _APART)]
    if len(xy) < 2:
        return np.zeros(ROUTE_INPUTS, np.float32)
    line = Polyline(xy)
    here = float(line.project(np.zeros(2))[0])
    points = line.position(np.clip(here + ROUTE_S, 0.0, line.length))
    return np.append(1.0, points.ravel() / _ROUTE_UNIT).astype(np.float32)


def ego_inputs(ego: EgoState) -> NDArray[np.float32]:
    """(EGO_INPUTS,) 1 for "known", then speed, yaw rate, acceleration, steering angle."""
    return np.append(1.0, ego.as_array() / _EGO_UNITS).astype(np.float32)


def stacked(frames: Sequence[CameraFrame]) -> NDArray[np.uint8]:
    """(C, height, width, 3) the pictures of one tick."""
    return np.stack([frame.rgb for frame in frames])
