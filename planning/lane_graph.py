"""The lanes of a scene as a graph: which lane a car is in, where each lane leads, and how many
lane changes the route still asks for.

A lane belongs to the route where `on_route` says so, but of several lanes side by side often only
one leads on to the next road of the route (an exit). The value of a lane is therefore the pair
(how many more lanes of the route can be driven from it, and with how few lane changes); it is
found by dynamic programming over the number of lanes driven.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.scene import Lanes

HEADING_WEIGHT = 4.0  # m per rad: a lane across the car's way is further than its distance says
OFF_ROUTE_PENALTY = 3.0  # m: where lanes lie on one another, the car is in the one of its route
MAX_ALIGNMENT = math.pi / 3  # rad between a car and a lane that it can be driving along
MAX_STEP, BLEND = 3.0, 12.0  # m: a step between two lanes, and the road over which it is spread
LOOKAHEAD = 12  # lanes one after the other: more than any scene shows, and an end to circuits


@dataclass(frozen=True, slots=True)
class LaneGraph:
    """The lanes, and what follows from how they hang together. Indices are those of `lanes`."""

    lanes: Lanes
    count: IntArray  # (L,) points in sight
    length: FloatArray  # (L,) m
    successors: tuple[tuple[int, ...], ...]
    predecessors: tuple[tuple[int, ...], ...]
    left: IntArray  # (L,) the lane directly left, -1 if none
    right: IntArray  # (L,)
    depth: IntArray  # (L,) lanes of the route that can still be driven, lane changes allowed
    changes: IntArray  # (L,) lane changes that this takes

    @classmethod
    def of(cls, lanes: Lanes) -> LaneGraph:
        count = lanes.valid.sum(axis=1)
        usable = count > 1
        step = np.diff(lanes.xy_ego, axis=1)
        length = np.where(lanes.valid[:, 1:], np.hypot(step[..., 0], step[..., 1]), 0.0).sum(axis=1)
        leads_to = lanes.leads_to & usable[:, None] & usable[None, :]
        left_of = lanes.left_of & usable[:, None] & usable[None, :]
        left, right = _first(left_of), _first(left_of.T)
        successors = _neighbours(leads_to)
        depth, changes = _values(lanes.on_route & usable, successors, left, right)
        predecessors = _neighbours(leads_to.T)
        return cls(lanes, count, length, successors, predecessors, left, right, depth, changes)

    def __len__(self) -> int:
        return len(self.count)

    def locate(
        self, xy: FloatArray, heading: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(N, 2) positions, (N,) headings -> (N, L) distance from driving along each lane, m (inf:
        it cannot be), (N, L) arc length and (N, L) offset, left positive."""
        return _locate(self.lanes.xy_ego, self.count, np.ascontiguousarray(xy), heading)

    def ego_lane(self, distance: FloatArray) -> int | None:
        """The lane the car is in, given its (L,) distances; None if it is on no lane."""
        if len(distance) == 0:
            return None
        total = distance + np.where(self.lanes.on_route, 0.0, OFF_ROUTE_PENALTY)
        best = int(np.argmin(total))
        return best if total[best] < 2 * self.lanes.width[best] else None

    def next_on_route(self, lane: int) -> int | None:
        """The successor to take: the one from which the most of the route can be driven, and of
        equals the one that goes on where this one ends."""
        return max(
            self.successors[lane],
            key=lambda j: (self.depth[j], -self.changes[j], -self._shift(lane, j)),
            default=None,
        )

    def _shift(self, lane: int, successor: int) -> float:
        """How far, m, a successor's start lies from the lane's end."""
        end = self.lanes.xy_ego[lane, self.count[lane] - 1]
        return float(np.abs(end - self.lanes.xy_ego[successor, 0]).sum())

    def chains(self, lane: int, length: float, limit: int) -> list[list[int]]:
        """Up to `limit` ways to go on from `lane` for `length` metres from its start."""
        found: list[list[int]] = []
        open_chains: list[tuple[list[int], float]] = [([lane], 0.0)]
        while open_chains and len(found) < limit:
            chain, driven = open_chains.pop()
            driven += float(self.length[chain[-1]])
            following = [j for j in self._ways_on(chain[-1]) if j not in chain]
            if driven >= length or not following:
                found.append(chain)
            else:
                open_chains.extend(([*chain, j], driven) for j in following)
        return found

    def _ways_on(self, lane: int) -> list[int]:
        """Where a car may go on from a lane: to what it leads to, and to where a lane beside it
        branches off, as traffic on the inner lane of a roundabout leaves across the outer one."""
        ways = list(self.successors[lane])
        straight = {int(j) for way in ways for j in (way, self.left[way], self.right[way])}
        for beside in (self.left[lane], self.right[lane]):
            if beside >= 0 and len(self.successors[beside]) > 1:
                ways += [j for j in self.successors[beside] if j not in straight]
        return ways

    def points(self, chain: list[int]) -> FloatArray:
        """(M, 2) the centerlines of a chain, one after the other, without the steps of up to a
        metre that some lanes make where they meet."""
        parts = [self.lanes.xy_ego[i, : self.count[i]] for i in chain]
        for i in range(1, len(parts)):
            gap = parts[i][0] - parts[i - 1][-1]
            if 0.05 < np.abs(gap).max() < MAX_STEP:
                parts[i - 1] = parts[i - 1] + _fading(parts[i - 1], -1)[:, None] * gap / 2
                parts[i] = parts[i] - _fading(parts[i], 0)[:, None] * gap / 2
        return np.concatenate(parts)


