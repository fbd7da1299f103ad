"""Colours, text and anti-aliased strokes on an RGB array (H, W, 3) uint8.

Points are (..., 2) float uv, px: u right, v down, (0, 0) the corner of the first pixel. OpenCV
draws with 1/16 px precision, so that slow motion does not jitter. The font is Rubik, which OpenCV 5
carries inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.checks import FloatArray

Image = NDArray[np.uint8]
Color = tuple[int, int, int]  # RGB

PAGE: Color = (13, 16, 20)
PANEL: Color = (22, 26, 32)
EDGE: Color = (44, 50, 58)
TEXT: Color = (232, 237, 242)
MUTED: Color = (138, 148, 160)
ACCENT: Color = (74, 176, 255)  # the ego and what it means to do
GOOD: Color = (76, 196, 112)
WARN: Color = (240, 178, 60)
BAD: Color = (240, 84, 76)
SHADOW: Color = (236, 124, 204)  # who rides along

_SHIFT = 4  # fractional bits of OpenCV's coordinates
_FAR_PX = 8000.0  # beyond this OpenCV's fixed-point clipping is not to be trusted


class Box(NamedTuple):
    """A rectangle of the canvas, px."""

    x: int
    y: int
    width: int
    height: int

    def of(self, image: Image) -> Image:
        """The pixels of `image` inside, as a view: what is drawn there is clipped to it."""
        return image[self.y : self.y + self.height, self.x : self.x + self.width]


@dataclass(frozen=True, slots=True)
class Font:
    """A size and a weight of the one font."""

    size_px: int
    weight: int = 400  # 100 thin to 900 black


SMALL = Font(12)
LABEL = Font(11, 500)
BODY = Font(14)
STRONG = Font(14, 500)
TITLE = Font(20, 500)


@cache
def _face(weight: int) -> cv2.FontFace:
    """One face per weight: changing the weight of a face costs 0.1 ms, a new face only once."""
    assert weight > 0
    return cv2.FontFace("sans")


def text_width(string: str, font: Font) -> int:
    """Width of `string`, px."""
    face = _face(font.weight)
    return int(cv2.getTextSize((4000, 400), string, (0, 0), face, font.size_px, font.weight)[2])


def text(
    image: Image,
    uv: tuple[float, float],
    string: str,
    font: Font = BODY,
    color: Color = TEXT,
    align: float = 0.0,
) -> None:
    """Write one line with its baseline at `uv`; align 0, 0.5, 1: uv is its left, middle, right."""
    if not string:
        return
    u = uv[0] - (align * text_width(string, font) if align else 0)
    face = _face(font.weight)
    cv2.putText(image, string, (round(u), round(uv[1])), color, face, font.size_px, font.weight)


def wrapped(string: str, font: Font, width_px: int, max_lines: int) -> list[str]:
    """`string` broken at spaces into lines of at most `width_px`; what is too long ends in dots."""
    lines = [""]
    for word in string.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, font) <= width_px or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > max_lines:
        lines = [*lines[: max_lines - 1], f"{lines[max_lines - 1]} ..."]
    return lines


def _fixed(uv: FloatArray) -> NDArray[np.int32]:
    """Pixel corners -> OpenCV's fixed-point pixel centres."""
    near = np.clip(uv - 0.5, -_FAR_PX, _FAR_PX)
    return np.asarray(np.rint(near * (1 << _SHIFT)), dtype=np.int32)


def fill(image: Image, uv: FloatArray, color: Color) -> None:
    """Fill a simple polygon, (P, 2)."""
    cv2.fillPoly(image, [_fixed(uv)], color, cv2.LINE_AA, _SHIFT)


def stroke(
    image: Image, uv: FloatArray, color: Color, width_px: int = 1, closed: bool = False
) -> None:
    """Draw a polyline, (P, 2)."""
    cv2.polylines(image, [_fixed(uv)], closed, color, width_px, cv2.LINE_AA, _SHIFT)


def strokes(image: Image, uv: FloatArray, color: Color, width_px: int = 1) -> None:
    """Draw N polylines of equal length, (N, P, 2)."""
    if len(uv):
        cv2.polylines(image, list(_fixed(uv)), False, color, width_px, cv2.LINE_AA, _SHIFT)


def dashes(
    image: Image, uv: FloatArray, color: Color, width_px: int, on_px: float, off_px: float
) -> None:
    """Draw a polyline, (P, 2), as dashes, the first of which begins at its first point."""
    step = np.hypot(*np.diff(uv, axis=0).T)
    s = np.concatenate([[0.0], np.cumsum(step)])
    start = np.arange(0.0, s[-1], on_px + off_px)
    ends = np.stack([start, start + on_px / 2, np.minimum(start + on_px, s[-1])], axis=1)
    points = np.stack([np.interp(ends, s, uv[:, i]) for i in (0, 1)], axis=-1)
    strokes(image, points, color, width_px)


def disc(image: Image, uv: tuple[float, float], radius_px: float, color: Color) -> None:
    """Fill a circle."""
    u, v = _fixed(np.array(uv))
    radius = round(radius_px * (1 << _SHIFT))
    cv2.circle(image, (int(u), int(v)), radius, color, -1, cv2.LINE_AA, _SHIFT)


def rounded(box: Box, radius_px: float) -> FloatArray:
    """(P, 2) outline of a rectangle with round corners."""
    quarter = np.linspace(0, np.pi / 2, 5)
    x0, y0 = box.x + radius_px, box.y + radius_px
    x1, y1 = box.x + box.width - radius_px, box.y + box.height - radius_px
    corners = [(x1, y1, 0.0), (x0, y1, 0.5), (x0, y0, 1.0), (x1, y0, 1.5)]
    return np.concatenate(
        [
            np.array([x, y]) + radius_px * np.stack([np.cos(a), np.sin(a)], axis=1)
            for x, y, turn in corners
            for a in [quarter + turn * np.pi]
        ]
    )


def panel(image: Image, box: Box, color: Color = PANEL, radius_px: float = 6) -> None:
    """A card for something to stand on."""
    fill(image, rounded(box, radius_px), color)


def mix(a: Color, b: Color, share: float) -> Color:
    """`share` of b in a."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def veil(image: Image, box: Box, color: Color, alpha: float) -> None:
    """Lay a translucent sheet over a rectangle."""
    under = box.of(image)
    sheet = np.empty_like(under)
    sheet[:] = color
    cv2.addWeighted(under, 1 - alpha, sheet, alpha, 0, dst=under)
