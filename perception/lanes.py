"""From the spine and its slots to the lanes of a Scene: the road as a planner wants it.

Along the spine a lane is a strand: it runs in one slot, or passes from slot to slot where it comes
nearer or leaves. Strands are cut into lanes where one of them begins or ends for certain, or leaves
the route, as a road is cut into segments on a map, so that `leads_to` and `left_of` say which lane
goes on and which does not. A strand that passes out of sight, or out of the slots (an exit), is
open: no end is made of it. Another road that crosses or joins is drawn as two short lanes across
the spine, where the junction begins and where it ends.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.scene import Lanes
from perception.curve import GRID_S, STEP, fine, normals
from perception.nouns import LEFT, OWN, RIGHT, SLOTS, STATION_S, RoadEstimate

THERE, GONE = 0.5, 0.25  # probability above which a lane is drawn, and below which it is no more
GONE_FOR = 6  # points over which a lane that ended has to be gone to be ended for certain
SAME_STRAND = 2.5  # m sideways between two slots at neighbouring points of one strand
BESIDE = 1.5  # lane widths between the middles of neighbours
CROSSING = 12.0  # m that a lane across a junction reaches to either side
CROSSING_WIDTH = 4.0  # m
MORE = 4  # lanes to either side of the described ones that are believed in
ROOM = 0.25  # of a lane's width between the middle of such a lane and the edge: half is perfect
_SLOT = np.clip(np.arange(-MORE, SLOTS + MORE), 0, SLOTS - 1)  # (K,) whose paint and way they share
SHORTEST = 4.0  # m of spine that are worth a lane
_PIECES, _CROSSING_ID = 1000, 1_000_000  # ids: lane number times so many, plus where it begins


@dataclass(frozen=True, slots=True)
class _Strips:
    """The slots along the spine, at M points, from left to right, with those beyond the described
    ones that the road's edge leaves room for: K of them, the first described one being MORE."""

    xy_ego: FloatArray  # (M, 2) the spine
    normal: FloatArray  # (M, 2) to the left of it
    offset: FloatArray  # (K, M) m
    std: FloatArray  # (K, M) m
    there: BoolArray  # (K, M)
    gone: BoolArray  # (K, M) for certain; neither there nor gone is unknown
    on_route: FloatArray  # (K, M) probability


@dataclass(frozen=True, slots=True)
class _Piece:
    """One lane: a strand between two cuts."""

    strand: int
    slot: int  # in which it begins
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
    strips = _strips(road, behind)
    strands = _strands(strips)
    until = [_leaves_route(strips, strands == name) for name in range(int(strands.max()) + 1)]
    cuts = _cuts(strips, strands, until)
    pieces = [
        _piece(strips, strands, int(name), first, last, until[name])
        for first, last in itertools.pairwise(cuts)
        for name in np.unique(strands[:, first : last + 1])
        if name >= 0 and (strands[:, first : last + 1] == name).sum() > 1
    ]
    return _assembled(road, pieces, _crossings(road), number)


def _strips(road: RoadEstimate, behind: FloatArray) -> _Strips:
    ahead = GRID_S[road.length > GRID_S]
    xy = np.concatenate([behind, fine(road.xy_ego)[: len(ahead)]])
    s = np.concatenate([np.zeros(len(behind)), ahead])  # behind the car, all is as beside it
    exists_at = road.lane_exists_at * (road.lane_exists > GONE)[:, None]
    exists_at[OWN] = 1.0  # the length of the spine says where that ends
    exists_at, offset = _to_the_edges(road, exists_at)
    # An offset counts where there is a lane; between such stations and beyond them it is held.
    known = exists_at > THERE

    def along(values: FloatArray, where: BoolArray) -> FloatArray:
        out = np.zeros((len(values), len(s)))
        for k in np.flatnonzero(known.any(axis=1)):
            out[k] = np.interp(s, STATION_S[where[k]], values[k, where[k]])
        return out

    probability = along(exists_at, np.ones_like(known))
    beside = along(road.lane_offset_std[_SLOT], known)
    return _Strips(
        xy_ego=xy,
        normal=normals(xy),
        offset=along(offset, known),
        std=np.hypot(beside, np.interp(s, STATION_S, road.lateral_std)),
        there=probability > THERE,
        gone=probability < GONE,
        on_route=along(road.lane_on_route[_SLOT], known),
    )


