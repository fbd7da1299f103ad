"""Where the car could go: the lane it is in, and the lanes directly left and right where they run
beside it, each followed along the route as one path; and how fast each may be driven.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from datasets.checks import FloatArray, IntArray
from datasets.observation import EgoState, Route
from planning.lane_graph import LaneGraph
from planning.paths import (
    STEP,
    Paths,
    curvature_of,
    frenet,
    nearest_on_path,
    resample,
    round_bends,
    steering_curvature,
)
from planning.route_hint import side_of_exit

BEHIND = 60  # m of every path behind the car: followers are seen on them
AHEAD_TIME = 6.0  # s, at the speed limit: the paths reach further than any plan
LEAST_AHEAD = 80  # m
TURN_IN = 0.8  # s over which a bend is turned into, see paths.round_bends
CURVE_ACCEL = 4.0  # m/s^2 sideways at which bends are taken; comfort ends at 4.89
CURVE_BRAKING = 1.8  # m/s^2, how hard the car slows down for a bend


def find_paths(graph: LaneGraph, ego: EgoState, route: Route) -> Paths | None:
    """The paths that the car can reach from where it is; None if it is on no lane."""
    distance, along, _ = graph.locate(np.zeros((1, 2)), np.zeros(1))
    own = graph.ego_lane(distance[0])
    if own is None:
        return None
    starts = [(own, 0)]
    for lane, side in ((graph.left[own], 1), (graph.right[own], -1)):
        if lane >= 0 and _beside(graph, int(lane), float(along[0, lane]), ego.speed):
            starts.append((int(lane), side))
    fastest = float(graph.lanes.speed_limit[[lane for lane, _ in starts]].max())
    ahead = max(LEAST_AHEAD, round(AHEAD_TIME * max(fastest, ego.speed)))
    paths = _gather(graph, starts, along[0], ego.speed, BEHIND + ahead)
    return _with_hint(paths, graph, [lane for lane, _ in starts], route)


def _with_hint(paths: Paths, graph: LaneGraph, lanes: list[int], route: Route) -> Paths:
    """The paths with the lane changes that the route asks for beyond what the lanes in sight tell:
    to the outermost lane on the side where it leaves. Where lanes tell themselves they are
    believed, unless they lead away from that side: which of them goes on where is hard to see from
    afar."""
    side, distance = side_of_exit(
        route.xy_ego, paths.xy[0], paths.heading[0], paths.curvature[0], float(paths.start[0])
    )
    away = (np.sign(paths.side) == -side) & (paths.changes < paths.changes[0])
    if side == 0 or (paths.changes.any() and not away.any()):
        return paths
    beside = graph.left if side > 0 else graph.right
    changes = np.array([_lanes_beyond(lane, beside) for lane in lanes])
    return replace(paths, changes=changes, room=np.where(changes > 0, distance, np.inf))


def _lanes_beyond(lane: int, beside: IntArray) -> int:
    """How many lanes lie on one side of a lane."""
    count = 0
    while beside[lane] >= 0 and count < len(beside):
        lane, count = int(beside[lane]), count + 1
    return count


def _beside(graph: LaneGraph, lane: int, along: float, speed: float) -> bool:
    """Whether a neighbour lane runs beside the car for long enough to change to it."""
    goes_on = len(graph.successors[lane]) > 0
    left = graph.length[lane] - along
    return along > -1.0 and (goes_on or left > max(10.0, 1.5 * speed))


def _gather(
    graph: LaneGraph,
    starts: list[tuple[int, int]],
    along: FloatArray,
    speed: float,
    count: int,
) -> Paths:
    n = len(starts)
    xy, heading, curvature = np.zeros((n, count, 2)), np.zeros((n, count)), np.zeros((n, count))
    limit, room = np.zeros((n, count)), np.full(n, np.inf)
    start, offset = np.zeros(n), np.zeros(n)
    chains: list[tuple[int, ...]] = []
    for p, (lane, _) in enumerate(starts):
        before, chain = _chain(graph, lane, along[lane], float(count - BEHIND))
        behind = float(graph.length[before].sum()) if before else 0.0
        begin = behind + along[lane] - BEHIND
        xy[p], heading[p] = resample(graph.points(before + chain), begin, count)
        curvature[p] = curvature_of(heading[p])
        sharpest = float(np.abs(curvature[p, BEHIND:]).max())
        slowest = min(speed, math.sqrt(CURVE_ACCEL / max(sharpest, 1e-4)))
        xy[p], heading[p] = round_bends(xy[p], heading[p], TURN_IN * slowest)
        curvature[p] = curvature_of(heading[p])
        heading[p] -= 2 * np.pi * np.round(heading[p, BEHIND] / (2 * np.pi))
        ends = np.cumsum(graph.length[before + chain])
        at = np.clip(np.searchsorted(ends, begin + np.arange(count) * STEP), 0, len(ends) - 1)
        limit[p] = graph.lanes.speed_limit[before + chain][at]
        if graph.changes[lane] > 0:
            room[p] = _room(graph, chain) - along[lane]
        chains.append(tuple(int(graph.lanes.id[i]) for i in chain))
        nearest = nearest_on_path(xy[p], 0.0, 0.0, BEHIND, 10)
        start[p], offset[p] = frenet(xy[p], heading[p], 0.0, 0.0, nearest)
    first = [lane for lane, _ in starts]
    return Paths(
        xy=xy,
        heading=heading,
        curvature=curvature,
        steering=np.stack([steering_curvature(row) for row in curvature]),
        speed_limit=limit,
        width=graph.lanes.width[first],
        start=start,
        offset=offset,
        lanes=tuple(chains),
        side=np.array([side for _, side in starts], np.int64),
        changes=graph.changes[first],
        room=room,
        missed=graph.depth[first].max() - graph.depth[first],
    )


def _chain(graph: LaneGraph, lane: int, along: float, ahead: float) -> tuple[list[int], list[int]]:
    """The lanes before `lane`, BEHIND metres back, and those from it on along the route."""
    before: list[int] = []
    behind = along
    while behind < BEHIND and graph.predecessors[before[0] if before else lane]:
        options = [j for j in graph.predecessors[before[0] if before else lane] if j not in before]
        if not options:
            break
        before.insert(0, max(options, key=lambda j: bool(graph.lanes.on_route[j])))
        behind += float(graph.length[before[0]])
    chain, left = [lane], ahead + along - float(graph.length[lane])
    while left > 0 and (following := graph.next_on_route(chain[-1])) is not None:
        if following in chain:
            break
        chain.append(following)
        left -= float(graph.length[following])
    return before, chain


def _room(graph: LaneGraph, chain: list[int]) -> float:
    """Metres from the start of a chain to where it leaves the route or ends."""
    driven = 0.0
    for i, lane in enumerate(chain):
        if i > 0 and not graph.lanes.on_route[lane]:
            break
        driven += float(graph.length[lane])
    return driven


def speed_bounds(paths: Paths) -> FloatArray:
    """(P, K) the speed at which each point of each path may be passed, m/s: the limit, what the
    bend allows, and what still leaves room to brake for the bends behind it."""
    bend = np.sqrt(CURVE_ACCEL / np.maximum(np.abs(paths.curvature), 1e-4))
    square = np.minimum(paths.speed_limit, bend) ** 2
    # going backwards, v^2 may grow by 2 a per metre: a running minimum of v^2 - 2 a s
    slope = 2 * CURVE_BRAKING * STEP * np.arange(square.shape[1])
    reverse = np.minimum.accumulate((square + slope)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.sqrt(np.maximum(reverse - slope, 0.25)))
