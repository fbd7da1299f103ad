"""The map: from above, the ego's heading up, roads as they are painted.

The road network is cut into short pieces once; a frame only transforms the pieces near the ego, so
a 10 km highway costs no more than a roundabout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from datasets.checks import FloatArray
from datasets.driving import Trajectory
from datasets.geometry import SE2
from datasets.scene import AgentKind, Marking, Scene
from sim.state import EGO, Lane, RoadMap, WorldState
from sim.window import ink
from sim.window.ink import Box, Color, Image

GROUND: Color = (31, 39, 38)
SHOULDER: Color = (48, 54, 58)
ASPHALT: Color = (62, 67, 73)
PAINT: Color = (200, 205, 210)
CAR: Color = (170, 181, 194)
GLASS: Color = (70, 80, 92)
BRAKE_LIGHT: Color = (255, 66, 56)
INDICATOR_LIGHT: Color = (255, 186, 60)
ROUTE: Color = (150, 128, 216)
TRAIL: Color = (70, 110, 140)
GRID_LINE: Color = (37, 46, 45)

PIECE = 24  # points of a centerline in one piece of road, about a metre apart
SHOULDER_WIDTH = 0.7  # m, of road beyond a lane's edge
OVERLAP = 0.15  # m, hides the seam between neighbouring lanes
GRID = 20.0  # m, of the lines on the ground
DASH, GAP = 3.0, 4.5  # m, of a dashed marking
EGO_FROM_TOP = 0.76  # share of the map's height that lies ahead of the ego
BLINK_HZ = 1.5  # flashes of an indicator a second


@dataclass(frozen=True, slots=True)
class Viewport:
    """Where a point of the world falls on the map."""

    ego_from_world: SE2
    ego_uv: tuple[float, float]
    px_per_m: float

    def from_ego(self, xy_ego: FloatArray) -> FloatArray:
        """(..., 2) m -> (..., 2) uv: forward is up, left is left."""
        return np.asarray(self.ego_uv - self.px_per_m * xy_ego[..., ::-1])

    def from_world(self, xy_world: FloatArray) -> FloatArray:
        return self.from_ego(self.ego_from_world.apply(xy_world))


def offset_line(xy: FloatArray, left: float) -> FloatArray:
    """The line beside a centerline (P, 2), `left` m to its left."""
    tangent = np.gradient(xy, axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    return np.asarray(xy + left * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1))


class RoadDrawing:
    """A RoadMap, cut into pieces that are ready to be drawn."""

    def __init__(self, road_map: RoadMap) -> None:
        self.road_map = road_map
        self.speed_limit = max(lane.speed_limit for lane in road_map.lanes)
        self.shoulders: list[FloatArray] = []
        self.asphalt: list[FloatArray] = []
        self.solid: list[FloatArray] = []
        dashed: list[FloatArray] = [np.zeros((0, 3, 2))]
        for lane in road_map.lanes:
            self._add_surface(lane)
            sides = ((lane.left_marking, 0.5), (lane.right_marking, -0.5))
            for marking, side in sides:
                line = offset_line(lane.xy_world, side * lane.width)
                if marking == Marking.SOLID:
                    self.solid += pieces(line)
                elif marking == Marking.DASHED:
                    dashed.append(dash_points(line))
        self.dashed = np.concatenate(dashed)
        self._middles = {
            name: np.array([piece.mean(axis=0) for piece in getattr(self, name)]).reshape(-1, 2)
            for name in ("shoulders", "asphalt", "solid", "dashed")
        }

    def _add_surface(self, lane: Lane) -> None:
        for xy in pieces(lane.xy_world):
            for surfaces, extra in ((self.shoulders, SHOULDER_WIDTH), (self.asphalt, OVERLAP)):
                half = lane.width / 2 + extra
                sides = [offset_line(xy, half), offset_line(xy, -half)[::-1]]
                surfaces.append(np.concatenate(sides))

    def near(self, name: str, xy_world: FloatArray, radius: float) -> list[FloatArray]:
        """The pieces of one kind within about `radius` m."""
        distance = np.hypot(*(self._middles[name] - xy_world).T)
        drawn = getattr(self, name)
        return [drawn[i] for i in np.flatnonzero(distance < radius + PIECE)]

    def draw(self, image: Image, view: Viewport, xy_world: FloatArray, radius: float) -> None:
        for name, color in (("shoulders", SHOULDER), ("asphalt", ASPHALT)):
            for outline in self.near(name, xy_world, radius):
                ink.fill(image, view.from_world(outline), color)
        for line in self.near("solid", xy_world, radius):
            ink.stroke(image, view.from_world(line), PAINT, 1)
        near = self.near("dashed", xy_world, radius)
        if near:
            ink.strokes(image, view.from_world(np.stack(near)), PAINT, 1)


def pieces(xy: FloatArray) -> list[FloatArray]:
    """A line, cut; each piece begins where the one before ends."""
    cuts = range(0, max(len(xy) - 1, 1), PIECE)
    return [xy[i : i + PIECE + 1] for i in cuts]


def dash_points(xy: FloatArray) -> FloatArray:
    """(D, 3, 2) begin, middle and end of each dash along a line."""
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    start = np.arange(0.0, s[-1], DASH + GAP)
    at = start[:, None] + np.array([0.0, DASH / 2, DASH])
    at = np.minimum(at, s[-1])
    return np.stack([np.interp(at, s, xy[:, i]) for i in (0, 1)], axis=-1)


def _speed_ramp(n: int = 48) -> list[Color]:
    stops = np.array([ink.BAD, ink.WARN, (84, 200, 150), ink.ACCENT], dtype=np.float64)
    at = np.linspace(0, len(stops) - 1, n)
    channels = [np.interp(at, range(len(stops)), channel) for channel in stops.T]
    return [(int(r), int(g), int(b)) for r, g, b in zip(*channels, strict=True)]


_SPEED_RAMP = _speed_ramp()


def speed_color(speed: float, limit: float) -> Color:
    """Standing is red, the limit is blue."""
    share = min(max(speed / limit, 0.0), 1.0)
    return _SPEED_RAMP[round(share * (len(_SPEED_RAMP) - 1))]


class MapView:
    """Draws the map of one world; the trail is the ego's own past."""

    def __init__(self, road_map: RoadMap, box: Box) -> None:
        self.road = RoadDrawing(road_map)
        self.box = box
        ahead = 35 + 1.7 * self.road.speed_limit  # m in sight: more where one drives faster
        self.px_per_m = box.height * EGO_FROM_TOP / ahead
        self.radius = float(np.hypot(box.width / 2, box.height * EGO_FROM_TOP)) / self.px_per_m

    def viewport(self, state: WorldState) -> Viewport:
        ego_uv = (self.box.width / 2, self.box.height * EGO_FROM_TOP)
        return Viewport(state.world_from_ego.inverse(), ego_uv, self.px_per_m)

    def draw_roads(self, image: Image, view: Viewport, xy_world: FloatArray) -> None:
        """The ground with a grid that stands still in the world, and the roads on it."""
        image[:] = GROUND
        steps = np.arange(-self.radius, self.radius + GRID, GRID)
        x, y = (np.floor(xy_world / GRID) * GRID)[:, None] + steps
        low, high = xy_world[:, None] - self.radius, xy_world[:, None] + self.radius
        along = np.stack([np.stack([x, x * 0 + e], axis=1) for e in (low[1], high[1])], axis=1)
        across = np.stack([np.stack([y * 0 + e, y], axis=1) for e in (low[0], high[0])], axis=1)
        ink.strokes(image, view.from_world(np.concatenate([along, across])), GRID_LINE, 1)
        self.road.draw(image, view, xy_world, self.radius)

    def draw_bodies(self, image: Image, view: Viewport, state: WorldState, truth: Scene) -> None:
        """Every body, the ego last; what the cameras do not see is hollow."""
        seen = truth.agents.id[truth.agents.valid & (truth.agents.visible > 0)]
        distance = np.hypot(*(state.xy_world - state.xy_world[EGO]).T)
        for i in np.flatnonzero(distance < self.radius + 5)[::-1]:
            is_seen = i == EGO or bool(np.isin(state.id[i], seen))
            draw_body(image, view, state, int(i), is_seen)

    def draw_route(self, image: Image, view: Viewport, route_xy_ego: FloatArray) -> None:
        ink.dashes(image, view.from_ego(route_xy_ego), ROUTE, 2, on_px=9, off_px=7)

    def draw_trail(self, image: Image, view: Viewport, xy_world: FloatArray) -> None:
        """Where the ego came from, fading with age."""
        uv = view.from_world(xy_world)
        for i in range(len(uv) - 1):
            color = ink.mix(ASPHALT, TRAIL, (i + 1) / len(uv))
            ink.stroke(image, uv[i : i + 2], color, 3)

    def draw_plan(self, image: Image, view: Viewport, plan: Trajectory) -> None:
        """The planned trajectory as a band, coloured by its speed."""
        uv = view.from_ego(plan.xy_ego)
        width_px = max(3, round(1.2 * view.px_per_m))
        colors = [speed_color(float(speed), self.road.speed_limit) for speed in plan.speed[:-1]]
        begin = 0
        for color, run in groupby(colors):  # one stroke per colour: joints would show
            end = begin + len(list(run))
            ink.stroke(image, uv[begin : end + 1], color, width_px)
            begin = end

    def draw_shadow(self, image: Image, view: Viewport, plan: Trajectory) -> None:
        """What who rides along would do: a thin line, which leaves the driver's plan in sight."""
        ink.stroke(image, view.from_ego(plan.xy_ego), ink.SHADOW, 2)


