"""Where other lanes cut across a path or join it: the ground on which no car should stand.

The zone of a path runs from the first to the last place, ahead of the car, that a lane from outside
comes within reach of. Lanes that leave the path (they begin on it) or run beside it do not count,
nor does the path's own continuation.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray
from planning.lane_graph import LaneGraph
from planning.paths import Paths, project_points

REACH = 3.8  # m between a path and the middle of a lane: a car that turns there sweeps wide
ANGLE = 0.25  # rad, a lane at less than this runs along with the path there
GAP = 30.0  # m of free road that end a zone: what comes later is another junction


def conflict_zones(graph: LaneGraph, paths: Paths) -> tuple[FloatArray, FloatArray]:
    """(P,) m along each path where its next zone begins and ends; inf where there is none."""
    begin, end = np.full(len(paths), np.inf), np.full(len(paths), np.inf)
    if len(graph) == 0:
        return begin, end
    lanes = graph.lanes
    s, d = project_points(paths.xy, paths.heading, np.ascontiguousarray(lanes.xy_ego), 8.0)
    step = np.diff(lanes.xy_ego, axis=1, append=lanes.xy_ego[:, -1:])
    heading = np.arctan2(step[..., 1], step[..., 0])  # (L, P)
    for p in range(len(paths)):
        foreign = ~np.isin(lanes.id, paths.lanes[p])
        leaves = np.abs(d[p, :, 0]) < 1.0  # begins on the path
        along = heading - np.interp(s[p], np.arange(paths.xy.shape[1]), paths.heading[p])
        across = np.abs(np.sin(along)) > ANGLE
        near = (np.abs(d[p]) < REACH) & lanes.valid & (s[p] > paths.start[p] - 5.0)
        near &= (foreign & ~leaves)[:, None]
        # A lane that joins is across before it is along: it counts where it was across at all.
        near &= across | (near & across).any(axis=1)[:, None]
        places = np.sort(s[p][near])
        if len(places):
            gaps = np.flatnonzero(np.diff(places) > GAP)
            last = gaps[0] if len(gaps) else len(places) - 1
            begin[p], end[p] = places[0], places[last]
    return begin, end
