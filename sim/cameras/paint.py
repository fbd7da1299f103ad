"""What is painted on the road, as quads in the world frame, z = 0.

Made once per map, lane side by lane side: solid and dashed lines as the lane says, a solid edge
line wherever the road ends beside the lane, nothing within a junction, and a line across a lane
before the one it gives way to. Dimensions and colours are those of American roads (MUTCD 3B):
dashes of 3 m every 12 m; yellow towards oncoming traffic and on the left edge of a one-way road,
white elsewhere.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.scene import Marking
from sim.cameras.curves import arc_length, normals, normals_at, points_at, runs, stations
from sim.cameras.roads import TopView
from sim.state import Lane, RoadMap

DASH, PERIOD = 3.0, 12.0  # m
LINE_WIDTH = 0.2  # m, the wide line of motorways
STOP_WIDTH = 0.5  # m, of a line across the lane
SOLID_PIECE = 6.0  # m of a solid line with one contrast
LAP = 0.03  # m by which pieces overlap, so that no crack shows between them
CELL = 48.0  # m of a line that share one level of detail, a multiple of PERIOD
JUNCTION = 20.0  # m beyond the end of a lane within which it may have to give way
JOINT = 2  # points at either end of a lane where the next one may paint over it


@dataclass(frozen=True, slots=True)
class Paint:
    """M quads of line. Their ends are the edges 0-1 and 2-3."""

    xy_world: FloatArray  # (M, 4, 2)
    length: FloatArray  # (M,) m
    share: FloatArray  # (M,) of it that is painted: 1 a line or a dash, 0 the gap between dashes
    mean_share: FloatArray  # (M,) what share fades to where the dashes are too small to be seen
    yellow: BoolArray  # (M,)
    cell: IntArray  # (M,) the stretch of CELL metres it is part of
    coarse: BoolArray  # (M,) drawn in place of all others of its cell, far away
    centre: FloatArray  # (cells, 2) middle of each cell


@lru_cache(maxsize=32)
def paint_of(road_map: RoadMap) -> Paint:
    """All lines of a map, kept for the next world on it."""
    painter = _Painter(road_map)
    for lane in road_map.lanes:
        for side in (1, -1):
            painter.side(lane, side)
    for quad in stop_lines(road_map):
        painter.add(quad[None], np.array([[1.0, 1.0, 0, 0]]), quad.mean(0))
    return painter.paint()


class _Painter:
    """Collects quads; remembers where there is paint already, as lanes share their sides."""

    def __init__(self, road_map: RoadMap) -> None:
        self.lanes = road_map.lanes
        self.view = TopView(self.lanes, max(lane.width for lane in self.lanes), 0.25)
        self.road = self.view.covered(0.0)
        self.interior = self.view.covered(-0.6)
        self.done = np.zeros(self.view.shape, np.uint8)
        self.quads: list[FloatArray] = []
        self.rows: list[FloatArray] = []  # share, mean share, yellow, coarse, cell
        self.centre: list[FloatArray] = []

    def side(self, lane: Lane, side: int) -> None:
        """Paint the left (1) or the right (-1) side of a lane."""
        normal = normals(lane.xy_world) * side
        edge = lane.xy_world + normal * lane.width / 2
        open_ground = self.view.at(self.road, edge + 0.6 * normal) == 0
        wanted = lane.left_marking if side > 0 else lane.right_marking
        kind = np.where(open_ground, Marking.SOLID, wanted)
        kind[(self.view.at(self.interior, edge) > 0) | (self.view.at(self.done, edge) > 0)] = 0
        yellow = self._is_yellow(edge, normal * side)
        s = arc_length(lane.xy_world)
        for first, last in runs(kind):
            stub = last - first < 2 * JOINT + 1 and last - first < len(edge) - 1
            if kind[first] != Marking.NONE and not stub:
                run = slice(first, last + 1)
                self._line(edge[run], float(s[first]), int(kind[first]), yellow)
        painted = edge[JOINT:-JOINT][kind[JOINT:-JOINT] != Marking.NONE]
        x, y = self.view.pixels(painted).T
        for dx, dy in np.ndindex(3, 3):
            self.done[y + dy - 1, x + dx - 1] = 1

    def _is_yellow(self, edge: FloatArray, left: FloatArray) -> bool:
        """Whether right of a line all drive along it, and left of it nobody does or somebody
        drives against it."""
        middle = len(edge) // 2
        left = left[middle]
        along_left, against_left = self._traffic(edge[middle] + left, left)
        along_right, against_right = self._traffic(edge[middle] - left, left)
        return along_right and not against_right and (against_left or not along_left)

    def _traffic(self, point: FloatArray, left: FloatArray) -> tuple[bool, bool]:
        """Whether lanes over a point lead along a line with this left normal, or against it."""
        along = against = False
        for lane in self.lanes:
            distance = np.hypot(*(lane.xy_world - point).T)
            nearest = int(np.argmin(distance))
            if distance[nearest] < lane.width / 2:
                cosine = normals(lane.xy_world)[nearest] @ left
                along, against = along or cosine > 0.7, against or cosine < -0.7
        return along, against

    def _line(self, line: FloatArray, s_lane: float, kind: int, yellow: bool) -> None:
        """Cut a line that begins s_lane metres into its lane into cells."""
        s = arc_length(line)
        bounds = np.arange(np.ceil(s_lane / CELL) * CELL, s_lane + s[-1], CELL) - s_lane
        bounds = bounds[(bounds > 1) & (bounds < s[-1] - 1)]
        for low, high in itertools.pairwise([0.0, *bounds.tolist(), float(s[-1])]):
            inner = line[(s > low + 1e-3) & (s < high - 1e-3)]
            ends = points_at(line, s, np.array([low, high]))
            self._cell(np.concatenate([ends[:1], inner, ends[1:]]), kind, yellow)

    def _cell(self, piece: FloatArray, kind: int, yellow: bool) -> None:
        """Paint a cell twice: as dashes and gaps or short pieces, and coarsely."""
        s = arc_length(piece)
        if kind == Marking.DASHED:
            begin = np.arange(0, s[-1], PERIOD)
            fine = np.unique(np.concatenate([begin, begin + DASH]).clip(max=s[-1]))
            fine = np.append(fine, s[-1]) if fine[-1] < s[-1] else fine
            share, mean = (np.arange(len(fine) - 1) % 2 == 0).astype(np.float64), DASH / PERIOD
        else:
            fine = stations(piece, s, SOLID_PIECE)
            share, mean = np.ones(len(fine) - 1), 1.0
        for at, painted, coarse in ((fine, share, 0), (stations(piece, s, CELL), mean, 1)):
            middle, normal = points_at(piece, s, at), normals_at(piece, s, at)
            lap = LAP * np.stack([normal[:, 1], -normal[:, 0]], axis=1)
            left, right = middle + LINE_WIDTH / 2 * normal, middle - LINE_WIDTH / 2 * normal
            quads = np.stack(
                [(left - lap)[:-1], (right - lap)[:-1], (right + lap)[1:], (left + lap)[1:]], axis=1
            )
            rows = np.empty((len(quads), 4))
            rows[:, 0], rows[:, 1:] = painted, (mean, yellow, coarse)
            self.add(quads, rows, piece.mean(0), new_cell=bool(coarse))

    def add(
        self, quads: FloatArray, rows: FloatArray, centre: FloatArray, new_cell: bool = True
    ) -> None:
        """Add quads to the current cell; `new_cell` ends it."""
        self.quads.append(quads)
        self.rows.append(np.column_stack([rows, np.full(len(rows), len(self.centre))]))
        if new_cell:
            self.centre.append(centre)

    def paint(self) -> Paint:
        if not self.quads:
            raise ValueError("road map: expected lanes with at least one line, got none")
        quads = np.concatenate(self.quads)
        share, mean_share, yellow, coarse, cell = np.concatenate(self.rows).T
        return Paint(
            xy_world=quads,
            length=np.linalg.norm(quads[:, 2] - quads[:, 1], axis=-1),
            share=share,
            mean_share=mean_share,
            yellow=yellow > 0,
            cell=cell.astype(np.int64),
            coarse=coarse > 0,
            centre=np.array(self.centre),
        )


def stop_lines(road_map: RoadMap) -> list[FloatArray]:
    """(4, 2) quads across the lanes that give way, just before the ground they give way on."""
    found = []
    for index, lane in enumerate(road_map.lanes):
        stop = _gives_way_at(road_map, index)
        if stop is not None:
            s = arc_length(lane.xy_world)
            at = np.array([stop - STOP_WIDTH, stop])
            middle, normal = points_at(lane.xy_world, s, at), normals_at(lane.xy_world, s, at)
            left = middle + normal * (lane.width / 2 - LINE_WIDTH)
            right = middle - normal * (lane.width / 2 - LINE_WIDTH)
            found.append(np.stack([left[0], left[1], right[1], right[0]]))
    return found


def _gives_way_at(road_map: RoadMap, index: int) -> float | None:
    """s on a lane just before the ground of one that it, or the lane it leads to, gives way to;
    None for a lane that gives way to nobody, or only within the junction it is part of."""
    lane, leads_to = road_map.lanes[index], road_map.leads_to
    before = np.flatnonzero(leads_to[:, index])
    if np.any(leads_to[before].sum(1) > 1):
        return None
    s = arc_length(lane.xy_world)
    stops = []
    for j in [index, *np.flatnonzero(leads_to[index]).tolist()]:
        path = road_map.lanes[j].xy_world
        for k, other in enumerate(road_map.lanes):
            if other.priority <= lane.priority or leads_to[index, k] or leads_to[k, index]:
                continue
            apart = np.hypot(*(path[:, None] - other.xy_world[None]).T).min(0)
            near = np.flatnonzero(apart < other.width / 2 + 0.5)
            if len(near) and j == index:
                stops.append(float(s[near[0]]))
            elif len(near) and arc_length(path)[near[0]] < JUNCTION:
                stops.append(float(s[-1]))
    stop = min(stops, default=0.0)
    return stop if stop > 4.0 else None
