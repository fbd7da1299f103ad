"""Whether a predicted standard deviation is one: errors in units of it, z.

Of a normal error |z| < 2 in 95 % of the cases. Positions give one z along each axis of their
covariance.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray, IntArray
from datasets.frenet import Polyline
from datasets.geometry import SE2, wrap_angle
from datasets.scene import Agents
from perception.motion import HEADING, SPEED
from perception.nouns import STATION_S, RoadEstimate
from perception.scores.table import Table, mean
from perception.tracks import Tracks

WITHIN = 2.0


def track_errors(
    tracks: Tracks, truth: Agents, track: IntArray, vehicle: IntArray, odom_from_ego: SE2
) -> Table:
    """The z of the matched tracks, by what they are about."""
    mean_state, cov = tracks.mean[track], tracks.cov[track]
    off = odom_from_ego.apply(truth.xy_ego[vehicle]) - mean_state[:, :2]
    white = np.linalg.solve(np.linalg.cholesky(cov[:, :2, :2]), off[..., None])[..., 0]
    heading = truth.heading[vehicle] + odom_from_ego.heading - mean_state[:, HEADING]
    turn = wrap_angle(heading) / np.sqrt(cov[:, HEADING, HEADING])
    pace = (truth.speed[vehicle] - mean_state[:, SPEED]) / np.sqrt(cov[:, SPEED, SPEED])
    parts = {"position": white.ravel(), "heading": turn, "speed": pace}
    return _stacked({f"vehicle {name}": z for name, z in parts.items()})


def road_errors(truth: RoadEstimate, told: RoadEstimate) -> Table:
    """The z of the spine across it, at the stations that both have."""
    line = Polyline(truth.xy_ego)
    s, d = line.project(told.xy_ego)
    both = (s < truth.length) & (told.length > STATION_S)
    same = abs(float(d[0])) < 1.5  # m: the same lane
    z = (d / told.lateral_std)[both] if same else np.zeros(0)
    return _stacked({"lane": z})


def _stacked(parts: dict[str, FloatArray]) -> Table:
    return {
        "of": np.concatenate([np.full(len(z), name, dtype=object) for name, z in parts.items()]),
        "z": np.concatenate(list(parts.values())),
    }


def summary(errors: Table) -> dict[str, object]:
    """The share within 2 sigma of each quantity, and their mean, so that the one with the most rows
    does not drown the others."""
    of = {
        name: mean(np.abs(errors["z"][errors["of"] == name]) < WITHIN)
        for name in sorted(set(errors["of"]))
    }
    shares = np.array([share for share in of.values() if share is not None])
    return {"within_2_sigma": mean(shares), "of": of}
