"""The smooth curve through the stations of a spine, at points that are evenly apart.

A cubic spline is linear in the values that it goes through, and the stations never change: it is
one matrix, made once.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from datasets.checks import FloatArray
from perception.nouns import HORIZON, STATION_S, STATIONS

STEP = 2.0  # m between two points
GRID_S: FloatArray = np.arange(0.0, HORIZON + STEP / 2, STEP)  # (G,) m along the spine
_FROM_STATIONS: FloatArray = CubicSpline(STATION_S, np.eye(STATIONS))(GRID_S)  # (G, S)


def fine(xy: FloatArray) -> FloatArray:
    """(S, 2) at the stations -> (G, 2) at GRID_S."""
    return np.asarray(_FROM_STATIONS @ xy)


def normals(xy: FloatArray) -> FloatArray:
    """(P, 2) a curve -> (P, 2) unit vectors to the left of it."""
    step = np.gradient(xy, axis=0)
    step /= np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
    return np.stack([-step[:, 1], step[:, 0]], axis=1)
