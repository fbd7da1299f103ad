"""From the spine and its slots to the lanes of a Scene: the road as a planner wants it.

Each strand between two cuts (perception.strands) is a lane; `leads_to` and `left_of` say which goes
on and which does not. Another road that crosses or joins is drawn as two short lanes across the
spine, where the junction begins and where it ends. Where the spine turns in a junction, who comes
out of the road that it turns into may turn, too, or drive straight on: that is drawn as a lane.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.scene import Lanes
from perception.curve import GRID_S, STEP, fine, normals
from perception.nouns import OWN, RoadEstimate
from perception.strands import (
    MORE,
    SLOT_OF_ROW,
    THERE,
    Strips,
    cuts_of,
    leaves_route,
    strands_of,
    strips_of,
)

BESIDE = 1.5  # lane widths between the middles of neighbours
CROSSING = 12.0  # m that a lane across a junction reaches to either side
CROSSING_WIDTH = 4.0  # m
TURNS = 0.5  # rad that the spine turns in a junction for somebody to go straight on where it does
STRAIGHT_ON = 24.0  # m across a junction
COURSE = 10.0  # m
SHORTEST = 4.0  # m of spine that are worth a lane
LEAST_LIMIT = 2.0  # m/s: no road is slower, whatever is read off it
_PIECES, _CROSSING_ID = 1000, 1_000_000  # ids: lane number times so many, plus where it begins


@dataclass(frozen=True, slots=True)
class _Piece:
    """One lane: a strand between two cuts."""

    strand: int
    row: int  # of the strips, in which it begins
    first: int  # cut
    last: int  # cut
    xy_ego: FloatArray  # (P, 2) along the spine, whichever way it is driven
    std: FloatArray  # (P,)
    on_route: bool


def lanes_of(road: RoadEstimate, behind: FloatArray, number: int = 0) -> Lanes:
    """The lanes of an estimate; `behind` (B, 2) is the spine behind the car, in driving order, and
    `number` that of the lane that it runs in: what keeps ids when the car changes lane."""
    if road.exists < THERE or road.length < SHORTEST:
        return Lanes.none()
    strips = strips_of(road, behind)
    strands = strands_of(strips)
    until = [leaves_route(strips, strands == name) for name in range(int(strands.max()) + 1)]
    cuts = cuts_of(strips, strands, until)
    far_side = _far_side(road, len(behind))
    if far_side is not None:
        cuts = sorted({*cuts, far_side})
    pieces = [
        _piece(strips, strands, int(name), first, last, until[name])
        for first, last in itertools.pairwise(cuts)
        for name in np.unique(strands[:, first : last + 1])
        if name >= 0 and (strands[:, first : last + 1] == name).sum() > 1
    ]
    return _assembled(road, pieces, _crossings(road), number, far_side)


def _piece(
    strips: Strips, strands: IntArray, name: int, first: int, last: int, until: int
) -> _Piece:
    mine = strands[:, first : last + 1] == name
    part = np.flatnonzero(mine.any(axis=0))
    slot = mine[:, part].argmax(axis=0)
    part = part + first
    xy = strips.xy_ego[part] + strips.offset[slot, part, None] * strips.normal[part]
    middle = (part[0] + part[-1]) / 2
    return _Piece(name, int(slot[0]), first, last, xy, strips.std[slot, part], middle < until)


def _crossings(road: RoadEstimate) -> list[FloatArray]:
    """Short lanes across the spine where a junction begins and ends."""
    if road.junction < THERE:
        return []
    spine = fine(road.xy_ego)
    across = normals(spine)
    reach = np.arange(CROSSING, -CROSSING - 0.1, -STEP)[:, None]
    found = []
    for s in (road.junction_begin, road.junction_end):
        if s < road.length:
            at = round(np.clip(s, 0.0, GRID_S[-1]) / STEP)
            place = [np.interp(s, GRID_S, spine[:, i]) for i in (0, 1)]
            found.append(place + reach * across[at])
    return found


def _far_side(road: RoadEstimate, behind: int) -> int | None:
    """The point of the strips at which a junction ends in which the spine turns, None if there is
    none; `behind` of the points lie behind the car."""
    if road.junction < THERE or not 0 < road.junction_end < road.length:
        return None
    across = normals(fine(road.xy_ego))
    begin, end = (
        round(np.clip(s, 0.0, GRID_S[-1]) / STEP) for s in (road.junction_begin, road.junction_end)
    )
    turns = across[begin] @ across[end] < np.cos(TURNS)
    return behind + end if turns else None


def _straight_on(piece: _Piece) -> FloatArray:
    """(P, 2) the way straight on for who comes down an oncoming lane, as that runs over its last
    COURSE m: where a junction ends is told a few metres off, and there the lane bends."""
    ahead = piece.xy_ego[0] - piece.xy_ego[min(round(COURSE / STEP), len(piece.xy_ego) - 1)]
    return piece.xy_ego[0] + np.arange(0.0, STRAIGHT_ON, STEP)[:, None] * ahead / np.hypot(*ahead)


def _assembled(
    road: RoadEstimate,
    pieces: list[_Piece],
    crossings: list[FloatArray],
    number: int,
    far_side: int | None,
) -> Lanes:
    """Put the pieces into the arrays of Lanes; then the crossings, which lead nowhere, and the ways
    straight on of those who come from the `far_side` of a junction in which the spine turns."""
    come = [
        i
        for i, piece in enumerate(pieces)
        if piece.first == far_side and road.lane_oncoming[SLOT_OF_ROW[piece.row]] > THERE
    ]
    drawn = crossings + [_straight_on(pieces[i]) for i in come]
    n, m = len(pieces), len(pieces) + len(drawn)
    curves = [piece.xy_ego for piece in pieces] + drawn
    stds = [piece.std for piece in pieces] + [np.full(len(c), road.junction_std) for c in drawn]
    row = [piece.row for piece in pieces]
    slot = np.array([*SLOT_OF_ROW[row], *[OWN] * len(drawn)])
    mine = np.arange(m) < n
    oncoming = (road.lane_oncoming[slot] > THERE) & mine
    longest = max(len(curve) for curve in curves)
    xy, std = np.zeros((m, longest, 2)), np.zeros((m, longest))
    for i, curve in enumerate(curves):
        way = -1 if oncoming[i] else 1
        xy[i, : len(curve)], std[i, : len(curve)] = curve[::way], stds[i][::way]
    leads_to, left_of = _relations(pieces, oncoming, m, float(road.lane_width[OWN]))
    leads_to[come, n + len(crossings) + np.arange(len(come))] = True
    left, right = road.left_marking.argmax(axis=1)[slot], road.right_marking.argmax(axis=1)[slot]
    ids = [_PIECES * (MORE + OWN - piece.row + number) + piece.first for piece in pieces]
    gives_way = road.give_way > THERE
    return Lanes(
        id=np.array(ids + [_CROSSING_ID + i for i in range(m - n)], np.int64),
        xy_ego=xy,
        valid=np.arange(longest) < np.array([len(curve) for curve in curves])[:, None],
        lateral_std=std,
        width=np.where(mine, road.lane_width[slot], CROSSING_WIDTH),
        speed_limit=np.full(m, max(road.speed_limit, LEAST_LIMIT)),
        left_marking=np.where(mine, np.where(oncoming, right, left), 0),
        right_marking=np.where(mine, np.where(oncoming, left, right), 0),
        on_route=np.array([piece.on_route for piece in pieces] + [False] * (m - n)) & ~oncoming,
        priority=np.where(mine != gives_way, 1, 0).astype(np.int64),
        leads_to=leads_to,
        left_of=left_of,
    )


def _relations(
    pieces: list[_Piece], oncoming: BoolArray, m: int, width: float
) -> tuple[BoolArray, BoolArray]:
    """(m, m) leads_to and left_of; an oncoming lane goes the other way along the spine."""
    leads_to, left_of = np.zeros((m, m), np.bool_), np.zeros((m, m), np.bool_)
    for (i, a), (j, b) in itertools.permutations(enumerate(pieces), 2):
        turned = (j, i) if oncoming[i] else (i, j)
        if a.strand == b.strand and a.last == b.first:
            leads_to[turned] = True
        if a.first == b.first and oncoming[i] == oncoming[j] and _is_left(a, b, width):
            left_of[turned] = True
    return leads_to, left_of


def _is_left(piece: _Piece, other: _Piece, width: float) -> bool:
    """Whether `other` runs directly left of `piece`, as one drives along the spine."""
    k = max(min(len(piece.xy_ego), len(other.xy_ego)) // 2, 1)
    tangent = piece.xy_ego[k] - piece.xy_ego[k - 1]
    nearest = np.argmin(((other.xy_ego - piece.xy_ego[k]) ** 2).sum(axis=1))
    step = other.xy_ego[nearest] - piece.xy_ego[k]
    across = (tangent[0] * step[1] - tangent[1] * step[0]) / np.hypot(*tangent)
    return bool(0 < across < BESIDE * width)
