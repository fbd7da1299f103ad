"""Lanes as strands beside the spine: where each runs, begins, ends and leaves the route.

A strand runs in one slot, or passes from slot to slot where a lane comes nearer or leaves. Strands
are cut where one of them begins or ends for certain, or leaves the route, as a road is cut into
segments on a map. A strand that passes out of sight, or out of the slots (an exit), is open: no end
is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from perception.curve import GRID_S, fine, normals
from perception.nouns import LEFT, OWN, RIGHT, SLOTS, STATION_S, RoadEstimate

THERE, GONE = 0.5, 0.25  # probability above which a lane is drawn, and below which it is no more
GONE_FOR = 6  # points over which a lane that ended has to be gone to be ended for certain
SAME_STRAND = 2.5  # m sideways between two slots at neighbouring points of one strand
MORE = 4  # lanes to either side of the described ones that are believed in
ROOM = 0.25  # of a lane's width between the middle of such a lane and the edge: half is perfect
SLOT_OF_ROW: IntArray = np.clip(np.arange(-MORE, SLOTS + MORE), 0, SLOTS - 1)  # (K,)


@dataclass(frozen=True, slots=True)
class Strips:
    """The slots along the spine, at M points, from left to right, with those beyond the described
    ones that the road's edge leaves room for: K rows, the first described slot being row MORE."""

    xy_ego: FloatArray  # (M, 2) the spine
    normal: FloatArray  # (M, 2) to the left of it
    offset: FloatArray  # (K, M) m
    std: FloatArray  # (K, M) m
    there: BoolArray  # (K, M)
    gone: BoolArray  # (K, M) for certain; neither there nor gone is unknown
    on_route: FloatArray  # (K, M) probability


def strips_of(road: RoadEstimate, behind: FloatArray) -> Strips:
    """The slots of an estimate; `behind` (B, 2) is the spine behind the car, in driving order."""
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
    beside = along(road.lane_offset_std[SLOT_OF_ROW], known)
    return Strips(
        xy_ego=xy,
        normal=normals(xy),
        offset=along(offset, known),
        std=np.hypot(beside, np.interp(s, STATION_S, road.lateral_std)),
        there=probability > THERE,
        gone=probability < GONE,
        on_route=along(road.lane_on_route[SLOT_OF_ROW], known),
    )


def _to_the_edges(road: RoadEstimate, exists_at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K, S) existence and offset of the slots and of MORE on either side: as far as the edge of
    the asphalt leaves room for the middle of another lane beside the outermost one described."""
    there, offset = exists_at[SLOT_OF_ROW], road.lane_offset[SLOT_OF_ROW].copy()
    for side, edge, first, way in ((1, LEFT, MORE, -1), (-1, RIGHT, MORE + SLOTS - 1, 1)):
        width = float(road.lane_width[SLOT_OF_ROW[first]])
        for step in range(1, MORE + 1):
            row = first + way * step
            offset[row] = offset[first] + side * step * width
            room = side * (road.edge_offset[edge] - offset[row])
            there[row] = there[row - way] * (room > ROOM * width)
    return there, offset


def strands_of(strips: Strips) -> IntArray:
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


def leaves_route(strips: Strips, mine: BoolArray) -> int:
    """The point up to which a strand is on the route: the likeliest, since it leaves only once."""
    evidence = np.where(mine, strips.on_route - 0.5, 0.0).sum(axis=0)
    return int(np.argmax(np.concatenate([[0.0], np.cumsum(evidence)])))


def cuts_of(strips: Strips, strands: IntArray, until: list[int]) -> list[int]:
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