def _fading(xy: FloatArray, end: int) -> FloatArray:
    """(M,) 1 at one end of a lane, falling to 0 over BLEND metres."""
    return np.clip(1 - np.hypot(*(xy - xy[end]).T) / BLEND, 0.0, 1.0)


def _neighbours(matrix: BoolArray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in matrix)


def _first(neighbour: BoolArray) -> IntArray:
    """(L, L) -> (L,) the first true column of each row, -1 if there is none."""
    if neighbour.size == 0:
        return np.zeros(len(neighbour), np.int64)
    return np.where(neighbour.any(axis=1), neighbour.argmax(axis=1), -1).astype(np.int64)


def _values(
    on_route: BoolArray, successors: tuple[tuple[int, ...], ...], left: IntArray, right: IntArray
) -> tuple[IntArray, IntArray]:
    """Depth and lane changes of every lane, looking one lane further ahead each round."""
    n = len(on_route)
    beside = [[int(j) for j in pair if j >= 0] for pair in zip(left, right, strict=True)]
    value = [(int(on), 0) for on in on_route]  # (depth, -changes)
    for _ in range(LOOKAHEAD):
        ahead = [
            max(
                ((1 + value[j][0], value[j][1]) for j in successors[i] if on_route[j]),
                default=(1, 0),
            )
            if on_route[i]
            else (0, 0)
            for i in range(n)
        ]
        changed = True
        while changed:  # sideways, until no lane change makes a lane better
            changed = False
            for i in range(n):
                best = max(((ahead[j][0], ahead[j][1] - 1) for j in beside[i]), default=ahead[i])
                if best > ahead[i]:
                    ahead[i], changed = best, True
        if ahead == value:
            break
        value = ahead
    return np.array([v[0] for v in value], np.int64), np.array([-v[1] for v in value], np.int64)


@njit(cache=True)
def _locate(
    lanes: FloatArray, count: IntArray, xy: FloatArray, heading: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(N, L) of each place on each lane, by the lane's nearest piece: how far it is from being
    there (metres aside and beyond its ends, and a price on driving another way; infinite where the
    heading is another lane's), metres along it and left of it."""
    n, n_lanes = len(xy), len(count)
    distance = np.full((n, n_lanes), np.inf)
    along = np.zeros((n, n_lanes))
    offset = np.zeros((n, n_lanes))
    for lane in range(n_lanes):
        last = count[lane] - 2
        for i in range(n):
            best, s = 1e18, 0.0
            for k in range(last + 1):
                ax, ay = lanes[lane, k, 0], lanes[lane, k, 1]
                bx, by = lanes[lane, k + 1, 0] - ax, lanes[lane, k + 1, 1] - ay
                length = math.hypot(bx, by)
                if length < 1e-6:
                    continue
                px, py = xy[i, 0] - ax, xy[i, 1] - ay
                ahead, inside, left, square = _on_segment(bx, by, length, px, py)
                if square < best:
                    best = square
                    beyond = (k == 0 and ahead < 0) or (k == last and ahead > length)
                    along[i, lane] = s + (ahead if beyond else inside)
                    offset[i, lane] = left
                    turn = heading[i] - math.atan2(by, bx)
                    turn = abs((turn + math.pi) % (2 * math.pi) - math.pi)
                    overrun = abs(ahead - inside) if beyond else 0.0
                    total = abs(left) + overrun + HEADING_WEIGHT * turn
                    distance[i, lane] = total if turn < MAX_ALIGNMENT else np.inf
                s += length
    return distance, along, offset


@njit(cache=True)
def _on_segment(
    bx: float, by: float, length: float, px: float, py: float
) -> tuple[float, float, float, float]:
    """Of a point p beside a stretch from the origin to b: metres along its line, the same kept
    within its ends, metres left of the line, and the square of the distance from the stretch."""
    ahead = (px * bx + py * by) / length
    inside = min(max(ahead, 0.0), length)
    ex, ey = px - inside * bx / length, py - inside * by / length
    return ahead, inside, (bx * py - by * px) / length, ex * ex + ey * ey
