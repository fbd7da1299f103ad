"""The search: hybrid A* (Dolgov et al. 2008) over the poses of the bicycle.

State    x, y (m), heading (rad); ego frame of the moment of the search.
Moves    a metre of arc with one of five curvatures; forwards, because brakes stop a car and do not
         reverse it.
Cost     metres, and the turning of the wheel.
Estimate the metres that the middle of the car would still have to go (Dijkstra on a raster, which
         counts a few too many: what is found is short, not always the shortest).
"""

from __future__ import annotations

import heapq
import math

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray
from planning.around.ground import REACH, Ground, on_asphalt
from planning.bicycle import AXLE, MAX_CURVATURE
from planning.boxes import clear_of

MOVE = 1.0  # m
CURVATURES = np.array([-0.9, -0.45, 0.0, 0.45, 0.9]) * MAX_CURVATURE  # leaves some to correct with
HEADINGS = 36  # bins of the heading; positions are binned by COARSE
COARSE = 0.5  # m
WHEEL = 0.3  # m per MAX_CURVATURE that the wheel is turned
LEAVING, TIGHT = 2.5, 0.05  # m from the start over which this many m of air will do
MISS, TURNED = 0.7, 0.25  # m, rad from the goal's pose that still reach it
MOST = 8000  # poses looked at
DETOUR = 15.0  # m more than the estimate from the start: ways further out are not looked at


def search(ground: Ground, wide: BoolArray, goal: FloatArray, air: float) -> FloatArray:
    """(K, 4) x, y, heading and the curvature it was reached with, of the moves from the car to one
    of the (G, 3) poses of `goal`, the first being where the car is now; K = 0 if no way is found.
    Goals beyond REACH do not count. Everywhere lie `air` m to those who stand. `wide` is the
    raster, of COARSE m, of where the middle of the car can be."""
    bound = _bound(wide, goal)
    return np.asarray(
        _search(ground.asphalt, ground.boxes, bound, goal, air, on_asphalt(0, 0, 0, ground.asphalt))
    )


@njit(cache=True)
def arc(x, y, psi, curvature, way):  # type: ignore[no-untyped-def]
    """The pose after `way` m with the wheel held."""
    turn = curvature * way
    slip = math.asin(curvature * AXLE)
    chord = way if abs(turn) < 1e-6 else 2 * math.sin(turn / 2) / curvature
    course = psi + turn / 2 + slip  # the mean one, along which the chord lies
    return x + chord * math.cos(course), y + chord * math.sin(course), psi + turn


@njit(cache=True)
def _bound(wide, goal):  # type: ignore[no-untyped-def]
    """(M, M) metres from every cell to the goal, inf where there is no way."""
    m = len(wide)
    cost = np.full((m, m), np.inf)
    queue = [(0.0, 0, 0)]
    queue.pop()
    for g in range(len(goal)):
        i, j = int((goal[g, 0] + REACH) / COARSE), int((goal[g, 1] + REACH) / COARSE)
        if 0 <= i < m and 0 <= j < m and wide[i, j]:
            cost[i, j] = 0.0
            heapq.heappush(queue, (0.0, i, j))
    start = m // 2
    enough = np.inf
    while len(queue) > 0:
        c, i, j = heapq.heappop(queue)
        if c > enough:
            break
        if c > cost[i, j]:
            continue
        if i == start and j == start:
            enough = c + DETOUR
        for di in range(-1, 2):
            for dj in range(-1, 2):
                p, q = i + di, j + dj
                if p < 0 or q < 0 or p >= m or q >= m or not wide[p, q]:
                    continue
                further = c + COARSE * math.sqrt(di * di + dj * dj)
                if further < cost[p, q] - 1e-9:
                    cost[p, q] = further
                    heapq.heappush(queue, (further, p, q))
    return cost


@njit(cache=True)
def _bin(x, y, psi, m):  # type: ignore[no-untyped-def]
    i, j = int((x + REACH) / COARSE), int((y + REACH) / COARSE)
    if i < 0 or j < 0 or i >= m or j >= m:
        return -1
    return (i * m + j) * HEADINGS + round(psi / (2 * math.pi) * HEADINGS) % HEADINGS


@njit(cache=True)
def _arrived(x, y, psi, goal):  # type: ignore[no-untyped-def]
    for g in range(len(goal)):
        dx, dy = goal[g, 0] - x, goal[g, 1] - y
        turn = abs((goal[g, 2] - psi + math.pi) % (2 * math.pi) - math.pi)
        if dx * dx + dy * dy < MISS * MISS and turn < TURNED:
            return True
    return False


@njit(cache=True)
def _free(x, y, psi, asphalt, boxes, air, let_out):  # type: ignore[no-untyped-def]
    return clear_of(x, y, psi, boxes, air) and (let_out or on_asphalt(x, y, psi, asphalt))


@njit(cache=True)
def _search(asphalt, boxes, bound, goal, air, starts_on):  # type: ignore[no-untyped-def]
    m, room = len(bound), MOST * len(CURVATURES) + 1
    pose, parent = np.zeros((room, 4)), np.full(room, -1)
    spent, driven = np.zeros(room), np.zeros(room)
    best = {_bin(0.0, 0.0, 0.0, m): 0.0}
    queue = [(0.0, 0)]
    count, looked = 1, 0
    while len(queue) > 0 and looked < MOST:
        at = heapq.heappop(queue)[1]
        x, y, psi, kappa = pose[at]
        if spent[at] > best[_bin(x, y, psi, m)] + 1e-9:
            continue
        looked += 1
        if _arrived(x, y, psi, goal):
            return _trace(pose, parent, at)
        leaving = driven[at] < LEAVING
        keep, let_out = (min(air, TIGHT), not starts_on) if leaving else (air, False)
        for c in CURVATURES:
            px, py, ppsi = arc(x, y, psi, c, MOVE)
            key = _bin(px, py, ppsi, m)
            if key < 0:
                continue
            ahead = bound[int((px + REACH) / COARSE), int((py + REACH) / COARSE)]
            total = spent[at] + MOVE + WHEEL * abs(c - kappa) / MAX_CURVATURE
            if ahead == np.inf or (key in best and best[key] <= total + 1e-9):
                continue
            hx, hy, hpsi = arc(x, y, psi, c, MOVE / 2)
            if not _free(px, py, ppsi, asphalt, boxes, keep, let_out) or not _free(
                hx, hy, hpsi, asphalt, boxes, keep, let_out
            ):
                continue
            best[key] = total
            pose[count] = px, py, ppsi, c
            parent[count], spent[count], driven[count] = at, total, driven[at] + MOVE
            heapq.heappush(queue, (total + ahead, count))
            count += 1
    return np.zeros((0, 4))


@njit(cache=True)
def _trace(pose, parent, at):  # type: ignore[no-untyped-def]
    length, k = 0, at
    while k >= 0:
        length, k = length + 1, parent[k]
    out = np.zeros((length, 4))
    for i in range(length - 1, -1, -1):
        out[i] = pose[at]
        at = parent[at]
    return out
