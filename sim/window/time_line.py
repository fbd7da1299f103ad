"""The time line of a recorded episode: a strip over all of it, above the keys.

+--------------------------+-----------------------------------+-------+
| what the marks are       |  apart, m      hand-overs         |  m    |
|                          |  ====== by hand, near misses ==== |  of s |
+--------------------------+-----------------------------------+-------+

From left to right the whole episode; the curve is how far driver and shadow are apart, the dashed
line where that begins to count as a disagreement.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray
from datasets.episode import DECISION_HZ
from sim.replay import APART, DISAGREEMENT, HAND_OVER, NEAR_MISS, Story
from sim.window import ink
from sim.window.canvas import KEYS_TOP, WIDTH
from sim.window.ink import Box, Color, Image

STRIP = 46  # px, of the height
CARD = Box(12, 4, WIDTH - 24, 38)
LINE = Box(CARD.x + 204, CARD.y + 5, CARD.width - 292, 28)  # first tick to last
TRACK = 4  # px, at the bottom of the line: who had the wheel
FAR = 2 * APART  # m: the top of the curve; it is far beyond that, however far
MARKS: dict[str, Color] = {HAND_OVER: ink.TEXT, NEAR_MISS: ink.BAD, DISAGREEMENT: ink.SHADOW}
BY_HAND, HAND_COLOR = "by hand", ink.WARN


class TimeLine:
    """Draws one episode's; what stands still in it is drawn once."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._strip = draw_story(story)

    def beneath(self, image: Image, tick: int) -> Image:
        """The (H, WIDTH, 3) picture of a tick, with the strip let in: (H + STRIP, WIDTH, 3)."""
        strip = self._strip.copy()
        draw_place(strip, self._story, tick)
        return np.concatenate([image[:KEYS_TOP], strip, image[KEYS_TOP:]])


def u_of(ticks: FloatArray | int, story: Story) -> FloatArray:
    """Where ticks stand on the line, px."""
    return np.asarray(LINE.x + LINE.width * np.asarray(ticks) / max(len(story) - 1, 1))


def draw_story(story: Story) -> Image:
    """All but the place where one is."""
    strip = np.full((STRIP, WIDTH, 3), ink.PAGE, dtype=np.uint8)
    ink.panel(strip, CARD)
    bottom = LINE.y + LINE.height
    Box(LINE.x, bottom - TRACK, LINE.width, TRACK).of(strip)[:] = ink.EDGE
    if story.apart is not None:
        draw_apart(strip, story, story.apart)
    half = LINE.width / max(len(story) - 1, 1) / 2
    for first, last in runs(story):
        u, end = u_of(first, story) - half, u_of(last, story) + half
        bar = Box(round(float(u)), bottom - TRACK, max(2, round(float(end - u))), TRACK)
        bar.of(strip)[:] = HAND_COLOR
    for tick, what in story.events:
        draw_mark(strip, float(u_of(tick, story)), what)
    draw_legend(strip, story)
    return strip


def draw_apart(strip: Image, story: Story, apart: FloatArray) -> None:
    """The curve between driver and shadow, and where it begins to count."""
    floor, room = LINE.y + LINE.height - TRACK, LINE.height - TRACK - 3

    def v(far: FloatArray | float) -> FloatArray:
        return np.asarray(floor - room * np.minimum(far, FAR) / FAR)

    across = np.array([[LINE.x, v(APART)], [LINE.x + LINE.width, v(APART)]], np.float64)
    ink.dashes(strip, across, ink.mix(ink.EDGE, ink.MUTED, 0.4), 1, 4, 4)
    line = np.stack([u_of(np.arange(len(story)), story), v(apart)], axis=1)
    under = np.concatenate([line, [[line[-1, 0], floor], [line[0, 0], floor]]])
    ink.fill(strip, under, ink.mix(ink.PANEL, ink.SHADOW, 0.25))
    ink.stroke(strip, line, ink.SHADOW, 1)


def draw_mark(strip: Image, u: float, what: str) -> None:
    """A stroke for the wheel changing hands, a dot for what one should look at."""
    top, bottom = LINE.y, LINE.y + LINE.height
    if what == HAND_OVER:
        Box(round(u) - 1, top + 2, 2, bottom - top - 2).of(strip)[:] = MARKS[what]
    else:
        v = bottom - TRACK / 2 if what == NEAR_MISS else top + 2
        ink.disc(strip, (u, v), 3.5, MARKS[what])


def draw_legend(strip: Image, story: Story) -> None:
    """What the marks are, left of the line; how long it is, right of it."""
    names = {**MARKS, BY_HAND: HAND_COLOR}
    if story.apart is None:
        del names[DISAGREEMENT]
    for i, (name, color) in enumerate(names.items()):
        u, v = CARD.x + 14 + 96 * (i // 2), CARD.y + 16 + 16 * (i % 2)
        ink.disc(strip, (u, v - 4), 3.5, color)
        ink.text(strip, (u + 9, v), name, ink.LABEL, ink.MUTED)
    right = CARD.x + CARD.width - 14
    seconds = f"{len(story) / DECISION_HZ:.1f} s"
    ink.text(strip, (right, CARD.y + 32), seconds, ink.LABEL, ink.MUTED, align=1.0)


def draw_place(strip: Image, story: Story, tick: int) -> None:
    """Where one is, and how far apart driver and shadow are there."""
    u, bottom = float(u_of(tick, story)), LINE.y + LINE.height
    ink.stroke(strip, np.array([[u, LINE.y - 2], [u, bottom + 2]]), ink.ACCENT, 2)
    ink.disc(strip, (u, bottom - TRACK / 2), 5, ink.ACCENT)
    if story.apart is not None:
        right = CARD.x + CARD.width - 14
        far = f"{story.apart[tick]:.1f} m apart"
        ink.text(strip, (right, CARD.y + 16), far, ink.LABEL, ink.SHADOW, align=1.0)


def runs(story: Story) -> list[tuple[int, int]]:
    """First and last tick of each stretch that a person drove."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], story.by_hand, [False]]).astype(int)))
    return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]
