"""The spine of a scene: the lane of the route that the car is in or next to, followed along the
route. A function of the lanes of a Scene; all in the ego frame, m and rad.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from datasets.checks import FloatArray, IntArray
from datasets.frenet import Polyline
from datasets.geometry import wrap_angle
from datasets.scene import Lanes
from perception.nouns import HORIZON, STATION_S

_HEADING_WEIGHT = 4.0  # m per rad: a lane across the car's way is further than its distance says
_OFF_ROUTE = 4.0  # m that a lane off the route must be nearer than one of the route: a lane's width
_MAX_TURN = np.pi / 3  # rad between the car and a lane that it can be driving along
_REACH = 12.0  # m, a lane farther away is not the car's
_APART = 0.05  # m, points nearer than this are one
_SMOOTH = 3.0  # m over which the steps between lanes that do not quite meet are smoothed


@dataclass(frozen=True)
class Spine:
    """The lanes it follows, and the curve."""

    chain: tuple[int, ...]  # indices of the scene's lanes, in driving order
    line: Polyline  # their centerlines, one after the other
    start: float  # m along the line of the point beside the car

    @property
    def length(self) -> float:
        """m from the car to its end, at most HORIZON."""
        return float(np.clip(self.line.length - self.start, 0.0, HORIZON))

    @cached_property
    def xy_ego(self) -> FloatArray:
        """(S, 2) its points at the stations; beyond its end it goes on straight."""
        return self.line.position(self.start + STATION_S)

    @cached_property
    def heading(self) -> FloatArray:
        """(S,) its heading there."""
        return self.line.heading(self.start + STATION_S)


def spine_of(lanes: Lanes) -> Spine | None:
    """None where the car is on no lane and next to none."""
    lines = [_line(lanes.centerline(i)) for i in range(len(lanes))]
    own = _own_lane(lanes, lines)
    if own is None:
        return None
    chain = _followed(lanes, lines, own)
    first = lines[own]
    assert first is not None, "the car is in a lane that has points"
    start = float(first.project(np.zeros(2))[0])
    xy = np.concatenate([line.xy for i in chain if (line := lines[i]) is not None])
    return Spine(tuple(chain), Polyline(_smooth(_apart(xy))), start)


def _line(xy: FloatArray) -> Polyline | None:
    xy = _apart(xy)
    return Polyline(xy) if len(xy) >= 2 else None


def _apart(xy: FloatArray) -> FloatArray:
    """The points without those that repeat the one before."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    return np.asarray(xy[np.append(True, step > _APART)]) if len(xy) else xy


def _smooth(xy: FloatArray) -> FloatArray:
    """Sideways steps between lanes, spread over a few metres. A straight line and the ends stay."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    heading = np.arctan2(*np.diff(xy, axis=0).T[::-1])
    kink = np.abs(wrap_angle(np.diff(heading)))
    for i in np.flatnonzero((kink[:-1] > 0.3) & (kink[1:] > 0.3)):  # out and back again: a step
        if step[i + 1] < _SMOOTH:
            xy = _spread(xy, i + 1)
    return _apart(xy)


def _spread(xy: FloatArray, i: int) -> FloatArray:
    """Close the step between points i and i + 1, half before it, half after it."""
    gap = xy[i + 1] - xy[i]
    away = np.hypot(*(xy - xy[i]).T)
    fade = np.clip(1 - away / (4 * _SMOOTH), 0.0, 1.0)[:, None] / 2
    before = np.arange(len(xy))[:, None] <= i
    return np.asarray(xy + np.where(before, fade, -fade) * gap)


def _own_lane(lanes: Lanes, lines: list[Polyline | None]) -> int | None:
    """The lane that the car drives along, rather one of the route."""
    best, index = _REACH, None
    for i, line in enumerate(lines):
        if line is None or _distance(line) > best:
            continue
        s, d = (float(value) for value in line.project(np.zeros(2)))
        turn = abs(float(wrap_angle(line.heading(s))))
        if turn > _MAX_TURN:
            continue
        overrun = max(0.0, -s, s - line.length)
        away = abs(d) + overrun + _HEADING_WEIGHT * turn
        away += 0.0 if lanes.on_route[i] else _OFF_ROUTE
        if away < best:
            best, index = away, i
    return index


def _distance(line: Polyline) -> float:
    """m from the car that a line is at least away: cheaper than how far it is."""
    nearest = float(np.hypot(*line.xy.T).min())
    return nearest - float(np.diff(line.s).max()) / 2


def _followed(lanes: Lanes, lines: list[Polyline | None], own: int) -> list[int]:
    """The chain of lanes from `own` on: along the route as far as it goes, then straight on."""
    length = np.array([0.0 if line is None else line.length for line in lines])
    chain, driven = [own], 0.0
    while driven < HORIZON + 80.0:
        here = chain[-1]
        ways = [int(j) for j in np.flatnonzero(lanes.leads_to[here]) if j not in chain]
        ways = [j for j in ways if length[j] > 0]
        if not ways:
            break
        ahead = [_route_ahead(lanes, length, j, frozenset(chain)) for j in ways]
        turns = [_turn(lines, here, j) for j in ways]
        chain.append(max(zip(ahead, turns, ways, strict=True), key=lambda w: (w[0], -w[1]))[2])
        driven += length[chain[-1]]
    return chain


def _route_ahead(lanes: Lanes, length: FloatArray, lane: int, seen: frozenset[int]) -> float:
    """m of the route that can be driven from the start of `lane` without a lane change."""
    if not lanes.on_route[lane] or lane in seen:
        return 0.0
    ways: IntArray = np.flatnonzero(lanes.leads_to[lane])
    beyond = [_route_ahead(lanes, length, int(j), seen | {lane}) for j in ways]
    return float(length[lane]) + max(beyond, default=0.0)


def _turn(lines: list[Polyline | None], here: int, there: int) -> float:
    """rad between the end of one lane and the middle of another."""
    a, b = lines[here], lines[there]
    assert a is not None, "lanes of a chain have points"
    assert b is not None, "lanes of a chain have points"
    return abs(float(wrap_angle(b.heading(min(10.0, b.length)) - a.heading(a.length))))
