"""How much of every body the cameras see, by plan geometry: cheap enough for every tick.

The view is cut into directions; each belongs to the camera that sees it sharpest. In a direction a
nearer body hides what is behind it up to the height of its roof, as seen from the lens. A body
narrower on the image than SMALLEST_PX is not seen. Scenery hides nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from datasets.camera import Camera
from datasets.checks import FloatArray
from datasets.geometry import box_corners, wrap_angle
from sim.cameras.objects import body_heights
from sim.state import EGO, WorldState

SMALLEST_PX = 2.0  # px of width
STEP_PX = 3.0  # px of image width to a direction
ROUND = 0.96  # share of a body's height that hides all across: roofs are narrower than bodies


def visible_share(state: WorldState, rig: Sequence[Camera]) -> FloatArray:
    """(M,) share of every body that the rig sees, 0 to 1; 1 for the ego itself."""
    share = np.zeros(len(state.id))
    share[EGO] = 1.0
    owner, azimuth, step = _directions(tuple(_key(camera) for camera in rig))
    lens = np.stack([camera.xyz_ego for camera in rig])  # (C, 3)
    reach = np.array([camera.focal_px for camera in rig]) / SMALLEST_PX  # m, for 1 m of width
    xy = state.world_from_ego.inverse().apply(state.xy_world)
    distance = np.hypot(xy[:, 0], xy[:, 1])
    others = np.argsort(distance)
    others = others[(others != EGO) & (distance[others] < reach.max() * state.width[others])]
    if len(others) == 0:
        return share
    heading = state.heading[others] - state.heading[EGO]
    corners = box_corners(xy[others], heading, state.length[others], state.width[others])
    low, angle, away = _extents(corners, xy[others], lens)  # (C, N) each
    # (W, N): whether each body is there in each direction, and from which slope to which.
    off = (azimuth[:, None] - low[owner]) % (2 * np.pi)
    covers = off <= angle[owner]
    height = body_heights(state)[others]
    bottom, top = (-lens[:, 2:] / away)[owner], ((height - lens[:, 2:]) / away)[owner]
    roof = ((ROUND * height - lens[:, 2:]) / away)[owner]
    hides = np.maximum.accumulate(np.where(covers, roof, -np.inf), axis=1)
    seen = top - bottom
    seen[:, 1:] = np.clip(top[:, 1:] - np.maximum(bottom[:, 1:], hides[:, :-1]), 0, None)
    seen *= covers & (away < reach[:, None] * state.width[others])[owner]
    share_seen = (step @ (seen / (top - bottom))) / np.maximum(step @ covers, angle.min(0))
    share[others] = np.clip(share_seen, 0, 1)
    return share


def _extents(
    corners: FloatArray, middle: FloatArray, lens: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(N, 4, 2) corners -> per camera (C, N) lowest azimuth, angle from there on, distance."""
    to_middle = middle - lens[:, None, :2]
    centre = np.arctan2(to_middle[..., 1], to_middle[..., 0])
    to_corner = corners - lens[:, None, None, :2]  # (C, N, 4, 2)
    off = wrap_angle(np.arctan2(to_corner[..., 1], to_corner[..., 0]) - centre[..., None])
    away = np.maximum(np.hypot(to_middle[..., 0], to_middle[..., 1]), 0.5)
    return centre + off.min(-1), off.max(-1) - off.min(-1), away


def _key(camera: Camera) -> tuple[float, ...]:
    return (camera.focal_px, float(camera.width_px), camera.yaw, camera.pitch)


@lru_cache(maxsize=8)
def _directions(rig: tuple[tuple[float, ...], ...]) -> tuple[np.ndarray, FloatArray, FloatArray]:
    """(W,) camera, azimuth and width of every direction that the rig sees."""
    owner, azimuth, width = [], [], []
    for c, (focal, width_px, yaw, pitch) in enumerate(rig):
        # At the horizon a camera that looks down by `pitch` sees u at this azimuth.
        edges = np.arange(-width_px / 2, width_px / 2 + 1e-9, STEP_PX)
        angle = np.arctan2(edges, focal * np.cos(pitch))
        middle = wrap_angle(yaw + (angle[:-1] + angle[1:]) / 2)
        mine = np.ones(len(middle), np.bool_)
        for other_focal, other_width, other_yaw, other_pitch in rig[:c] + rig[c + 1 :]:
            off = np.abs(wrap_angle(middle - other_yaw))
            half = np.arctan2(other_width / 2, other_focal * np.cos(other_pitch))
            nearer = off < np.abs(wrap_angle(middle - yaw))  # to the axis of the other one
            takes = nearer if other_focal == focal else np.full(len(middle), other_focal > focal)
            mine &= ~((off < half) & takes)
        owner.append(np.full(mine.sum(), c))
        azimuth.append(middle[mine])
        width.append(np.diff(angle)[mine])
    return np.concatenate(owner), np.concatenate(azimuth), np.concatenate(width)
