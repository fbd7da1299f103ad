"""Close-ups: pieces of a picture around its vehicles, brought to one size.

A close-up shows SPAN metres across at the distance that its vehicle is thought to be away, with the
middle of the vehicle in its own: if the vehicle fills less of it than a car would, it is further
away. So a network that measures it need not know the lens. Only pictures with a long focal length
are worth it: in the others the vehicles' head has seen every pixel there is.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray

SIDE = 48  # px of a close-up
SPAN = 6.0  # m across at the distance of the vehicle: one that stands across, and some air
LEAST_FOCAL = 160.0  # px: a picture with less shows a car 15 m away with 20 px or fewer
ABOUT = ("range", "u", "v")  # beside the pixels: log(m / px) of the guess, place in the picture


def worth_it(camera: Camera) -> bool:
    """Whether vehicles in its pictures are looked at closer."""
    return camera.focal_px >= LEAST_FOCAL


def cut(picture: NDArray[np.uint8], uv: FloatArray, log_range: FloatArray) -> NDArray[np.uint8]:
    """(H, W, 3) a picture, (N, 2) px of the vehicles' middles and (N,) log(m / focal length in px)
    of their guessed distances -> (N, SIDE, SIDE, 3); black beside the picture."""
    pieces = np.zeros((len(uv), SIDE, SIDE, 3), np.uint8)
    scales = SIDE / SPAN * np.exp(log_range)  # px of the close-up to one of the picture
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
    return np.concatenate([log_range[:, None] + 2.0, place], axis=1).astype(np.float32)