_LEFT_SIDE = ((1, 0.55), (0.9, 0.9), (-0.92, 1), (-1, 0.8))
_CAR_OUTLINE = (*_LEFT_SIDE, *((x, -y) for x, y in _LEFT_SIDE[::-1]))
_WINDSCREEN = ((0.45, 0.72), (0.1, 0.6), (0.1, -0.6), (0.45, -0.72))
_REAR_WINDOW = ((-0.55, 0.6), (-0.75, 0.66), (-0.75, -0.66), (-0.55, -0.6))


def draw_body(image: Image, view: Viewport, state: WorldState, i: int, seen: bool) -> None:
    """One car or obstacle, with its lights."""
    place = SE2(*state.xy_world[i], float(state.heading[i]))
    length, width = float(state.length[i]), float(state.width[i])

    def uv(points: Sequence[tuple[float, float]]) -> FloatArray:
        """Points of the body, in halves of its length and width, on the map."""
        return view.from_world(place.apply(np.array(points) * (length / 2, width / 2)))

    if state.kind[i] == AgentKind.OBSTACLE:
        ink.fill(image, uv([(1, 1), (-1, 1), (-1, -1), (1, -1)]), ink.WARN)
        return
    if not seen:
        ink.fill(image, uv(_CAR_OUTLINE), ink.mix(ASPHALT, CAR, 0.25))
        ink.stroke(image, uv(_CAR_OUTLINE), ink.mix(ASPHALT, CAR, 0.7), 1, closed=True)
        return
    color = ink.BAD if state.crashed[i] else ink.ACCENT if i == EGO else CAR
    for points, paint in ((_CAR_OUTLINE, color), (_WINDSCREEN, GLASS), (_REAR_WINDOW, GLASS)):
        ink.fill(image, uv(points), paint)
    if state.braking[i]:
        for side in (1, -1):
            ink.stroke(image, uv([(-1, side * 0.9), (-1, side * 0.4)]), BRAKE_LIGHT, 3)
    if state.indicator[i] and state.t * BLINK_HZ % 1 < 0.6:
        for end in (0.9, -0.9):
            u, v = uv([(end, 0.95 * float(state.indicator[i]))])[0]
            ink.disc(image, (float(u), float(v)), 2.6, INDICATOR_LIGHT)
