"""The cameras, each where it looks: front above, left, rear and right below; with overlays.

Overlays are drawn in ego coordinates through each camera's calibration, so that they are as right
as the calibration is: a box beside its car means that one of the two is wrong. A perceived lane
beside its paint may be right: perception reckons with how the cameras are mounted.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from datasets.camera import MIN_DEPTH, Camera
from datasets.checks import FloatArray
from datasets.driving import Trajectory
from datasets.geometry import box_corners
from datasets.observation import CameraFrame
from datasets.scene import Agents, Lanes, Marking, Scene
from sim.window import ink
from sim.window.ink import Color, Image
from sim.window.map_view import offset_line, speed_color

BOX_HEIGHT = 1.5  # m, of a car
BOX_COLOR: Color = (255, 214, 102)
LANE_COLOR: Color = (232, 237, 242)
ROUTE_LANE_COLOR: Color = (98, 224, 160)
PLAN_WIDTH = 1.6  # m, of the carpet that shows the plan
CARPET_TILES = 40
NEAR = 2 * MIN_DEPTH  # m from the lens, where lines are cut
Segments = tuple[FloatArray, FloatArray]  # (N, 3) begins and ends, xyz_ego
BOX_EDGES = np.array(  # corners 0-3 stand on the ground, 4-7 above them; 0 and 3 are in front
    [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)]
)


def slot_of(camera: Camera, cameras: list[Camera]) -> str:
    """front, narrow, left, right or rear: by where the camera looks; the widest front is front."""
    degrees = np.rad2deg((camera.yaw + np.pi) % (2 * np.pi) - np.pi)
    if abs(degrees) > 135:
        return "rear"
    if abs(degrees) > 20:
        return "left" if degrees > 0 else "right"
    ahead = [c for c in cameras if abs(np.rad2deg(c.yaw)) <= 20]
    widest = max(ahead, key=lambda c: c.horizontal_fov)
    return "front" if camera.name == widest.name else "narrow"


def segments_img(camera: Camera, xyz_ego: FloatArray, end_xyz_ego: FloatArray) -> FloatArray:
    """(N, 3) begins and ends -> (K, 2, 2) uv_img of the parts in front of the lens, K <= N."""
    depth, end_depth = camera.project(xyz_ego)[1], camera.project(end_xyz_ego)[1]
    keep = np.maximum(depth, end_depth) > NEAR
    a, b = xyz_ego[keep], end_xyz_ego[keep]
    d, e = depth[keep, None], end_depth[keep, None]
    span = np.where(np.abs(e - d) < 1e-9, 1.0, e - d)
    cut = a + (b - a) * np.clip((NEAR - d) / span, 0, 1)
    a_cut, b_cut = np.where(d < NEAR, cut, a), np.where(e < NEAR, cut, b)
    uv = np.stack([camera.project(a_cut)[0], camera.project(b_cut)[0]], axis=1)
    return np.asarray(uv[np.isfinite(uv).all(axis=(1, 2))])


def box_segments_ego(agents: Agents) -> Segments:
    """The edges of the agents' boxes: (12 N, 3) begins and ends, ego frame."""
    corners = box_corners(agents.xy_ego, agents.heading, agents.length, agents.width)
    bottom = np.concatenate([corners, np.zeros((*corners.shape[:2], 1))], axis=2)
    top = bottom + np.array([0, 0, BOX_HEIGHT])
    xyz = np.concatenate([bottom, top], axis=1)  # (N, 8, 3)
    return xyz[:, BOX_EDGES[:, 0]].reshape(-1, 3), xyz[:, BOX_EDGES[:, 1]].reshape(-1, 3)


def lane_segments_ego(lanes: Lanes, on_route: bool) -> Segments:
    """The boundaries of the lanes on the route, or what is painted of the others, as segments on
    the ground."""
    begins, ends = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for i in np.flatnonzero(lanes.on_route == on_route):
        centerline = lanes.centerline(int(i))
        sides = ((lanes.left_marking[i], 0.5), (lanes.right_marking[i], -0.5))
        for marking, side in sides if len(centerline) > 1 else ():
            if on_route or marking != Marking.NONE:
                boundary = offset_line(centerline, side * float(lanes.width[i]))
                begins.append(boundary[:-1])
                ends.append(boundary[1:])
    return on_ground(np.concatenate(begins)), on_ground(np.concatenate(ends))


def on_ground(xy_ego: FloatArray) -> FloatArray:
    return np.concatenate([xy_ego, np.zeros((*xy_ego.shape[:-1], 1))], axis=-1)


def line_overlays(scene: Scene, boxes: bool, lanes: bool) -> list[tuple[Segments, Color]]:
    """What is drawn as lines into every camera, made once for all of them."""
    overlays = []
    if lanes:
        overlays.append((lane_segments_ego(scene.lanes, on_route=False), LANE_COLOR))
        overlays.append((lane_segments_ego(scene.lanes, on_route=True), ROUTE_LANE_COLOR))
    if boxes:
        seen = scene.agents.where(scene.agents.visible > 0).compact()
        overlays.append((box_segments_ego(seen), BOX_COLOR))
    return overlays


@dataclass(frozen=True, slots=True)
class Carpet:
    """The plan as tiles on the road."""

    tiles_ego: FloatArray  # (CARPET_TILES, 4, 3)
    colors: list[Color]

    @classmethod
    def of(cls, plan: Trajectory, speed_limit: float) -> Carpet:
        # Short tiles near the car: each must be wholly in front of the lens to be drawn.
        share = np.linspace(0, 1, CARPET_TILES + 1) ** 2
        t = plan.t[0] + share * (plan.t[-1] - plan.t[0])
        xy = np.stack([np.interp(t, plan.t, plan.xy_ego[:, i]) for i in (0, 1)], axis=1)
        left, right = offset_line(xy, PLAN_WIDTH / 2), offset_line(xy, -PLAN_WIDTH / 2)
        tiles = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
        speeds = np.interp(t[:-1], plan.t, plan.speed)
        return cls(on_ground(tiles), [speed_color(float(v), speed_limit) for v in speeds])


class CameraView:
    """Draws one camera into its box of the canvas; the image fills it, the overlays are sharp."""

    def __init__(self, frame: CameraFrame, image: Image) -> None:
        self.camera = frame.camera
        height, width = image.shape[:2]
        self.scale = min(width / self.camera.width_px, height / self.camera.height_px)
        size = (round(self.camera.width_px * self.scale), round(self.camera.height_px * self.scale))
        u, v = (width - size[0]) // 2, (height - size[1]) // 2
        self.image = image[v : v + size[1], u : u + size[0]]
        cv2.resize(frame.rgb, size, dst=self.image, interpolation=cv2.INTER_CUBIC)

    def draw_lines(self, segments: Segments, color: Color) -> None:
        uv = segments_img(self.camera, *segments) * self.scale
        ink.strokes(self.image, uv, color, 1)

    def draw_carpet(self, carpet: Carpet) -> None:
        """The plan on the road, translucent, coloured by the planned speed."""
        uv, depth = self.camera.project(carpet.tiles_ego)  # (CARPET_TILES, 4, 2)
        image = self.image.copy()
        for tile in np.flatnonzero((depth > NEAR).all(axis=1)):
            ink.fill(image, uv[tile] * self.scale, carpet.colors[tile])
        cv2.addWeighted(self.image, 0.45, image, 0.55, 0, dst=self.image)
