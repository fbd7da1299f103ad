"""The cameras, each where it looks: front above, left, rear and right below; with overlays.

Overlays are drawn in ego coordinates through each camera's calibration, so that they are as right
as the calibration is: a box beside its car means that one of the two is wrong.
"""

from __future__ import annotations

import cv2
import numpy as np

from datasets.camera import MIN_DEPTH, Camera
from datasets.checks import FloatArray
from datasets.driving import Trajectory
from datasets.geometry import box_corners
from datasets.observation import CameraFrame
from datasets.scene import Agents, Lanes, Scene
from sim.window import ink
from sim.window.ink import Color, Image
from sim.window.map_view import offset_line, speed_color

BOX_HEIGHT = 1.5  # m, of a car
BOX_COLOR: Color = (255, 214, 102)
LANE_COLOR: Color = (232, 237, 242)
ROUTE_LANE_COLOR: Color = (98, 224, 160)
PLAN_WIDTH = 1.6  # m, of the carpet that shows the plan
CARPET_TILES = 40
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
    near = 2 * MIN_DEPTH
    depth, end_depth = camera.project(xyz_ego)[1], camera.project(end_xyz_ego)[1]
    keep = np.maximum(depth, end_depth) > near
    a, b = xyz_ego[keep], end_xyz_ego[keep]
    d, e = depth[keep, None], end_depth[keep, None]
    span = np.where(np.abs(e - d) < 1e-9, 1.0, e - d)
    cut = a + (b - a) * np.clip((near - d) / span, 0, 1)
    a_cut, b_cut = np.where(d < near, cut, a), np.where(e < near, cut, b)
    uv = np.stack([camera.project(a_cut)[0], camera.project(b_cut)[0]], axis=1)
    return np.asarray(uv[np.isfinite(uv).all(axis=(1, 2))])


def box_segments_ego(agents: Agents) -> tuple[FloatArray, FloatArray]:
    """The edges of the agents' boxes: (12 N, 3) begins and ends, ego frame."""
    corners = box_corners(agents.xy_ego, agents.heading, agents.length, agents.width)
    bottom = np.concatenate([corners, np.zeros((*corners.shape[:2], 1))], axis=2)
    top = bottom + np.array([0, 0, BOX_HEIGHT])
    xyz = np.concatenate([bottom, top], axis=1)  # (N, 8, 3)
    return xyz[:, BOX_EDGES[:, 0]].reshape(-1, 3), xyz[:, BOX_EDGES[:, 1]].reshape(-1, 3)


def lane_segments_ego(lanes: Lanes, on_route: bool) -> tuple[FloatArray, FloatArray]:
    """The boundaries of the lanes on the route, or of the others, as segments on the ground."""
    begins, ends = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for i in np.flatnonzero(lanes.on_route == on_route):
        centerline = lanes.centerline(int(i))
        if len(centerline) < 2:
            continue
        for side in (0.5, -0.5):
            boundary = offset_line(centerline, side * float(lanes.width[i]))
            begins.append(boundary[:-1])
            ends.append(boundary[1:])
    return on_ground(np.concatenate(begins)), on_ground(np.concatenate(ends))


def on_ground(xy_ego: FloatArray) -> FloatArray:
    return np.concatenate([xy_ego, np.zeros((*xy_ego.shape[:-1], 1))], axis=-1)


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

    def draw_lines(self, segments: tuple[FloatArray, FloatArray], color: Color) -> None:
        uv = segments_img(self.camera, *segments) * self.scale
        ink.strokes(self.image, uv, color, 1)

    def draw_boxes(self, scene: Scene) -> None:
        """The agents that this rig sees at all."""
        agents = scene.agents.where(scene.agents.visible > 0).compact()
        self.draw_lines(box_segments_ego(agents), BOX_COLOR)

    def draw_lanes(self, scene: Scene) -> None:
        self.draw_lines(lane_segments_ego(scene.lanes, on_route=False), LANE_COLOR)
        self.draw_lines(lane_segments_ego(scene.lanes, on_route=True), ROUTE_LANE_COLOR)

    def draw_plan(self, plan: Trajectory, speed_limit: float) -> None:
        """A carpet on the road, translucent, coloured by the planned speed."""
        t = np.linspace(plan.t[0], plan.t[-1], CARPET_TILES + 1)
        xy = np.stack([np.interp(t, plan.t, plan.xy_ego[:, i]) for i in (0, 1)], axis=1)
        speed = np.interp(t, plan.t, plan.speed)
        left, right = offset_line(xy, PLAN_WIDTH / 2), offset_line(xy, -PLAN_WIDTH / 2)
        corners = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
        uv, depth = self.camera.project(on_ground(corners))  # (CARPET_TILES, 4, 2)
        carpet = self.image.copy()
        for tile in np.flatnonzero((depth > 2 * MIN_DEPTH).all(axis=1)):
            color = speed_color(float(speed[tile]), speed_limit)
            ink.fill(carpet, uv[tile] * self.scale, color)
        cv2.addWeighted(self.image, 0.45, carpet, 0.55, 0, dst=self.image)
