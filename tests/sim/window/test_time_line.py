"""The strip under a replay: what stands where, and what changes from tick to tick."""

import numpy as np
import pytest

from sim.replay import APART, DISAGREEMENT, HAND_OVER, NEAR_MISS, Story
from sim.window import ink
from sim.window.canvas import HEIGHT, KEYS_TOP, WIDTH
from sim.window.ink import Box
from sim.window.time_line import CARD, FAR, HAND_COLOR, LINE, STRIP, TimeLine, runs

TICKS = 101


def story(events=(), by_hand=(), apart=None):
    hands = np.zeros(TICKS, np.bool_)
    hands[list(by_hand)] = True
    return Story(tuple(events), hands, apart)


def strip(told, tick=0):
    picture = TimeLine(told).beneath(np.zeros((HEIGHT, WIDTH, 3), np.uint8), tick)
    return picture[KEYS_TOP : KEYS_TOP + STRIP]


def columns(picture, color):
    """Where on the line that colour is, as shares of the episode."""
    return (LINE.of(picture) == color).all(axis=2).any(axis=0).nonzero()[0] / LINE.width


def test_the_strip_is_let_in_above_the_keys():
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    picture = TimeLine(story()).beneath(image, 0)
    assert picture.shape == (HEIGHT + STRIP, WIDTH, 3)
    assert picture.shape[0] % 2 == 0, "or no video could be made of it"
    np.testing.assert_array_equal(picture[:KEYS_TOP], image[:KEYS_TOP])
    np.testing.assert_array_equal(picture[KEYS_TOP + STRIP :], image[KEYS_TOP:])


def test_all_is_drawn_on_the_card():
    apart = np.linspace(0, 5 * FAR, TICKS)
    events = [(0, NEAR_MISS), (0, DISAGREEMENT), (TICKS - 1, HAND_OVER), (TICKS - 1, NEAR_MISS)]
    picture = strip(story(events, [0, TICKS - 1], apart), TICKS - 1)
    edge = Box(CARD.x - 2, CARD.y - 2, CARD.width + 4, CARD.height + 4)  # drawn half outside
    edge.of(picture)[:] = ink.PAGE
    assert (picture == ink.PAGE).all()


@pytest.mark.parametrize("tick", [0, 25, 50, 100])
def test_the_place_is_where_the_tick_is(tick):
    at = columns(strip(story(), tick), ink.ACCENT)
    expected = min(max(tick / (TICKS - 1), 0), 1)
    assert abs(at - expected).max() < 7 / LINE.width


def test_only_the_place_moves():
    told = story([(40, HAND_OVER)], range(60, 70), np.linspace(0, 6, TICKS))
    line = TimeLine(told)
    blank = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    one, other, again = (line.beneath(blank, tick) for tick in (10, 90, 10))
    np.testing.assert_array_equal(one, again)
    different = (one != other).any(axis=(0, 2))
    for share in (0.1, 0.9):
        u = round(LINE.x + share * LINE.width)
        different[u - 8 : u + 9] = False
    assert not different[: LINE.x + LINE.width].any()


@pytest.mark.parametrize(
    ("what", "color"),
    [(HAND_OVER, ink.TEXT), (NEAR_MISS, ink.BAD), (DISAGREEMENT, ink.SHADOW)],
)
def test_an_event_stands_where_it_happened(what, color):
    at = columns(strip(story([(75, what)])), color)
    assert abs(at.mean() - 0.75) < 2 / LINE.width
    assert not len(columns(strip(story()), color))


def test_a_person_at_the_wheel_is_a_bar_as_long_as_that():
    at = columns(strip(story(by_hand=[*range(20, 41), 80])), HAND_COLOR)
    first, last = at[at < 0.5], at[at > 0.5]
    assert abs(first[[0, -1]] - (0.195, 0.405)).max() < 2 / LINE.width
    assert abs(last.mean() - 0.8) < 2 / LINE.width
    assert runs(story(by_hand=[0, 1, 2, 50, TICKS - 1])) == [(0, 2), (50, 50), (100, 100)]
    assert runs(story()) == []


def test_the_curve_rises_with_the_distance_and_stays_below_the_top():
    def top(apart):
        line = LINE.of(strip(story(apart=np.full(TICKS, apart)), 0))[:, LINE.width // 2]
        redness = line[:, 0].astype(int) - line[:, 1]
        return int(np.argmax(redness))

    heights = [top(apart) for apart in (1.0, APART, FAR, 9 * FAR)]
    assert heights[0] > heights[1] > heights[2] == heights[3] > 0


def test_without_a_shadow_there_is_nothing_of_it():
    reddish = strip(story(), 50)
    assert not (reddish == ink.SHADOW).all(axis=2).any()
    beside = strip(story(apart=np.zeros(TICKS)), 50)
    assert (beside == ink.SHADOW).all(axis=2).any()


def test_an_episode_of_one_tick_has_a_time_line():
    one = Story(((0, HAND_OVER),), np.ones(1, np.bool_), np.ones(1))
    assert strip(one).shape == (STRIP, WIDTH, 3)
