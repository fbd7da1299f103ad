"""What is kept of the pictures.

Videos that every browser plays: H.264 in mp4, yuv420p, its index at the front of the file;
and screenshots.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from sim.window.ink import Image


class VideoWriter:
    """Pipes pictures of one size, even on both sides, into ffmpeg; `close` completes the file."""

    def __init__(self, path: Path, width_px: int, height_px: int, rate_hz: float) -> None:
        if path.suffix != ".mp4":
            raise ValueError(f"video: expected a file name that ends in .mp4, got {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._shape = (height_px, width_px, 3)
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width_px}x{height_px}"]
        raw += ["-r", f"{rate_hz:g}", "-i", "-"]
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
        # One encoding thread: the other core is busy driving.
        h264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "1"]
        browser = ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        # In a session of its own, so that Ctrl-C reaches us and not the encoder.
        self._ffmpeg = subprocess.Popen(
            [ffmpeg, "-y", "-loglevel", "error", *raw, *h264, *browser, str(path)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def write(self, image: Image) -> None:
        """Add one picture."""
        if image.shape != self._shape:
            raise ValueError(f"VideoWriter: expected a picture {self._shape}, got {image.shape}")
        assert self._ffmpeg.stdin is not None
        self._ffmpeg.stdin.write(np.ascontiguousarray(image).data)

    def close(self) -> None:
        """Complete the file; RuntimeError if the encoder failed."""
        assert self._ffmpeg.stdin is not None
        self._ffmpeg.stdin.close()
        if self._ffmpeg.wait() != 0:
            raise RuntimeError(f"ffmpeg could not write {self.path}: see its message above")


class Screenshot:
    """Keeps one picture: the `index`-th, or the last if there are fewer, as a PNG."""

    def __init__(self, path: Path, index: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._to_come = index
        self._image: Image | None = None

    def write(self, image: Image) -> None:
        if self._to_come >= 0:
            self._image = image
        self._to_come -= 1

    def close(self) -> None:
        if self._image is not None:
            best = [cv2.IMWRITE_PNG_COMPRESSION, 9]
            cv2.imwrite(str(self.path), self._image[..., ::-1], best)
