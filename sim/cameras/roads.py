"""The road as the cameras see it: surface and paint, as quads in the world frame, z = 0.

Made once per map. The surface is the union of all lane areas. Paint follows the sides of the lanes:
solid and dashed lines as the lane says, a solid edge line wherever the road ends beside the lane,
nothing inside a junction, and a stop line where a lane meets one that goes before it. Dimensions
and colours are those of American roads (MUTCD 3B): dashes of 3 m every 12 m, white between lanes
of one direction and on the right edge, yellow on the left edge and towards oncoming traffic.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.scene import Marking
from sim.state import Lane, RoadMap

DASH, PERIOD = 3.0, 12.0  # m
LINE_WIDTH = 0.2  # m, the wide line of motorways
CELL = 48.0  # m of a line that share one level of detail, a multiple of PERIOD
SURFACE_LENGTH = 100.0  # m, the longest quad of road surface
SAGITTA = 0.03  # m, by which a quad may miss a curve
STOP_WIDTH = 0.5  # m
SHOULDER = 0.9  # m of gravel beside the road


class TopView:
    """A picture of the map from above, to ask what lies at a point."""

    MAX_CELLS = 6_000_000

    def __init__(self, lanes: tuple[Lane, ...], margin: float, cell: float) -> None:
        xy = np.concatenate([lane.xy_world for lane in lanes])
        self.lanes = lanes
        self.origin = xy.min(0) - margin
        extent = xy.max(0) + margin - self.origin
        self.cell = max(cell, float(np.sqrt(extent.prod() / self.MAX_CELLS)))
        width, height = (int(n) for n in np.ceil(extent / self.cell) + 1)
        self.shape = (height, width)

    def pixels(self, xy_world: FloatArray) -> NDArray[np.int32]:
        return np.rint((xy_world - self.origin) / self.cell).astype(np.int32)

    def covered(self, grow: float) -> NDArray[np.uint8]:
        """1 where any lane, made wider by `grow` on each side, covers the ground."""
        picture = np.zeros(self.shape, np.uint8)
        for lane in self.lanes:
            quads = strip(lane.xy_world, lane.width / 2 + grow, SURFACE_LENGTH)
            for quad in self.pixels(quads):
                cv2.fillConvexPoly(picture, quad, 1)
        return picture

    def at(self, picture: NDArray, xy_world: FloatArray) -> NDArray:
        """(..., 2) points -> the values of the picture there, its border outside."""
        x, y = np.moveaxis(self.pixels(xy_world), -1, 0)
        height, width = self.shape
        return np.asarray(picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])


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


def strip(xy: FloatArray, half_width: float, longest: float) -> FloatArray:
    """(P, 2) curve -> (Q, 4, 2) quads that cover it to both sides."""
    s = arc_length(xy)
    at = stations(xy, s, longest)
    middle, normal = points_at(xy, s, at), normals_at(xy, s, at)
    left, right = middle + half_width * normal, middle - half_width * normal
    return np.stack([left[:-1], right[:-1], right[1:], left[1:]], axis=1)


def arc_length(xy: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def points_at(xy: FloatArray, s: FloatArray, at: FloatArray) -> FloatArray:
    return np.stack([np.interp(at, s, xy[:, 0]), np.interp(at, s, xy[:, 1])], axis=-1)


def normals(xy: FloatArray) -> FloatArray:
    """(P, 2) unit normals of a curve, to its left."""
    along = np.gradient(xy, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    return np.stack([-along[:, 1], along[:, 0]], axis=1)


def normals_at(xy: FloatArray, s: FloatArray, at: FloatArray) -> FloatArray:
    return points_at(normals(xy), s, at)


def stations(xy: FloatArray, s: FloatArray, longest: float) -> FloatArray:
    """Where to cut a curve so that no chord misses it by more than SAGITTA, nor is too long."""
    heading = np.unwrap(np.arctan2(*np.gradient(xy, axis=0).T[::-1]))
    curvature = np.abs(np.gradient(heading, s)) if len(s) > 2 else np.zeros(len(s))
    cuts_per_metre = np.maximum(np.sqrt(curvature / (8 * SAGITTA)), 1 / longest)
    cuts = np.concatenate(
        [[0.0], np.cumsum((cuts_per_metre[1:] + cuts_per_metre[:-1]) / 2 * np.diff(s))]
    )
    return np.interp(np.linspace(0, cuts[-1], int(np.ceil(cuts[-1] - 1e-9)) + 1), cuts, s)


class Roads:
    """Surface and paint of one map."""

    def __init__(self, road_map: RoadMap) -> None:
        lanes = road_map.lanes
        self.surface = np.concatenate(
            [strip(lane.xy_world, lane.width / 2, SURFACE_LENGTH) for lane in lanes]
        )
        self.shoulder = np.concatenate(
            [strip(lane.xy_world, lane.width / 2 + SHOULDER, SURFACE_LENGTH) for lane in lanes]
        )
        self.surface_centre = self.surface.mean(1)
        self.paint = _Painter(road_map).paint()


class _Painter:
    """Collects the paint of a map, side by side of every lane."""

    def __init__(self, road_map: RoadMap) -> None:
        self.map = road_map
        self.view = TopView(road_map.lanes, max(lane.width for lane in road_map.lanes), 0.25)
        self.road = self.view.covered(0.0)
        self.interior = self.view.covered(-0.6)
        self.done = np.zeros(self.view.shape, np.uint8)  # where there is paint already
        self.quads: list[FloatArray] = []
        self.rows: list[FloatArray] = []  # share, mean share, yellow, cell, coarse
        self.centre: list[FloatArray] = []

    def paint(self) -> Paint:
        for index, lane in enumerate(self.map.lanes):
            for side in (1, -1):
                self._side(index, lane, side)
        for quad in stop_lines(self.map):
            self._add(quad[None], np.array([[1.0, 1.0, 0, 0]]), quad.mean(0))
        if not self.quads:
            raise ValueError("road map: expected lanes with at least one line, got none")
        share, mean_share, yellow, coarse, cell = np.concatenate(self.rows).T
        quads = np.concatenate(self.quads)
        length = np.linalg.norm(quads[:, 2] - quads[:, 1], axis=-1)
        return Paint(
            quads, length, share, mean_share, yellow > 0, cell.astype(np.int64),
            coarse > 0, np.array(self.centre),
        )  # fmt: skip

    def _side(self, index: int, lane: Lane, side: int) -> None:
        """Both passes over one side of one lane: what is to be painted where, and the quads."""
        normal = normals(lane.xy_world) * side
        edge = lane.xy_world + normal * lane.width / 2
        wanted = lane.left_marking if side > 0 else lane.right_marking
        open_ground = self.view.at(self.road, edge + 0.6 * normal) == 0
        kind = np.where(open_ground, Marking.SOLID, wanted)
        kind[(self.view.at(self.interior, edge) > 0)] = Marking.NONE
        kind[self.view.at(self.done, edge) > 0] = Marking.NONE
        yellow = side > 0 and self._leftmost(index)
        s = arc_length(lane.xy_world)
        for first, last in runs(kind):
            if kind[first] != Marking.NONE and last > first:
                line = edge[first : last + 1]
                self._line(line, s[first : last + 1], int(kind[first]), yellow)
        x, y = self.view.pixels(edge[kind != Marking.NONE]).T
        for dx, dy in np.ndindex(3, 3):
            self.done[y + dy - 1, x + dx - 1] = 1

    def _leftmost(self, index: int) -> bool:
        """Whether left of this lane there is no lane of its direction, or one against it."""
        if not self.map.left_of[index].any():
            return True
        lane = self.map.lanes[index]
        middle = len(lane.xy_world) // 2
        normal = normals(lane.xy_world)[middle]
        point = lane.xy_world[middle] + normal * lane.width
        for other in self.map.lanes:
            distance = np.hypot(*(other.xy_world - point).T)
            nearest = int(np.argmin(distance))
            if (
                distance[nearest] < other.width / 2
                and normals(other.xy_world)[nearest] @ normal < -0.7
            ):
                return True
        return False

    def _line(self, line: FloatArray, lane_s: FloatArray, kind: int, yellow: bool) -> None:
        """Cut one line into cells, each cell into dashes and gaps or pieces."""
        s = arc_length(line)
        offset = lane_s[0]
        bounds = np.arange(np.ceil(offset / CELL) * CELL, lane_s[-1], CELL) - offset
        bounds = np.unique(
            np.concatenate([[0.0], bounds[(bounds > 1) & (bounds < s[-1] - 1)], s[-1:]])
        )
        for low, high in itertools.pairwise(bounds):
            inside = (s > low + 1e-3) & (s < high - 1e-3)
            piece = np.concatenate(
                [
                    points_at(line, s, np.array([low])),
                    line[inside],
                    points_at(line, s, np.array([high])),
                ]
            )
            length = arc_length(piece)
            coarse = stations(piece, length, CELL)
            if kind == Marking.DASHED:
                k = np.arange(0, length[-1], PERIOD)
                fine = np.unique(np.concatenate([k, k + DASH, length[-1:]]))
                fine = fine[fine <= length[-1]]
                share = (np.arange(len(fine) - 1) % 2 == 0).astype(float)
                mean = DASH / PERIOD
            else:
                fine = stations(piece, length, 10.0)
                share, mean = np.ones(len(fine) - 1), 1.0
            self._add_line(piece, length, fine, share, mean, yellow, coarse)

    def _add_line(self, piece, length, fine, share, mean, yellow, coarse) -> None:  # type: ignore
        def quads(at: FloatArray) -> FloatArray:
            middle, normal = points_at(piece, length, at), normals_at(piece, length, at)
            left, right = middle + LINE_WIDTH / 2 * normal, middle - LINE_WIDTH / 2 * normal
            return np.stack([left[:-1], right[:-1], right[1:], left[1:]], axis=1)

        n, m = len(fine) - 1, len(coarse) - 1
        rows = np.zeros((n + m, 4))
        rows[:n, 0], rows[n:, 0] = share, mean
        rows[:, 1], rows[:, 2], rows[n:, 3] = mean, yellow, 1
        self._add(np.concatenate([quads(fine), quads(coarse)]), rows, piece.mean(0))

    def _add(self, quads: FloatArray, rows: FloatArray, centre: FloatArray) -> None:
        cell = np.full((len(rows), 1), len(self.centre))
        self.quads.append(quads)
        self.rows.append(np.concatenate([rows, cell], axis=1))
        self.centre.append(centre)


def runs(kind: IntArray) -> list[tuple[int, int]]:
    """First and last index of every run of equal values."""
    cuts = np.flatnonzero(np.diff(kind)) + 1
    return list(zip([0, *cuts.tolist()], [*(cuts - 1).tolist(), len(kind) - 1], strict=True))


def stop_lines(road_map: RoadMap) -> list[FloatArray]:
    """(4, 2) quads across the lanes that must give way, before the lane they give way to."""
    found = []
    for index, lane in enumerate(road_map.lanes):
        s_stop = _gives_way_at(road_map, index)
        if s_stop is not None:
            s = arc_length(lane.xy_world)
            at = np.array([s_stop - STOP_WIDTH, s_stop])
            middle, normal = points_at(lane.xy_world, s, at), normals_at(lane.xy_world, s, at)
            left = middle + normal * (lane.width / 2 - LINE_WIDTH)
            right = middle - normal * (lane.width / 2 - LINE_WIDTH)
            # The line runs across the lane: its ends are the lane's sides.
            found.append(np.stack([left[0], left[1], right[1], right[0]]))
    return found


def _gives_way_at(road_map: RoadMap, index: int) -> float | None:
    """s on a lane just before the ground of one that it, or the lane it leads to, gives way to."""
    lane = road_map.lanes[index]
    onward = np.flatnonzero(road_map.leads_to[index]).tolist()
    s = arc_length(lane.xy_world)
    stop = np.inf
    for j in [index, *onward]:
        for k, other in enumerate(road_map.lanes):
            if other.priority <= lane.priority or k in (index, j) or road_map.leads_to[index, k]:
                continue
            path = road_map.lanes[j].xy_world
            reach = other.width / 2 + 0.5
            apart = np.hypot(*(path[:, None] - other.xy_world[None]).T).min(0)
            near = np.flatnonzero(apart < reach)
            if len(near):
                stop = min(stop, s[near[0]] if j == index else s[-1])
    return float(stop) if STOP_WIDTH + 4.0 < stop < np.inf else None
