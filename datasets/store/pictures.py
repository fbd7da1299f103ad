"""Camera pictures as bytes: JPEG by default, PNG where every pixel must be kept.

JPEG, because the sensor's noise makes lossless pictures ten times larger, and because the
simulator's state is kept as well: whoever needs the exact pixels renders the tick again.
"""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (height, width, 3) RGB


class PictureFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"


# 78: what keeps five pictures below 22 KB in clear weather. Colours are kept at full resolution
# (4:4:4): brake lights and lane paint are two or three pixels wide.
_JPEG = [
    cv2.IMWRITE_JPEG_QUALITY,
    78,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]  # noise does not compress better for trying harder


def encode_picture(rgb: Picture, picture_format: PictureFormat) -> bytes:
    """The bytes of an image file."""
    jpeg = picture_format is PictureFormat.JPEG
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    done, content = cv2.imencode(".jpg" if jpeg else ".png", bgr, _JPEG if jpeg else _PNG)
    if not done:
        raise ValueError(f"encode_picture: expected a picture, got an array of {rgb.shape}")
    return content.tobytes()


def decode_picture(content: bytes | NDArray[np.uint8]) -> Picture:
    """The picture of those bytes; ValueError where they are none."""
    array = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
    rgb = cv2.imdecode(array, cv2.IMREAD_COLOR_RGB)
    if rgb is None:
        raise ValueError(f"decode_picture: expected JPEG or PNG, got {len(array)} other bytes")
    return np.asarray(rgb, np.uint8)
