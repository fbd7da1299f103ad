"""What stands beside the road: trees, bushes, posts, guard rails, lamps, houses.

Placed once per map, by the seed, along the edges of the road and never on it. All of it is
instances of a few shapes; a flat one (a tree) turns to face each camera.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray
from sim.cameras.roads import TopView, normals
from sim.cameras.shapes import Lamp, Sketch
from sim.state import RoadMap

MARGIN = 70.0  # m beside the road within which things stand
POST, RAIL, BROADLEAF, CONIFER, BUSH, HOUSE, LAMP_POST = range(7)
BARK, STEEL, STEEL_DARK, WALL = (74, 58, 44), (150, 154, 158), (100, 103, 107), (1.0, 1.0, 1.0)
RAIL_LENGTH = 8.0  # m


@dataclass(frozen=True, slots=True)
class Scenery:
    """S things, as a struct of arrays."""

    shape: IntArray  # (S,) number within `sketches()`
    xy_world: FloatArray  # (S, 2) m
    heading: FloatArray  # (S,) rad
    scale: FloatArray  # (S, 3) factors on the shape's x, y, z
    tint: FloatArray  # (S, 3) RGB
    flat: BoolArray  # (S,) turns to face the camera
    radius: FloatArray  # (S,) of a ball around it, m
    height: FloatArray  # (S,) m

    def __len__(self) -> int:
        return len(self.shape)


def sketches() -> list[Sketch]:
    """The shapes, in the order of the numbers above: first as seen from near, then from afar."""
    makers = (_post, _rail, _broadleaf, _conifer, _bush, _house, _lamp_post)
    return [make(near) for near in (True, False) for make in makers]


def _post(near: bool) -> Sketch:
    """A delineator: white, with a dark band. Faces the camera along its x."""
    sketch = Sketch((-1, 0, 0.5))
    sketch.face([(0, -0.07, 0), (0, 0.07, 0), (0, 0.07, 1.0), (0, -0.07, 1.0)], (226, 226, 222))
    if near:
        band = [(0, -0.07, 0.68), (0, 0.07, 0.68), (0, 0.07, 0.86), (0, -0.07, 0.86)]
        sketch.face(band, (28, 28, 30))
    return sketch


def _rail(near: bool) -> Sketch:
    """RAIL_LENGTH of guard rail along x, seen from both sides."""
    sketch = Sketch((0, 0, 0.5))
    a = RAIL_LENGTH / 2
    for y in (-0.05, 0.05):
        for x in np.arange(-a, a, 4.0) if near else ():
            sketch.face([(x, y, 0), (x + 0.14, y, 0), (x + 0.14, y, 0.5), (x, y, 0.5)], STEEL_DARK)
        sketch.face([(-a, y, 0.45), (a, y, 0.45), (a, y, 0.75), (-a, y, 0.75)], STEEL)
        if near:
            groove = [(-a, y * 1.1, 0.58), (a, y * 1.1, 0.58), (a, y * 1.1, 0.63)]
            sketch.face([*groove, (-a, y * 1.1, 0.63)], STEEL_DARK)
    return sketch


def _oval(y: float, z: float, wide: float, high: float) -> list[tuple[float, float, float]]:
    angle = (np.arange(8) + 0.5) * np.pi / 4
    return [(0.0, y + wide * np.cos(a), z + high * np.sin(a)) for a in angle]


def _broadleaf(near: bool) -> Sketch:
    """A tree of 1 m height, across the y axis."""
    sketch = Sketch((-1, 0, 0.5))
    sketch.face([(0, -0.03, 0), (0, 0.03, 0), (0, 0.02, 0.5), (0, -0.02, 0.5)], BARK)
    if not near:
        sketch.face(_oval(0, 0.62, 0.30, 0.36), (0.85, 0.85, 0.85), tinted=True)
        return sketch
    sketch.face(_oval(0, 0.62, 0.30, 0.36), (0.72, 0.72, 0.72), tinted=True)
    sketch.face(_oval(0.05, 0.70, 0.21, 0.26), (1.0, 1.0, 1.0), tinted=True)
    return sketch


def _conifer(near: bool) -> Sketch:
    sketch = Sketch((-1, 0, 0.5))
    if not near:
        sketch.face([(0, -0.19, 0.1), (0, 0.19, 0.1), (0, 0, 1)], (0.74, 0.78, 0.79), tinted=True)
        return sketch
    sketch.face([(0, -0.02, 0), (0, 0.02, 0), (0, 0.02, 0.2), (0, -0.02, 0.2)], BARK)
    sketch.face([(0, -0.19, 0.12), (0, 0.19, 0.12), (0, 0.0, 0.72)], (0.66, 0.7, 0.72), tinted=True)
    sketch.face([(0, -0.14, 0.42), (0, 0.14, 0.42), (0, 0.0, 1.0)], (0.82, 0.86, 0.86), tinted=True)
    return sketch


def _bush(near: bool) -> Sketch:
    sketch = Sketch((-1, 0, 0.5))
    sketch.face(_oval(0, 0.42, 0.75, 0.5), (0.8, 0.8, 0.8), tinted=True)
    if near:
        sketch.face(_oval(0.1, 0.55, 0.5, 0.36), (1.0, 1.0, 1.0), tinted=True)
    return sketch


def _house(near: bool) -> Sketch:
    """A house of 1 x 1 x 1 m, with a gabled roof along x and two rows of windows."""
    sketch = Sketch((0, 0, 0.4))
    a, eaves = 0.5, 0.62
    sketch.both_sides([(-a, a, 0), (a, a, 0), (a, a, eaves), (-a, a, eaves)], WALL, tinted=True)
    for x in (-a, a):
        sketch.face([(x, a, 0), (x, -a, 0), (x, -a, eaves), (x, 0, 1.0), (x, a, eaves)],
                    (0.86, 0.86, 0.86), tinted=True)  # fmt: skip
    sketch.both_sides([(-a * 1.05, a * 1.08, eaves - 0.04), (a * 1.05, a * 1.08, eaves - 0.04),
                       (a * 1.05, 0, 1.0), (-a * 1.05, 0, 1.0)], (118, 62, 50))  # fmt: skip
    for low in (0.1, 0.37) if near else ():
        for x in (-0.36, -0.06, 0.24):
            corners = [(x, a + 0.004, low), (x + 0.14, a + 0.004, low),
                       (x + 0.14, a + 0.004, low + 0.16), (x, a + 0.004, low + 0.16)]  # fmt: skip
            sketch.lamps(corners, (66, 76, 88), Lamp.WINDOW, Lamp.WINDOW)
    return sketch


def _lamp_post(near: bool) -> Sketch:
    """A street lamp of 9 m, its arm along y."""
    sketch = Sketch((-1, 0, 4))
    sketch.face([(0, -0.1, 0), (0, 0.1, 0), (0, 0.06, 9), (0, -0.06, 9)], STEEL)
    if near:
        sketch.face([(0, 0, 8.9), (0, 1.8, 9.1), (0, 1.8, 9.25), (0, 0, 9.0)], STEEL)
    head = [(-0.01, 1.3, 8.95), (-0.01, 2.1, 9.0), (-0.01, 2.1, 9.15), (-0.01, 1.3, 9.1)]
    sketch.face(head, (214, 214, 206), lamp=Lamp.WINDOW)
    return sketch


def place(road_map: RoadMap, seed: int) -> Scenery:
    """Furnish the ground along every edge of the road."""
    rng = np.random.default_rng([seed, 3])
    view = TopView(road_map.lanes, MARGIN + 10, 1.0)
    free = (view.covered(0.0) == 0).astype(np.uint8)
    clearance = cv2.distanceTransform(free, cv2.DIST_L2, 3) * view.cell  # m to the nearest road
    rows: list[Scenery] = []
    for lane in road_map.lanes:
        for side in (1, -1):
            normal = normals(lane.xy_world) * side
            edge = lane.xy_world + normal * lane.width / 2
            outer = view.at(clearance, edge + 4 * normal) > 2.5  # no narrow island
            if outer.any():
                heading = np.arctan2(-normal[outer, 0], normal[outer, 1]) + (
                    np.pi if side < 0 else 0
                )
                rows += _along(edge[outer], normal[outer], heading, rng)
    if not rows:
        return _empty()
    every = Scenery(*(np.concatenate([getattr(r, f.name) for r in rows]) for f in fields(Scenery)))
    room = np.where(every.radius > 2.5, every.scale[:, :2].max(1) * 0.5 + 1.5, 0.6)
    keep = view.at(clearance, every.xy_world) > room
    return Scenery(*(getattr(every, f.name)[keep] for f in fields(Scenery)))


def _empty() -> Scenery:
    real, integer = np.zeros(0), np.zeros(0, np.int64)
    return Scenery(integer, np.zeros((0, 2)), real, np.zeros((0, 3)), np.zeros((0, 3)),
                   np.zeros(0, np.bool_), real, real)  # fmt: skip


def _along(
    edge: FloatArray, normal: FloatArray, heading: FloatArray, rng: np.random.Generator
) -> list[Scenery]:
    """Things along one edge; its points are about a metre apart."""
    n = len(edge)

    def some(every: float) -> IntArray:
        return rng.integers(0, n, rng.poisson(n / every))

    def thing(shape: int, at: IntArray, off, scale, tint, flat: bool, radius, height) -> Scenery:  # type: ignore
        m = len(at)
        full = np.ones(m)
        return Scenery(
            np.full(m, shape), edge[at] + normal[at] * np.asarray(off * full)[:, None],
            heading[at], np.broadcast_to(scale, (m, 3)) + np.zeros((m, 3)),
            np.broadcast_to(tint, (m, 3)) + np.zeros((m, 3)),
            np.full(m, flat), radius * full, height * full,
        )  # fmt: skip

    rows = []
    posts = np.arange(rng.integers(0, 25), n, 25)
    rows.append(thing(POST, posts, 1.3, 1.0, 255.0, True, 0.6, 1.0))
    lamps = np.arange(rng.integers(0, 60), n, 60)
    rows.append(thing(LAMP_POST, lamps, 2.6, 1.0, 255.0, True, 5.5, 9.2))
    stretch = (np.arange(n) // 160 + rng.integers(0, 2)) % 2 == 0  # rails on every other 160 m
    rails = np.arange(4, n - 4, round(RAIL_LENGTH))
    rows.append(thing(RAIL, rails[stretch[rails]], 1.9, 1.0, 255.0, False, 4.1, 0.75))
    for shape, every, tint, wide in (
        (BROADLEAF, 9.0, (78, 112, 44), 1.0), (CONIFER, 12.0, (52, 92, 56), 1.0),
    ):  # fmt: skip
        at = some(every)
        height = rng.uniform(5, 13, len(at))
        off = 5.5 + rng.exponential(14, len(at)).clip(0, 55)
        shade = np.array(tint) * rng.uniform(0.75, 1.3, (len(at), 1))
        scale = height[:, None] * np.array([1, wide, 1])
        rows.append(thing(shape, at, off, scale, shade, True, height * 0.6, height))
    at = some(14.0)
    size = rng.uniform(0.8, 2.0, len(at))
    shade = np.array((88, 116, 52)) * rng.uniform(0.7, 1.25, (len(at), 1))
    rows.append(
        thing(BUSH, at, rng.uniform(3.5, 16, len(at)), size[:, None], shade, True, size, size)
    )
    at = some(90.0)
    scale = rng.uniform((10, 8, 6), (18, 12, 10), (len(at), 3))
    wall = rng.integers(0, 4, len(at))
    walls = np.array([(206, 196, 176), (184, 172, 160), (214, 208, 200), (176, 124, 96)])
    off, size = rng.uniform(20, 50, len(at)), scale[:, :2].max(1) * 0.8
    rows.append(thing(HOUSE, at, off, scale, walls[wall], False, size, scale[:, 2]))
    return rows
