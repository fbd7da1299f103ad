"""Draws everything that stands on the ground, bodies and scenery, farthest first.

Each thing is an instance of a shape: which one, where, how large, in what colour, with which lamps
lit. All instances that any camera may see are turned into polygons in the frames of the cameras in
one pass; drawing them is then a loop over cv2 calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.geometry import SE2
from datasets.scene import AgentKind, Indicator
from sim.cameras import scenery
from sim.cameras.air import Air
from sim.cameras.cars import CAR_BODIES, far_car, middle_car, near_car, obstacle
from sim.cameras.ground import AA_GROWTH_PX
from sim.cameras.projection import (
    SHIFT,
    RigArrays,
    fixed_point,
    place_polygons,
    things_in_view,
    to_image,
)
from sim.cameras.shapes import Lamp, Library
from sim.state import EGO, WorldState

BODY_SIGHT, SCENERY_SIGHT = 260.0, 200.0  # m
MIDDLE_PX, FAR_PX = 16.0, 7.0  # px of car width below which it is drawn with less detail
SIMPLE_PX = 14.0  # px of height below which scenery is drawn with less detail
SMALLEST_PX, SMALLEST_SCENERY_PX = 1.5, 2.5  # px of height below which a thing is not drawn
BLINK_HZ = 1.5
NEVER = -1  # body of what is no body

SCENERY_SHAPES = scenery.sketches()
LIBRARY = Library(
    [make(body) for make in (near_car, middle_car, far_car) for body in CAR_BODIES]
    + [obstacle()]
    + SCENERY_SHAPES
)
OBSTACLE = 3 * len(CAR_BODIES)
SCENERY = OBSTACLE + 1

CAR_PAINT = np.array(
    [
        (226, 228, 230), (172, 176, 180), (66, 68, 72), (30, 31, 34), (34, 66, 138),
        (150, 24, 28), (232, 232, 228), (112, 118, 124), (22, 54, 76), (188, 178, 156),
        (36, 84, 58), (206, 98, 30),
    ],
    dtype=np.float64,
)  # fmt: skip

# What a lamp shines like, RGB: off (its own paint is seen), dim, bright.
SHINE = np.zeros((len(Lamp), 3, 3))
SHINE[Lamp.TAIL, 1:] = (176, 20, 18), (255, 52, 40)
SHINE[Lamp.STOP, 1:] = (176, 20, 18), (255, 62, 48)
SHINE[Lamp.LEFT, 1:] = SHINE[Lamp.RIGHT, 1:] = (255, 170, 30), (255, 178, 36)
SHINE[Lamp.HEAD, 1:] = (255, 248, 224), (255, 252, 240)
SHINE[Lamp.WINDOW, 1:] = (244, 206, 130), (255, 232, 180)


@dataclass(frozen=True, slots=True)
class Instances:
    """N things near the ego, in its frame."""

    shape: IntArray  # (N,) number in LIBRARY
    xy_ego: FloatArray  # (N, 2) m
    heading: FloatArray  # (N,) rad
    scale: FloatArray  # (N, 3)
    tint: FloatArray  # (N, 3) RGB
    flat: BoolArray  # (N,) turns to face the camera
    radius: FloatArray  # (N,) m
    height: FloatArray  # (N,) m
    lit: IntArray  # (N, len(Lamp)) 0 off, 1 dim, 2 bright
    body: IntArray  # (N,) row in the WorldState, or NEVER


@dataclass(frozen=True, slots=True)
class Faces:
    """B polygons that face a camera, in the order in which they are drawn."""

    xyz_camera: FloatArray  # (B, K, 3) corners in the frame of the camera, m
    camera: IntArray  # (B,)
    colour: FloatArray  # (B, 3) RGB, light and air applied
    shadow: BoolArray  # (B,) lies on the ground
    body: IntArray  # (B,) row in the WorldState, or NEVER
    thing: IntArray  # (B,) the same for all faces of one thing on one image


def body_number(state: WorldState) -> IntArray:
    """(M,) which of CAR_BODIES each body is: it stays the same for an id."""
    return np.asarray((state.id * 7919 + 3) % len(CAR_BODIES))


def body_heights(state: WorldState) -> FloatArray:
    """(M,) m"""
    heights = np.array([body.height for body in CAR_BODIES])[body_number(state)]
    return np.where(state.kind == AgentKind.OBSTACLE, 0.95, heights)


class Objects:
    """Bodies and scenery as the rig sees them."""

    def __init__(self, things: scenery.Scenery, rig: Sequence[Camera], air: Air) -> None:
        self.things, self.air = things, air
        self.rig = RigArrays(rig)

    def faces(self, state: WorldState, ego_from_world: SE2) -> Faces:
        """Everything in view, as polygons in drawing order."""
        near = _concatenate(self._bodies(state, ego_from_world), self._scenery(ego_from_world))
        camera, thing, base, distance = self._in_view(near)
        heading = near.heading[thing]
        flat = near.flat[thing]
        away = self.rig.xyz_ego[camera, :2] - near.xy_ego[thing]
        heading = np.where(flat, np.arctan2(away[:, 1], away[:, 0]), heading)
        turn = _turns(heading)
        shape = self._detail(near, camera, thing, distance)
        row, of = LIBRARY.rows_of(shape)
        camera_from_shape = self.rig.camera_from_ego[camera] @ (turn * near.scale[thing, None])
        xyz, kept = place_polygons(
            LIBRARY.polygons.xyz, row, of, camera_from_shape, base, self.rig.planes[camera]
        )
        row, of = row[kept], of[kept]
        colour = self._colour(near, thing, turn, distance, ego_from_world.heading, row, of)
        shadow = LIBRARY.polygons.lamp[row] == Lamp.SHADOW
        order = np.argsort(np.where(shadow, -1e6, -distance[of]), kind="stable")
        of = of[order]
        return Faces(xyz[order], camera[of], colour[order], shadow[order], near.body[thing[of]], of)

    def _bodies(self, state: WorldState, ego_from_world: SE2) -> Instances:
        xy = ego_from_world.apply(state.xy_world)
        use = np.flatnonzero((xy**2).sum(1) < BODY_SIGHT**2)
        use = use[use != EGO]
        solid = state.kind[use] == AgentKind.OBSTACLE
        size = np.where(solid[:, None], (2.0, 2.0), (5.0, 2.0))
        scale = np.ones((len(use), 3))
        scale[:, :2] = np.stack([state.length[use], state.width[use]], axis=1) / size
        number = body_number(state)[use]
        return Instances(
            shape=np.where(solid, OBSTACLE, number),
            xy_ego=xy[use],
            heading=state.heading[use] + ego_from_world.heading,
            scale=scale,
            tint=CAR_PAINT[(state.id[use] * 5 + state.id[use] // 12) % len(CAR_PAINT)],
            flat=np.zeros(len(use), np.bool_),
            radius=np.hypot(state.length[use], state.width[use]) / 2 + 0.8,
            height=body_heights(state)[use],
            lit=self._lit(state)[use],
            body=use,
        )

    def _lit(self, state: WorldState) -> IntArray:
        """(M, len(Lamp)) which lamps shine."""
        lit = np.zeros((len(state.id), len(Lamp)), np.int64)
        on = int(self.air.weather.lamps > 0)
        lit[:, Lamp.TAIL] = np.where(state.braking, 2, on)
        lit[:, Lamp.STOP] = np.where(state.braking, 2, 0)
        lit[:, Lamp.HEAD] = 2 * on
        blink = (state.t * BLINK_HZ + state.id * 0.37) % 1.0 < 0.6
        lit[:, Lamp.LEFT] = np.where(blink & (state.indicator == Indicator.LEFT), 2, 0)
        lit[:, Lamp.RIGHT] = np.where(blink & (state.indicator == Indicator.RIGHT), 2, 0)
        return lit

    def _scenery(self, ego_from_world: SE2) -> Instances:
        things = self.things
        ego = ego_from_world.inverse()
        offset = things.xy_world - (ego.x, ego.y)
        use = np.flatnonzero((offset**2).sum(1) < SCENERY_SIGHT**2)
        lit = np.zeros((len(use), len(Lamp)), np.int64)
        lit[:, Lamp.WINDOW] = int(self.air.dark) * (1 + (use % 3 == 0))
        return Instances(
            shape=things.shape[use] + SCENERY,
            xy_ego=ego_from_world.apply(things.xy_world[use]),
            heading=things.heading[use] + ego_from_world.heading,
            scale=things.scale[use],
            tint=things.tint[use],
            flat=things.flat[use],
            radius=things.radius[use],
            height=things.height[use],
            lit=lit,
            body=np.full(len(use), NEVER),
        )

    def _in_view(self, near: Instances) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """Pairs of a camera and a thing it may see: both, the foot of the thing in the camera
        frame, and its distance."""
        rig = self.rig
        smallest_px = np.where(near.body == NEVER, SMALLEST_SCENERY_PX, SMALLEST_PX)
        radius = np.hypot(near.radius, near.height / 2)
        return things_in_view(
            near.xy_ego, radius, near.height, smallest_px,
            rig.focal_px, rig.camera_from_ego, rig.xyz_ego, rig.planes,
        )  # fmt: skip

    def _detail(
        self, near: Instances, camera: IntArray, thing: IntArray, distance: FloatArray
    ) -> IntArray:
        """The shape of each pair: cars lose detail with their size on the image."""
        shape = near.shape[thing]
        metre_px = self.rig.focal_px[camera] / distance
        level = (metre_px * 2.0 < MIDDLE_PX).astype(np.int64) + (metre_px * 2.0 < FAR_PX)
        simple = (shape >= SCENERY) & (metre_px * near.height[thing] < SIMPLE_PX)
        shape = np.where(shape < OBSTACLE, shape + level * len(CAR_BODIES), shape)
        return np.where(simple, shape + len(SCENERY_SHAPES) // 2, shape)

    def _colour(
        self, near: Instances, thing: IntArray, turn: FloatArray, distance: FloatArray,
        ego_heading: float, row: IntArray, of: IntArray,
    ) -> FloatArray:  # fmt: skip
        """(B, 3) paint in the light, or the lamp that shines, through the air."""
        polygons, air = LIBRARY.polygons, self.air
        paint = polygons.paint[row]
        tinted = polygons.tinted[row]
        paint = np.where(tinted[:, None], paint * near.tint[thing][of], paint)
        normal = (turn[of] @ polygons.normal[row][..., None])[..., 0]  # ego frame
        c, s = np.cos(ego_heading), np.sin(ego_heading)
        x, y, z = air.sun_direction
        sun_ego = np.array([c * x - s * y, s * x + c * y, z])
        facing = np.where(near.flat[thing][of], 0.55, np.maximum(normal @ sun_ego, 0))
        lamp = air.head_light(near.xy_ego[thing])[of] * (0.25 + np.maximum(-normal[:, :1], 0))
        light = air.ambient * (0.84 + 0.16 * normal[:, 2:]) + air.sun * facing[:, None] + lamp
        kind = polygons.lamp[row]
        shadow = kind == Lamp.SHADOW
        ground = np.array(air.weather.asphalt) * (
            air.on_ground + air.head_light(near.xy_ego[thing])
        )
        colour = np.where(shadow[:, None], ground[of] * paint, paint * light)
        level = near.lit[thing][of, kind]
        colour = np.where((level > 0)[:, None], SHINE[kind, level], colour)
        return np.clip(air.through(colour, distance[of]), 0, 255)

    def draw(self, images: NDArray[np.uint8], faces: Faces) -> None:
        uv, whole = self.image_corners(faces)
        shrink(uv, faces.thing, whole & ~faces.shadow)
        image_of = list(images)
        for camera, corners, colour in zip(
            faces.camera.tolist(), fixed_point(uv), faces.colour.tolist(), strict=True
        ):
            cv2.fillConvexPoly(image_of[camera], corners, colour, cv2.LINE_AA, SHIFT)

    def image_corners(self, faces: Faces) -> tuple[FloatArray, BoolArray]:
        """(B, K + 1, 2) uv_img, and (B,) whether all of a face is in front of the lens."""
        rig = self.rig
        return to_image(faces.xyz_camera, faces.camera, rig.focal_px, rig.centre_uv)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def shrink(uv: FloatArray, thing: IntArray, which: BoolArray) -> None:
    """Scale each thing about its middle, in place, to be AA_GROWTH_PX less wide and high: as much
    smaller as cv2's anti-aliasing makes it larger."""
    count = thing.max() + 1 if len(thing) else 0
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    for b in np.flatnonzero(which):
        for k in range(uv.shape[1]):
            for i in range(2):
                low[thing[b], i] = min(low[thing[b], i], uv[b, k, i])
                high[thing[b], i] = max(high[thing[b], i], uv[b, k, i])
    for b in np.flatnonzero(which):
        for i in range(2):
            size = max(high[thing[b], i] - low[thing[b], i], 1e-6)
            middle = (high[thing[b], i] + low[thing[b], i]) / 2
            factor = max(1 - AA_GROWTH_PX / size, 0.25)
            for k in range(uv.shape[1]):
                uv[b, k, i] = middle + (uv[b, k, i] - middle) * factor


def _turns(heading: FloatArray) -> FloatArray:
    """(Q,) headings -> (Q, 3, 3) rotations about the vertical."""
    turn = np.zeros((len(heading), 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(heading)
    turn[:, 1, 0] = np.sin(heading)
    turn[:, 0, 1] = -turn[:, 1, 0]
    turn[:, 2, 2] = 1
    return turn


def _concatenate(a: Instances, b: Instances) -> Instances:
    return Instances(
        *(np.concatenate([getattr(a, f.name), getattr(b, f.name)]) for f in fields(Instances))
    )
