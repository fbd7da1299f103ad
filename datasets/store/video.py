"""The pictures of one camera and one episode as an mp4, for datasets that are to be small.

H.264 with a key frame every second: half the size of single pictures, and any one is found by
decoding at most ten.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from datasets.episode import DECISION_HZ
from datasets.store.pictures import Picture

_QUALITY = ["-crf", "23", "-g", "10", "-preset", "veryfast"]
_REMEMBERED = 16  # videos kept decoded


def write_video(path: Path, pictures: Sequence[Picture]) -> None:
    """One picture per tick; the first one shows at 0 s."""
    height, width = pictures[0].shape[:2]
    video = imageio_ffmpeg.write_frames(
        path,
        (width, height),
        fps=DECISION_HZ,
        codec="libx264",
        quality=None,
        macro_block_size=1,
        output_params=["-f", "mp4", *_QUALITY],
    )
    video.send(None)
    for picture in pictures:
        video.send(np.ascontiguousarray(picture))
    video.close()


def read_video(path: Path) -> NDArray[np.uint8]:
    """(T, height, width, 3) all pictures of a video; ValueError where there is none."""
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while True:
        more, bgr = capture.read()
        if not more:
            break
        pictures.append(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    capture.release()
    if not pictures:
        raise ValueError(f"{path}: expected a video, got none that can be read")
    return np.asarray(np.stack(pictures), np.uint8)


class VideoShelf:
    """The videos read last, decoded: a neighbouring tick costs nothing."""

    def __init__(self) -> None:
        self._decoded: OrderedDict[Path, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def pictures(self, path: Path) -> NDArray[np.uint8]:
        """(T, height, width, 3). Any thread may ask."""
        with self._lock:
            if path not in self._decoded:
                self._decoded[path] = read_video(path)
                if len(self._decoded) > _REMEMBERED:
                    self._decoded.popitem(last=False)
            self._decoded.move_to_end(path)
            return self._decoded[path]