def _to_the_edges(road: RoadEstimate, exists_at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K, S) existence and offset of the slots and of MORE on either side: as far as the edge of
    the asphalt leaves room for the middle of another lane beside the outermost one described."""
    there, offset = exists_at[_SLOT], road.lane_offset[_SLOT].copy()
    for side, edge, first, way in ((1, LEFT, MORE, -1), (-1, RIGHT, MORE + SLOTS - 1, 1)):
        width = float(road.lane_width[_SLOT[first]])
        for step in range(1, MORE + 1):
            row = first + way * step
            offset[row] = offset[first] + side * step * width
            room = side * (road.edge_offset[edge] - offset[row])
            there[row] = there[row - way] * (room > ROOM * width)
    return there, offset


def _strands(strips: _Strips) -> IntArray:
    """(K, M) the number of the strand in each slot at each point, -1 for none."""
    there, offset = strips.there, strips.offset
    strands = np.full(there.shape, -1)
    count = 0
    for i in range(there.shape[1]):
        if i and (there[:, i] == there[:, i - 1]).all():
            strands[:, i] = strands[:, i - 1]
            continue
        for k in np.flatnonzero(there[:, i]).tolist():
            strands[k, i] = _continued(strands, there, offset, k, i) if i else -1
            if strands[k, i] < 0:
                strands[k, i], count = count, count + 1
    return strands


def _continued(strands: IntArray, there: BoolArray, offset: FloatArray, k: int, i: int) -> int:
    """The strand that goes on in slot k at point i: the one of this slot, or one that left a slot
    beside it; -1 if none does."""
    if strands[k, i - 1] >= 0:
        return int(strands[k, i - 1])
    for j in (k - 1, k + 1):
        came = 0 <= j < len(strands) and strands[j, i - 1] >= 0 and not there[j, i]
        if came and abs(offset[k, i] - offset[j, i - 1]) < SAME_STRAND:
            return int(strands[j, i - 1])
    return -1


def _leaves_route(strips: _Strips, mine: BoolArray) -> int:
    """The point up to which a strand is on the route: the likeliest, since it leaves only once."""
    evidence = np.where(mine, strips.on_route - 0.5, 0.0).sum(axis=0)
    return int(np.argmax(np.concatenate([[0.0], np.cumsum(evidence)])))


def _cuts(strips: _Strips, strands: IntArray, until: list[int]) -> list[int]:
    """The points at which the strands are cut into lanes: the first, where a strand certainly
    begins, ends or leaves the route, the last."""
    last = strands.shape[1] - 1
    cuts, open_from = [], last
    for name, leaves in enumerate(until):
        at = np.flatnonzero((strands == name).any(axis=0))
        low, high = int(at[0]), int(at[-1])
        first_slot, slot = (int((strands[:, i] == name).argmax()) for i in (low, high))
        if low < leaves < high:
            cuts.append(leaves)
        if low > 0 and strips.gone[first_slot, low - GONE_FOR : low].any():
            cuts.append(low)
        drift = abs(strips.offset[slot, high]) - abs(strips.offset[first_slot, low])
        if slot in (0, len(strands) - 1) and high < last and drift > SAME_STRAND:
            open_from = min(open_from, high)  # it leaves the slots, and the road goes on
        elif strips.gone[slot, high + 1 : high + 1 + GONE_FOR].any():
            cuts.append(high)
    inner = sorted({cut for cut in cuts if 1 < cut < min(open_from, last - 1)})
    return [0, *inner, last]


def _piece(
    strips: _Strips, strands: IntArray, name: int, first: int, last: int, until: int
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


def _assembled(
    road: RoadEstimate, pieces: list[_Piece], crossings: list[FloatArray], number: int
) -> Lanes:
    """Put the pieces into the arrays of Lanes; the crossings come last and lead nowhere."""
    n, m = len(pieces), len(pieces) + len(crossings)
    curves = [piece.xy_ego for piece in pieces] + crossings
    stds = [piece.std for piece in pieces] + [np.full(len(c), road.junction_std) for c in crossings]
    row = [piece.slot for piece in pieces]
    slot = np.array([*_SLOT[row], *[OWN] * len(crossings)])
    mine = np.arange(m) < n
    oncoming = (road.lane_oncoming[slot] > THERE) & mine
    longest = max(len(curve) for curve in curves)
    xy, std = np.zeros((m, longest, 2)), np.zeros((m, longest))
    for i, curve in enumerate(curves):
        way = -1 if oncoming[i] else 1
        xy[i, : len(curve)], std[i, : len(curve)] = curve[::way], stds[i][::way]
    leads_to, left_of = _relations(pieces, oncoming, m, float(road.lane_width[OWN]))
    left, right = road.left_marking.argmax(axis=1)[slot], road.right_marking.argmax(axis=1)[slot]
    ids = [_PIECES * (MORE + OWN - piece.slot + number) + piece.first for piece in pieces]
    gives_way = road.give_way > THERE
    return Lanes(
        id=np.array(ids + [_CROSSING_ID + i for i in range(m - n)], np.int64),
        xy_ego=xy,
        valid=np.arange(longest) < np.array([len(curve) for curve in curves])[:, None],
        lateral_std=std,
        width=np.where(mine, road.lane_width[slot], CROSSING_WIDTH),
        speed_limit=np.full(m, road.speed_limit),
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
