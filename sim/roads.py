"""The road network as one connected map.

highway-env's lane segments do not always meet: a roundabout's entry stops 5.6 m short of the ring,
two racetrack segments lie 2.6 m beside each other, and lane-keeping's straight road runs into the
middle of another lane. Here they are joined, so that lane j begins where lane i ends wherever i
leads to j: a lane that another one joins midway is cut there, and a gap is closed by a curve.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.frenet import Polyline
from datasets.geometry import wrap_angle
from sim.state import Lane, RoadMap

LaneKey = tuple[str, str, int]  # node from, node to, number within the road
Pieces = dict[LaneKey, list[tuple[float, int]]]  # per lane of highway-env: from which metre, which

_JOINT = 1.5  # m, ends nearer than this meet
_MAX_GAP = 8.0  # m, the roundabout's entries; beyond it nothing is joined
_MAX_TURN = np.pi / 3  # rad, between the end of one lane and the start of the next
_MAX_SIDESTEP = np.deg2rad(75)  # a ramp's end has the main road beside it, not ahead
_BLEND = 8.0  # m of either lane given up to pass smoothly from one to one beside it


def joined_roads(native: dict[LaneKey, Lane]) -> tuple[RoadMap, Pieces]:
    """The map, and which of its lanes each lane of highway-env became."""
    lanes, keys, pieces = _cut_where_joined(native)
    leads_to = _successors(lanes, keys)
    lanes = _close_gaps(lanes, keys, leads_to)
    left_of = _left_neighbours(lanes, keys)
    return RoadMap(tuple(_share_markings(lanes, left_of)), leads_to, left_of), pieces


def _cut_where_joined(native: dict[LaneKey, Lane]) -> tuple[list[Lane], list[LaneKey], Pieces]:
    lanes: list[Lane] = []
    keys: list[LaneKey] = []
    pieces: Pieces = {}
    for key, lane in native.items():
        line = Polyline(lane.xy_world)
        bounds = [0.0, *_joints(key, line, native), line.length]
        pieces[key] = []
        for low, high in itertools.pairwise(bounds):
            inner = line.s[(line.s > low + 1e-6) & (line.s < high - 1e-6)]
            pieces[key].append((low, len(lanes)))
            keys.append(key)
            xy = line.position(np.concatenate([[low], inner, [high]]))
            lanes.append(replace(lane, xy_world=xy))
    return lanes, keys, pieces


def _joints(key: LaneKey, line: Polyline, native: dict[LaneKey, Lane]) -> list[float]:
    """Where, in metres along the lane, a road that leads to its first node joins it midway."""
    found = []
    for other, lane in native.items():
        end = lane.xy_world[-1]
        if other[1] == key[0] and np.linalg.norm(end - line.xy[0]) > _MAX_GAP:
            s, d = line.project(end)
            if abs(d) < _JOINT and _JOINT < s < line.length - _JOINT:
                found.append(float(s))
    return sorted(found)


def _successors(lanes: list[Lane], keys: list[LaneKey]) -> BoolArray:
    """[i, j]: lane i leads to lane j. Between roads with as many lanes each goes on as the one of
    its number; else the lanes go on that are each other's nearest."""
    n = len(lanes)
    starts = np.array([lane.xy_world[0] for lane in lanes])
    ends = np.array([lane.xy_world[-1] for lane in lanes])
    start_heading = np.array([_heading(lane.xy_world[:2]) for lane in lanes])
    end_heading = np.array([_heading(lane.xy_world[-2:]) for lane in lanes])
    step = starts[None] - ends[:, None]  # (n, n, 2)
    gap = np.hypot(step[..., 0], step[..., 1])
    turn = np.abs(wrap_angle(start_heading[None] - end_heading[:, None]))
    sidestep = np.abs(wrap_angle(np.arctan2(step[..., 1], step[..., 0]) - end_heading[:, None]))
    ahead = (gap < _JOINT) | (sidestep < _MAX_SIDESTEP)
    fits = (gap < _MAX_GAP) & (turn < _MAX_TURN)

    roads = [key[:2] for key in keys]
    leads_to = np.zeros((n, n), np.bool_)
    for i, j in np.argwhere(fits):
        if i == j or (roads[i][1] != roads[j][0] and roads[i] != roads[j]):
            continue
        here = [k for k in range(n) if roads[k] == roads[i]]
        there = [k for k in range(n) if roads[k] == roads[j]]
        if len(here) == len(there):
            leads_to[i, j] = keys[i][2] == keys[j][2]
        else:
            mutual = gap[i, j] <= gap[i, there].min() and gap[i, j] <= gap[here, j].min()
            leads_to[i, j] = mutual and ahead[i, j]
    return leads_to


