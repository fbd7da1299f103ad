"""Close-ups: pieces of a picture around its vehicles, brought to one size.

A close-up shows SPAN metres across at the distance that its vehicle is thought to be away, with the
middle of the vehicle in its own: if the vehicle fills less of it than a car would, it is further
away. So one network measures the close-ups of every lens.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import BoolArray, FloatArray

SIDE = 48  # px of a close-up
SPAN = 6.0  # m across at the distance of the vehicle: one that stands across, and some air
LEAST_PX_PER_M = 1.3  # of a vehicle that is looked at closer, straight ahead of the lens: one 40 m
# away in a wide picture
# Beside the pixels: log(m / px) of the guess, place in the picture, log of the focal length, how
# far below the horizon.
ABOUT = ("range", "u", "v", "lens", "down")


def worth_it(log_range: FloatArray) -> BoolArray:
    """(N,) log(m / focal length in px) of vehicles -> whether they are looked at closer."""
    return np.asarray(log_range < -np.log(LEAST_PX_PER_M))


def cut(
    camera: Camera, picture: NDArray[np.uint8], uv: FloatArray, log_range: FloatArray
) -> NDArray[np.uint8]:
    """(H, W, 3) a picture of that camera, (N, 2) px of the vehicles' middles and (N,) log(m / focal
    length in px) of their guessed distances -> (N, SIDE, SIDE, 3); black beside the picture."""
    pieces = np.zeros((len(uv), SIDE, SIDE, 3), np.uint8)
    # A pinhole shows who is aside as large as who is ahead at the same depth, not distance.
    reach = np.hypot(*camera.rays_ego(uv)[:, :2].T)  # m along the ground to one of depth
    scales = SIDE / SPAN * np.exp(log_range) / reach  # px of the close-up to one of the picture
    for i, ((u, v), scale) in enumerate(zip(uv, scales, strict=True)):
        size = max(1, round(1 / scale))  # px that become one: without their mean, edges jump
        smooth = cv2.blur(picture, (size, size)) if size > 1 else picture
        # A place is told from the corner of the first pixel; OpenCV tells it from its middle.
        # A mean over an even number lies half a pixel further on.
        begins = 0.5 if size % 2 else 0.0
        shift_u, shift_v = (SIDE / 2 - 0.5 - scale * (at - begins) for at in (u, v))
        to_piece = np.array([[scale, 0.0, shift_u], [0.0, scale, shift_v]])
        cv2.warpAffine(smooth, to_piece, (SIDE, SIDE), dst=pieces[i])
    return pieces


def about(camera: Camera, uv: FloatArray, log_range: FloatArray) -> NDArray[np.float32]:
    """(N, len(ABOUT)) what the network is told beside the pixels, about one in size."""
    place = (uv - camera.centre_uv) / (camera.width_px / 2, camera.height_px / 2)
    lens = np.full((len(uv), 1), np.log(camera.focal_px / 100.0))
    rays = camera.rays_ego(uv)
    down = -2.0 * rays[:, 2:] / np.linalg.norm(rays, axis=1, keepdims=True)  # 30 degrees are 1
    columns = [log_range[:, None] + 2.0, place, lens, down]
    return np.concatenate(columns, axis=1).astype(np.float32)
