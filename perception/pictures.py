"""Pictures of what the network says beside what is true, for TensorBoard and for people."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray
from datasets.geometry import box_corners
from perception.nouns import OWN, STATION_S, Detections, RoadEstimate

Picture = NDArray[np.uint8]
TRUE, TOLD = (70, 230, 90), (255, 80, 60)  # RGB
_SCALE = 2  # pixels of the drawing to one of the camera
_HEIGHT = 1.5  # m, of the boxes drawn
_SHIFT = 4  # fractional bits of coordinates for OpenCV


def compared(
    frames: Picture,
    cameras: Sequence[Camera],
    told: tuple[Detections, RoadEstimate],
    true: tuple[Detections, RoadEstimate],
) -> Picture:
    """The cameras of a tick below one another, with boxes and lanes: true green, told red."""
    parts = []
    for c, (camera, frame) in enumerate(zip(cameras, frames, strict=True)):
        big = cv2.resize(frame, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_NEAREST)
        for colour, (vehicles, road) in ((TRUE, true), (TOLD, told)):
            for curve in lane_curves(road):
                _draw_curve(big, camera, curve, colour)
            for box in _boxes(vehicles.where(vehicles.camera == c)):
                _draw_box(big, camera, box, colour)
        parts.append(big)
    return np.concatenate(parts)


def lane_curves(road: RoadEstimate) -> list[FloatArray]:
    """The centerlines of the lanes that are likelier there than not, (P, 2) each, ego frame."""
    if road.exists < 0.5:
        return []
    heading = np.gradient(road.xy_ego, axis=0)
    normal = np.stack([-heading[:, 1], heading[:, 0]], 1)
    normal /= np.maximum(np.hypot(*normal.T), 1e-6)[:, None]
    curves = []
    for k in range(len(road.lane_exists)):
        there = (road.lane_exists_at[k] > 0.5) & (road.length >= STATION_S)
        offset = np.zeros(len(STATION_S)) if k == OWN else road.lane_offset[k]
        points = (road.xy_ego + offset[:, None] * normal)[there]
        if len(points) > 1:
            curves.append(points)
    return curves


def _draw_curve(picture: Picture, camera: Camera, xy: FloatArray, colour: tuple[int, ...]) -> None:
    ends = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    s = np.arange(0.0, ends[-1], 0.5)
    fine = np.stack([np.interp(s, ends, xy[:, i]) for i in (0, 1)] + [np.zeros(len(s))], 1)
    uv, _ = camera.project(fine)
    for a, b in itertools.pairwise(uv):
        if camera.in_image(a) and camera.in_image(b):
            _line(picture, a, b, colour)


def _boxes(vehicles: Detections) -> FloatArray:
    """(N, 8, 3) corners of the boxes."""
    plan = box_corners(vehicles.xy_ego, vehicles.heading, vehicles.length, vehicles.width)
    return np.concatenate([np.insert(plan, 2, z, axis=2) for z in (0.0, _HEIGHT)], axis=1)


def _draw_box(picture: Picture, camera: Camera, box: FloatArray, colour: tuple[int, ...]) -> None:
    uv, _ = camera.project(box)
    if not np.isfinite(uv).all() or np.abs(uv).max() > 4 * camera.width_px:
        return
    for i in range(4):
        for a, b in ((i, (i + 1) % 4), (i + 4, (i + 1) % 4 + 4), (i, i + 4)):
            _line(picture, uv[a], uv[b], colour)


def _line(picture: Picture, a: FloatArray, b: FloatArray, colour: tuple[int, ...]) -> None:
    ends = np.rint(np.stack([a, b]) * _SCALE * 2**_SHIFT).astype(int).tolist()
    cv2.line(picture, ends[0], ends[1], colour, 1, cv2.LINE_AA, _SHIFT)