def _close_gaps(lanes: list[Lane], keys: list[LaneKey], leads_to: BoolArray) -> list[Lane]:
    """Lengthen the lane of the narrower road up to the one it leads to, or back to the one it
    comes from; of equal roads, blend one lane into the other."""
    curves = [lane.xy_world for lane in lanes]
    roads = [key[:2] for key in keys]
    for i, j in np.argwhere(leads_to):
        if np.linalg.norm(curves[j][0] - curves[i][-1]) < _JOINT:
            continue
        if roads.count(roads[i]) == roads.count(roads[j]):
            curves[i], curves[j] = _trimmed(curves[i], end=_BLEND), _trimmed(curves[j], _BLEND)
        curve = _connection(curves[i], curves[j])
        if roads.count(roads[i]) <= roads.count(roads[j]):
            curves[i] = np.concatenate([curves[i], curve, curves[j][:1]])
        else:
            curves[j] = np.concatenate([curves[i][-1:], curve, curves[j]])
    return [replace(lane, xy_world=xy) for lane, xy in zip(lanes, curves, strict=True)]


def _trimmed(xy: FloatArray, start: float = 0.0, end: float = 0.0) -> FloatArray:
    s = Polyline(xy).s
    return xy[(s >= start) & (s <= s[-1] - end)]


def _connection(a: FloatArray, b: FloatArray) -> FloatArray:
    """Points about a metre apart on the cubic Hermite curve between the end of `a` and the start of
    `b`, both excluded."""
    gap = float(np.linalg.norm(b[0] - a[-1]))
    u = np.linspace(0, 1, int(np.ceil(gap)) + 1)[1:-1, None]
    tangent_a = gap * _direction(a[-2:])
    tangent_b = gap * _direction(b[:2])
    return np.asarray(
        (2 * u**3 - 3 * u**2 + 1) * a[-1]
        + (u**3 - 2 * u**2 + u) * tangent_a
        + (-2 * u**3 + 3 * u**2) * b[0]
        + (u**3 - u**2) * tangent_b
    )


def _left_neighbours(lanes: list[Lane], keys: list[LaneKey]) -> BoolArray:
    n = len(lanes)
    left_of = np.zeros((n, n), np.bool_)
    for i, a in enumerate(keys):
        for j, b in enumerate(keys):
            if a[:2] == b[:2] and abs(a[2] - b[2]) == 1:
                middle = lanes[j].xy_world[len(lanes[j].xy_world) // 2]
                left_of[i, j] = Polyline(lanes[i].xy_world).project(middle)[1] > 0
    return left_of


def _share_markings(lanes: list[Lane], left_of: BoolArray) -> list[Lane]:
    """highway-env paints the line between two lanes for one of them; it bounds both."""
    left = [lane.left_marking for lane in lanes]
    right = [lane.right_marking for lane in lanes]
    for i, j in np.argwhere(left_of):
        left[i] = right[j] = max(left[i], right[j])
    return [
        replace(lane, left_marking=int(left[i]), right_marking=int(right[i]))
        for i, lane in enumerate(lanes)
    ]


def _heading(xy: FloatArray) -> float:
    dx, dy = _direction(xy)
    return float(np.arctan2(dy, dx))


def _direction(xy: FloatArray) -> FloatArray:
    step = xy[1] - xy[0]
    return np.asarray(step / np.linalg.norm(step))
