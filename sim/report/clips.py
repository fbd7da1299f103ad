"""Short films for a page: RGB pictures in, H.264 in MP4 out, which every browser plays."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from datasets.episode import DECISION_HZ

Picture = NDArray[np.uint8]  # (height, width, 3) RGB, even height and width


def mp4(pictures: Sequence[Picture], fps: int = DECISION_HZ) -> bytes:
    """One film; the index stands at the front, so that it plays before it is all read."""
    if not pictures:
        raise ValueError("mp4: expected at least one picture, got none")
    height, width, _ = pictures[0].shape
    if height % 2 or width % 2:
        raise ValueError(f"mp4: expected an even height and width, got {width} x {height}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path),
            (width, height),
            fps=fps,
            codec="libx264",
            quality=None,
            macro_block_size=2,
            output_params=["-crf", "28", "-preset", "veryfast", "-movflags", "+faststart"],
        )
        writer.send(None)
        for picture in pictures:
            writer.send(np.ascontiguousarray(picture))
        writer.close()
        return path.read_bytes()


def data_uri(film: bytes) -> str:
    """A film as the address of a <video>, so that the page needs no second file."""
    return "data:video/mp4;base64," + base64.b64encode(film).decode()
