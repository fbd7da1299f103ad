"""What cars and obstacles look like, from three distances.

Drawn for a body of 5 x 2 m, in the shape frame of sim.cameras.shapes; a body of another size
stretches its shape in x and y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.cameras.shapes import Lamp, Sketch, disc

TYRE, HUB, ARCH = (24, 24, 26), (138, 140, 145), (16, 16, 18)
GLASS, BUMPER, PLATE = (38, 50, 62), (42, 43, 46), (226, 226, 214)
TAIL, AMBER, HEAD, GRILLE = (128, 16, 18), (150, 84, 18), (214, 218, 222), (26, 27, 30)
SHADE: tuple[float, float, float] = (0.55, 0.55, 0.55)


@dataclass(frozen=True, slots=True)
class CarBody:
    """The lines of one kind of car, m."""

    height: float
    waist: float  # z of the bonnet's and the windows' lower edge
    cabin: tuple[float, float]  # x of the rear and the front end of the cabin, at the waist
    roof: tuple[float, float]  # the same at the roof


SEDAN = CarBody(1.46, 0.86, (-2.05, 1.05), (-1.25, 0.15))
ESTATE = CarBody(1.52, 0.88, (-2.46, 1.05), (-2.05, 0.2))
SUV = CarBody(1.76, 1.04, (-2.46, 1.1), (-2.2, 0.4))
VAN = CarBody(2.15, 1.1, (-2.48, 1.85), (-2.42, 1.1))
CAR_BODIES = (SEDAN, ESTATE, SUV, SEDAN, VAN, ESTATE, SUV, SEDAN)  # how often each is met
FLANK, ROOF_WIDTH, SILL = 1.0, 0.74, 0.24  # half widths and lower edge, m


def near_car(body: CarBody) -> Sketch:
    """A car within some 20 m: everything."""
    sketch = Sketch()
    _shadow(sketch)
    for x in (-1.72, 1.72):
        for low, high in ((0.62, 0.96), (-0.96, -0.62)):
            sketch.face([(x, low, 0), (x, high, 0), (x, high, 0.4), (x, low, 0.4)], TYRE)
    _hull(sketch, body)
    sketch.both_sides(
        [(-2.48, 1, SILL), (2.48, 1, SILL), (2.48, 1, 0.36), (-2.48, 1, 0.36)], BUMPER
    )
    for x in (-1.5, 1.5):
        sketch.both_sides(disc(x, 1.0, 0.36, 0.41), ARCH)
        sketch.both_sides(disc(x, 1.005, 0.33, 0.34), TYRE)
        sketch.both_sides(disc(x, 1.01, 0.33, 0.19), HUB)
    _ends(sketch, body)
    _cabin(sketch, body, pillars=True)
    return sketch


def middle_car(body: CarBody) -> Sketch:
    """A car some 20 to 60 m away: no hubs, pillars or plates."""
    sketch = Sketch()
    _shadow(sketch)
    sketch.face([(-1.8, 0.94, 0), (-1.8, -0.94, 0), (-1.8, -0.94, 0.3), (-1.8, 0.94, 0.3)], TYRE)
    sketch.face([(1.8, 0.94, 0), (1.8, -0.94, 0), (1.8, -0.94, 0.3), (1.8, 0.94, 0.3)], TYRE)
    _hull(sketch, body)
    for x in (-1.5, 1.5):
        sketch.both_sides(disc(x, 1.0, 0.34, 0.37, 6), TYRE)
    z = body.waist - 0.22
    _corner_lamps(sketch, -2.505, z, 0.2, TAIL, Lamp.TAIL, Lamp.TAIL)
    _corner_lamps(sketch, 2.505, z - 0.05, 0.18, HEAD, Lamp.HEAD, Lamp.HEAD)
    _indicators(sketch, z)
    _cabin(sketch, body, pillars=False)
    return sketch


def far_car(body: CarBody) -> Sketch:
    """A car beyond some 60 m: body, cabin, lamps, a few pixels of each."""
    sketch = Sketch()
    _shadow(sketch, soft=False)
    sketch.frustum((-2.5, 2.5, 1.0, 0.1), (-2.4, 2.35, 0.97, body.waist))
    z = body.waist - 0.22
    _corner_lamps(sketch, -2.505, z, 0.2, TAIL, Lamp.TAIL, Lamp.TAIL)
    _corner_lamps(sketch, 2.505, z, 0.2, HEAD, Lamp.HEAD, Lamp.HEAD)
    (r, f), (tr, tf) = body.cabin, body.roof
    sketch.middle = np.array([0, 0, 0.9])
    sketch.frustum((r, f, 0.92, body.waist), (tr, tf, ROOF_WIDTH, body.height), GLASS, tinted=False)
    return sketch


def obstacle() -> Sketch:
    """A barrier with red and white stripes, all round."""
    sketch = Sketch((0, 0, 0.5))
    sketch.face(
        [(-1.2, 1.2, 0), (1.2, 1.2, 0), (1.2, -1.2, 0), (-1.2, -1.2, 0)], lamp=Lamp.SHADOW,
        paint=(0.5, 0.5, 0.5),
    )  # fmt: skip
    sketch.box((1.0, 1.0, 0.0), (0.9, 0.9, 0.95), (232, 230, 224), tinted=False)
    for low in (-0.9, -0.3, 0.3):
        stripe = [(low, 0.12), (low + 0.3, 0.12), (low + 0.6, 0.86), (low + 0.3, 0.86)]
        for side in (-1.0, 1.0):
            y = [side * (1.005 - 0.1 * z) for _, z in stripe]
            sketch.face([(s, d, z) for (s, z), d in zip(stripe, y, strict=True)], (206, 34, 28))
            sketch.face([(d, s, z) for (s, z), d in zip(stripe, y, strict=True)], (206, 34, 28))
    return sketch


def _shadow(sketch: Sketch, soft: bool = True) -> None:
    """Dark below the car, and half dark around it."""
    for grow, dark in ((0.25, 0.72), (0.0, 0.42)) if soft else ((0.1, 0.5),):
        x, y, cut = 2.5 + grow, 1.0 + grow, 0.35
        ring = [(x, y - cut), (x - cut, y), (cut - x, y), (-x, y - cut)]
        ring += [(-a, -b) for a, b in ring]
        sketch.face([(a, b, 0.0) for a, b in ring], (dark, dark, dark), lamp=Lamp.SHADOW)


def _hull(sketch: Sketch, body: CarBody) -> None:
    shoulder = body.waist - 0.1
    sketch.frustum((-2.5, 2.5, FLANK, SILL), (-2.46, 2.46, 0.985, shoulder))
    sketch.frustum((-2.46, 2.46, 0.985, shoulder), (-2.38, 2.15, 0.93, body.waist))


def _cabin(sketch: Sketch, body: CarBody, pillars: bool) -> None:
    """The part with the windows, tinted as the body, and the windows on it."""
    (r, f), (tr, tf), low, high = body.cabin, body.roof, body.waist, body.height
    sketch.middle = np.array([0, 0, 1.0])
    sketch.frustum((r, f, 0.93, low), (tr, tf, ROOF_WIDTH, high), (0.93, 0.93, 0.93))

    def at(share_x: float, share_z: float, out: float = 0.006) -> tuple[float, float, float]:
        rear, front = r + (tr - r) * share_z, f + (tf - f) * share_z
        width = 0.93 + (ROOF_WIDTH - 0.93) * share_z
        return rear + (front - rear) * share_x, width + out, low + (high - low) * share_z

    panes = ((0.06, 0.47), (0.52, 0.94)) if pillars else ((0.06, 0.94),)
    for a, b in panes:
        sketch.both_sides([at(a, 0.1), at(b, 0.1), at(b, 0.86), at(a, 0.86)], GLASS)
    for share in (0.0, 1.0):
        (x0, y0, z0), (x1, y1, z1) = at(share, 0.08, -0.08), at(share, 0.88, -0.08)
        out = 0.01 if share else -0.01
        sketch.face([(x0 + out, y0, z0), (x0 + out, -y0, z0), (x1 + out, -y1, z1),
                     (x1 + out, y1, z1)], GLASS)  # fmt: skip
    if pillars:  # the third brake light, in the upper edge of the rear window
        x, _, z = at(0.0, 0.9)
        sketch.face([(x - 0.02, 0.2, z), (x - 0.02, -0.2, z), (x - 0.02, -0.2, z + 0.06),
                     (x - 0.02, 0.2, z + 0.06)], (70, 14, 16), lamp=Lamp.STOP)  # fmt: skip


def _ends(sketch: Sketch, body: CarBody) -> None:
    """Bumpers, grille, plates and lamps."""
    z = body.waist - 0.22
    for x in (-2.51, 2.51):
        sketch.face([(x, 0.95, SILL), (x, -0.95, SILL), (x, -0.95, 0.44), (x, 0.95, 0.44)], BUMPER)
        sketch.face([(x * 1.002, 0.27, 0.46), (x * 1.002, -0.27, 0.46), (x * 1.002, -0.27, 0.58),
                     (x * 1.002, 0.27, 0.58)], PLATE)  # fmt: skip
    sketch.face([(2.512, 0.5, z - 0.06), (2.512, -0.5, z - 0.06), (2.512, -0.5, z + 0.08),
                 (2.512, 0.5, z + 0.08)], GRILLE)  # fmt: skip
    _corner_lamps(sketch, -2.51, z, 0.2, TAIL, Lamp.TAIL, Lamp.TAIL)
    _corner_lamps(sketch, 2.51, z - 0.02, 0.16, HEAD, Lamp.HEAD, Lamp.HEAD)
    _indicators(sketch, z)


def _corner_lamps(
    sketch: Sketch, x: float, z: float, high: float, paint: tuple, left: Lamp, right: Lamp
) -> None:
    corners = [(x, 0.94, z), (x, 0.56, z), (x, 0.56, z + high), (x, 0.94, z + high)]
    sketch.lamps(corners, paint, left, right)


def _indicators(sketch: Sketch, z: float) -> None:
    """Amber, at the corners of both ends and on the flanks."""
    for x in (-2.515, 2.515):
        corners = [(x, 0.98, z - 0.16), (x, 0.68, z - 0.16), (x, 0.68, z), (x, 0.98, z)]
        sketch.lamps(corners, AMBER, Lamp.LEFT, Lamp.RIGHT)
    side = [
        (1.95, 1.01, z - 0.02),
        (2.3, 1.01, z - 0.02),
        (2.3, 1.0, z + 0.1),
        (1.95, 1.0, z + 0.1),
    ]
    sketch.lamps(side, AMBER, Lamp.LEFT, Lamp.RIGHT)
