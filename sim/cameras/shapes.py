"""The library of shapes: every thing that stands on the ground, as flat polygons in its own frame.

A shape's frame: origin on the ground below its middle, x forward, y left, z up, m. A shape is drawn
in the order of its polygons, those that face away from the camera left out, which is right for the
nearly convex things here. Polygons have K corners, counter-clockwise as seen from outside; shorter
ones repeat their last corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray

K = 8  # corners of a polygon
Points = list[tuple[float, float, float]]
RGB = tuple[float, float, float]


class Lamp(IntEnum):
    """What can make a polygon shine by itself."""

    NONE = 0
    TAIL = 1  # dim with the lights on, bright when braking
    STOP = 2  # the third brake light: off or bright
    LEFT = 3  # indicators
    RIGHT = 4
    HEAD = 5
    WINDOW = 6  # some windows of a house at night
    SHADOW = 7  # not a lamp: a patch of ground that the sky and the sun reach less


@dataclass(frozen=True, slots=True)
class Polygons:
    """B polygons, of all shapes of a library one after the other."""

    xyz: FloatArray  # (B, K, 3) corners
    normal: FloatArray  # (B, 3) unit, outward
    paint: FloatArray  # (B, 3) RGB, or a factor on the tint of the instance
    tinted: BoolArray  # (B,)
    lamp: IntArray  # (B,) Lamp


class Sketch:
    """Collects the polygons of one shape, in the order in which they are drawn."""

    def __init__(self, middle: tuple[float, float, float] = (0.0, 0.0, 0.6)) -> None:
        self.middle = np.array(middle)  # a point inside: it tells which side of a face is outside
        self.rows: list[tuple[FloatArray, FloatArray, RGB, bool, Lamp]] = []

    def face(
        self,
        points: Points,
        paint: RGB = (1.0, 1.0, 1.0),
        *,
        tinted: bool = False,
        lamp: Lamp = Lamp.NONE,
    ) -> None:
        """Add a polygon; its corners are turned to be counter-clockwise from outside."""
        xyz = np.array(points, dtype=np.float64)
        normal = np.cross(xyz[1] - xyz[0], xyz[2] - xyz[0])
        normal /= np.linalg.norm(normal)
        up = lamp is Lamp.SHADOW
        outward = np.array([0, 0, 1.0]) if up else xyz.mean(0) - self.middle
        if normal @ outward < 0:
            xyz, normal = xyz[::-1], -normal
        padded = np.concatenate([xyz, np.repeat(xyz[-1:], K - len(xyz), axis=0)])
        self.rows.append((padded, normal, paint, tinted, lamp))

    def both_sides(
        self, points: Points, paint: RGB = (1.0, 1.0, 1.0), *, tinted: bool = False
    ) -> None:
        """Add a polygon of the left side and its mirror image on the right one."""
        self.face(points, paint, tinted=tinted)
        self.face([(x, -y, z) for x, y, z in points], paint, tinted=tinted)

    def lamps(self, points: Points, paint: RGB, left: Lamp, right: Lamp) -> None:
        """Add a lamp on the left and its mirror image on the right."""
        self.face(points, paint, lamp=left)
        self.face([(x, -y, z) for x, y, z in points], paint, lamp=right)

    def box(
        self,
        bottom: tuple[float, float, float],  # half length, half width, z
        top: tuple[float, float, float],
        paint: RGB = (1.0, 1.0, 1.0),
        *,
        tinted: bool = True,
    ) -> None:
        """Add the five upper faces of a box whose top may be smaller than its bottom."""
        (a, b, low), (c, d, high) = bottom, top
        self.frustum((-a, a, b, low), (-c, c, d, high), paint, tinted=tinted)

    def frustum(
        self,
        bottom: tuple[float, float, float, float],  # x rear, x front, half width, z
        top: tuple[float, float, float, float],
        paint: RGB = (1.0, 1.0, 1.0),
        *,
        tinted: bool = True,
    ) -> None:
        """Add the five upper faces of a frustum."""
        (r, f, w, low), (tr, tf, tw, high) = bottom, top
        self.both_sides(
            [(r, w, low), (f, w, low), (tf, tw, high), (tr, tw, high)], paint, tinted=tinted
        )
        self.face(
            [(f, w, low), (f, -w, low), (tf, -tw, high), (tf, tw, high)], paint, tinted=tinted
        )
        self.face(
            [(r, w, low), (r, -w, low), (tr, -tw, high), (tr, tw, high)], paint, tinted=tinted
        )
        self.face(
            [(tr, tw, high), (tf, tw, high), (tf, -tw, high), (tr, -tw, high)], paint, tinted=tinted
        )


def disc(x: float, y: float, z: float, radius: float, corners: int = K) -> Points:
    """A regular polygon that stands along x."""
    angle = (np.arange(corners) + 0.5) * 2 * np.pi / corners
    return [(x + radius * np.cos(a), y, z + radius * np.sin(a)) for a in angle]


class Library:
    """Shapes by number: shape i has `count[i]` polygons from `start[i]` on."""

    def __init__(self, sketches: list[Sketch]) -> None:
        rows = [row for sketch in sketches for row in sketch.rows]
        xyz, normal, paint, tinted, lamp = zip(*rows, strict=True)
        self.polygons = Polygons(
            np.stack(xyz), np.stack(normal), np.array(paint), np.array(tinted), np.array(lamp)
        )
        self.count = np.array([len(sketch.rows) for sketch in sketches])
        self.start = np.cumsum(self.count) - self.count

    def rows_of(self, shape: IntArray) -> tuple[IntArray, IntArray]:
        """(Q,) shapes -> for each of their polygons the row in `polygons`, and the q it is of."""
        count = self.count[shape]
        of = np.repeat(np.arange(len(shape)), count)
        first = np.cumsum(count) - count
        return self.start[shape][of] + np.arange(len(of)) - first[of], of
