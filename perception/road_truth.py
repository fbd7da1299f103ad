"""The RoadEstimate that a perfect network would give: the lanes of a Scene, seen from the spine.

At every station the lanes are cut across: where a centerline crosses the normal of the spine there
is a lane, at that offset. It belongs to the slot whose place, counted in widths of the own lane, is
nearest; so a lane that joins or leaves passes from slot to slot, and one hidden behind another in
the same slot is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.frenet import Polyline
from datasets.geometry import wrap_angle
from datasets.scene import Lanes, Scene
from perception.nouns import HORIZON, LEFT, OWN, RIGHT, SLOTS, STATION_S, STATIONS, RoadEstimate
from perception.spine import Spine, spine_of

_PARALLEL = np.deg2rad(35)  # a lane at a larger angle to the spine crosses it: not beside it
_ACROSS = 0.25  # rad, a lane that meets the spine at less than this runs along with it
_CONFLICT = 3.8  # m between spine and centerline: a car there is in the way
_NEW_JUNCTION = 30.0  # m of free road: what comes after is another junction
_WIDEST = 30.0  # m to either side that the asphalt is followed
_SEAM = 0.6  # m between two lanes that still are one surface
PERFECT = 1e-3  # m, rad, ...: the standard deviation of the truth


@dataclass(frozen=True, slots=True)
class _Crossings:
    """Where lanes run beside the spine; C of them."""

    station: IntArray  # (C,)
    lane: IntArray  # (C,)
    offset: FloatArray  # (C,) m, left positive
    oncoming: BoolArray  # (C,)


def road_truth(scene: Scene) -> RoadEstimate:
    """What there is to know about the road of a scene. `exists` is 0 where the car is on none."""
    lanes = scene.lanes
    spine = spine_of(lanes)
    if spine is None:
        return nowhere()
    own = spine.chain[0]
    there = spine.length >= STATION_S
    cuts = _crossings(lanes, spine)
    slot = np.rint(cuts.offset / -lanes.width[own]).astype(np.int64) + OWN
    slots = _slots(lanes, spine, cuts, slot)
    begin, end, give_way = _junction(lanes, spine)
    return RoadEstimate(
        exists=1.0,
        xy_ego=spine.xy_ego,
        lateral_std=np.full(STATIONS, PERFECT),
        length=spine.length,
        length_std=PERFECT,
        speed_limit=float(lanes.speed_limit[own]),
        speed_limit_std=PERFECT,
        lane_offset_std=np.full((SLOTS, STATIONS), PERFECT),
        edge_offset=_edges(lanes, cuts, there),
        edge_offset_std=np.full((2, STATIONS), PERFECT),
        junction=float(np.isfinite(begin)),
        junction_begin=begin if np.isfinite(begin) else 0.0,
        junction_end=end if np.isfinite(begin) else 0.0,
        junction_std=PERFECT,
        give_way=float(give_way),
        **slots,
    )


def nowhere() -> RoadEstimate:
    """No lane in sight."""
    per_slot, per_station = np.zeros(SLOTS), np.zeros((SLOTS, STATIONS))
    none = np.tile([1.0, 0.0, 0.0], (SLOTS, 1))
    return RoadEstimate(
        exists=0.0,
        xy_ego=np.stack([STATION_S, np.zeros(STATIONS)], axis=1),
        lateral_std=np.full(STATIONS, PERFECT),
        length=0.0,
        length_std=PERFECT,
        speed_limit=0.0,
        speed_limit_std=PERFECT,
        lane_exists=per_slot,
        lane_exists_at=per_station,
        lane_offset=per_station,
        lane_offset_std=per_station + PERFECT,
        lane_width=per_slot,
        lane_oncoming=per_slot,
        lane_on_route=per_station,
        left_marking=none,
        right_marking=none,
        edge_offset=np.zeros((2, STATIONS)),
        edge_offset_std=np.full((2, STATIONS), PERFECT),
        junction=0.0,
        junction_begin=0.0,
        junction_end=0.0,
        junction_std=PERFECT,
        give_way=0.0,
    )


def _crossings(lanes: Lanes, spine: Spine) -> _Crossings:
    """Every crossing of a centerline with the normal of the spine, at every station it reaches."""
    there = spine.length >= STATION_S
    c, s = np.cos(spine.heading), np.sin(spine.heading)
    step = lanes.xy_ego[None] - spine.xy_ego[:, None, None]  # (S, L, P, 2)
    along = step[..., 0] * c[:, None, None] + step[..., 1] * s[:, None, None]
    across = step[..., 1] * c[:, None, None] - step[..., 0] * s[:, None, None]
    before, after = along[..., :-1], along[..., 1:]
    crosses = (before <= 0) != (after <= 0)
    crosses &= lanes.valid[None, :, 1:] & there[:, None, None]
    crosses &= np.abs(across[..., :-1]) < _WIDEST
    station, lane, point = np.nonzero(crosses)
    low, high = before[station, lane, point], after[station, lane, point]
    share = low / (low - high)
    left, right = across[station, lane, point], across[station, lane, point + 1]
    piece = lanes.xy_ego[lane, point + 1] - lanes.xy_ego[lane, point]
    turn = np.abs(wrap_angle(np.arctan2(piece[:, 1], piece[:, 0]) - spine.heading[station]))
    beside = (turn < _PARALLEL) | (turn > np.pi - _PARALLEL)
    return _Crossings(
        station[beside],
        lane[beside],
        (left + share * (right - left))[beside],
        (turn > np.pi / 2)[beside],
    )


def _slots(lanes: Lanes, spine: Spine, cuts: _Crossings, slot: IntArray) -> dict[str, FloatArray]:
    """The arrays over slots (and stations) of a RoadEstimate."""
    width = lanes.width[spine.chain[0]]
    place = width * (OWN - np.arange(SLOTS))  # (K,) m
    exists_at = np.zeros((SLOTS, STATIONS))
    offset = np.repeat(place[:, None], STATIONS, axis=1)
    owner = np.full((SLOTS, STATIONS), -1)
    is_oncoming = np.zeros((SLOTS, STATIONS))
    off = np.abs(cuts.offset - width * (OWN - slot)) + cuts.oncoming  # of equals, the same way
    for i in np.argsort(-off):  # the nearest is written last
        k, at = slot[i], cuts.station[i]
        if 0 <= k < SLOTS and k != OWN:
            exists_at[k, at], offset[k, at] = 1.0, cuts.offset[i]
            owner[k, at], is_oncoming[k, at] = cuts.lane[i], cuts.oncoming[i]
    exists_at[OWN] = spine.length >= STATION_S
    owner[OWN] = _own_lanes(lanes, spine)
    on_route = lanes.on_route[owner] & (is_oncoming == 0)
    exists = exists_at.any(axis=1)
    first = exists_at.argmax(axis=1)  # what is painted nearest to the car counts
    lane = np.where(exists, owner[np.arange(SLOTS), first], spine.chain[0])
    oncoming = np.where(exists, is_oncoming[np.arange(SLOTS), first], 0.0)
    left, right = lanes.left_marking[lane], lanes.right_marking[lane]
    swapped = oncoming > 0  # left and right are those of the spine
    return {
        "lane_exists": exists.astype(np.float64),
        "lane_exists_at": exists_at,
        "lane_offset": offset,
        "lane_width": np.where(exists, lanes.width[lane], width),
        "lane_oncoming": oncoming,
        "lane_on_route": exists_at * on_route,
        "left_marking": np.eye(3)[np.where(swapped, right, left)],
        "right_marking": np.eye(3)[np.where(swapped, left, right)],
    }


def _own_lanes(lanes: Lanes, spine: Spine) -> IntArray:
    """(S,) the lane of the chain that each station lies in."""
    chain = np.array(spine.chain)
    step = np.hypot(*np.diff(lanes.xy_ego[chain], axis=1).transpose(2, 0, 1))
    length = (step * lanes.valid[chain, 1:]).sum(axis=1)
    ends = np.cumsum(length) - spine.start
    return np.asarray(chain[np.minimum(np.searchsorted(ends, STATION_S), len(chain) - 1)])


def _edges(lanes: Lanes, cuts: _Crossings, there: BoolArray) -> FloatArray:
    """(2, S) how far the asphalt reaches without a gap, lane beside lane."""
    edges = np.zeros((2, STATIONS))
    half = lanes.width[cuts.lane] / 2
    low, high = cuts.offset - half, cuts.offset + half
    for at in np.flatnonzero(there):
        here = cuts.station == at
        left = right = 0.0
        for i in np.argsort(np.abs(cuts.offset[here])):
            lowest, highest = low[here][i], high[here][i]
            if lowest <= left + _SEAM and highest >= right - _SEAM:
                left, right = max(left, highest), min(right, lowest)
        edges[LEFT, at], edges[RIGHT, at] = left, right
    return edges


def _junction(lanes: Lanes, spine: Spine) -> tuple[float, float, bool]:
    """Where, m along the spine, other lanes cut across or join, and whether they go first; inf
    where none do."""
    foreign = ~np.isin(np.arange(len(lanes)), spine.chain)
    coarse = Polyline(spine.line.position(spine.start + np.arange(0.0, HORIZON + 1.0, 2.0)))
    s, d = coarse.project(lanes.xy_ego[foreign])  # (F, P)
    step = np.diff(lanes.xy_ego[foreign], axis=1, append=lanes.xy_ego[foreign][:, -1:])
    heading = np.arctan2(step[..., 1], step[..., 0])
    across = np.abs(np.sin(heading - coarse.heading(s))) > _ACROSS
    near = (np.abs(d) < _CONFLICT) & lanes.valid[foreign] & (s > 0.0) & (s < HORIZON)
    near &= np.abs(d[:, :1]) > 1.0  # a lane that begins on the spine leaves it
    # A lane that joins is across before it is along: it counts where it was across at all.
    near &= across | (near & across).any(axis=1)[:, None]
    if not near.any():
        return np.inf, np.inf, False
    places = np.sort(s[near])
    gaps = np.flatnonzero(np.diff(places) > _NEW_JUNCTION)
    begin, end = float(places[0]), float(places[gaps[0] if len(gaps) else -1])
    first = (near & (s <= end)).any(axis=1)
    own = [i for i in spine.chain if _begins_before(lanes, spine, i, begin)][-1]
    return begin, end, bool((lanes.priority[foreign][first] > lanes.priority[own]).any())


def _begins_before(lanes: Lanes, spine: Spine, lane: int, s: float) -> bool:
    """Whether a lane of the chain begins before `s` m along the spine; the first one does."""
    if lane == spine.chain[0]:
        return True
    return float(spine.line.project(lanes.xy_ego[lane, 0])[0]) - spine.start < s
