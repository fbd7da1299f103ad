"""The picture: what it must show and where, and what must not depend on what."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.driving import Action, Shadow, Trajectory
from datasets.episode import End, Outcome
from datasets.geometry import SE2
from sim.state import EGO
from sim.window import canvas, ink
from sim.window.canvas import CAMERAS, DRIVER, HEIGHT, MAP, WIDTH, Canvas, Status
from sim.window.map_view import ASPHALT, CAR, GROUND, MapView, Viewport

STATUS = Status("highway", 3, "clear", "expert", 40.0, live=True)
LEGEND = ink.Box(0, 684, WIDTH, HEIGHT - 684)


@pytest.fixture
def draw(road_map, state_at, tick_at):
    """index, what is different in the status -> the picture on a fresh canvas."""

    def _draw(index=0, outcome=None, decision=None, **changes):
        tick = tick_at(index, outcome)
        if decision:
            tick = replace(tick, decision=replace(tick.decision, **decision))
        state = state_at(index / 10)
        return Canvas().draw(tick, state, road_map, replace(STATUS, **changes))

    return _draw


def differs_within(a, b, boxes):
    """Whether a and b differ, and only inside the boxes."""
    different = np.any(a != b, axis=2)
    somewhere = different.any()
    for box in boxes:
        box.of(different)[:] = False
    return somewhere and not different.any()


def test_the_same_tick_gives_the_same_picture(draw):
    picture = draw()
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, draw())


@pytest.mark.parametrize("overlay", ["boxes", "lanes", "plan"])
def test_an_overlay_changes_the_cameras_and_its_key_only(draw, overlay):
    on, off = draw(**{overlay: True}), draw(**{overlay: False})
    assert differs_within(on, off, [*CAMERAS.values(), LEGEND])
    assert np.any(CAMERAS["front"].of(on) != CAMERAS["front"].of(off))


def test_a_video_that_nobody_steers_shows_no_keys_and_no_pace(draw):
    header = ink.Box(0, 0, WIDTH, 43)
    watched, kept = draw(), draw(live=False)
    assert differs_within(watched, kept, [header, LEGEND])
    assert len(np.unique(LEGEND.of(kept).reshape(-1, 3), axis=0)) == 1
    np.testing.assert_array_equal(kept, draw(live=False, late_ticks=7, frame_rate_hz=3.0))


def test_a_long_reason_stays_on_its_card(draw):
    long = draw(decision={"reason": "waiting for the traffic in the roundabout " * 9})
    assert differs_within(long, draw(), [DRIVER])


def test_who_drives_and_why_is_all_that_tells_agents_apart(draw):
    other = draw(decision={"driver": "rules", "reason": "the policy saw nothing"})
    assert differs_within(other, draw(), [DRIVER])


def test_who_rides_along_shows_on_the_map_and_in_a_line(draw):
    plan = Trajectory(
        np.array([0.0, 2.0]), np.array([[0.0, 0], [50, 12]]), np.zeros(2), np.full(2, 25.0)
    )
    near, far, planless = (
        draw(decision={"shadow": Shadow("policy@x", Action(0.0, 0.0), trajectory, apart)})
        for trajectory, apart in ((plan, 0.4), (plan, 7.4), (None, 0.4))
    )
    assert differs_within(near, draw(), [MAP, DRIVER])
    assert differs_within(near, far, [DRIVER])
    assert differs_within(near, planless, [MAP])
    pink = (MAP.of(near) == ink.SHADOW).all(axis=2)
    assert pink.any()
    assert not (MAP.of(planless) == ink.SHADOW).all(axis=2).any()


def test_a_long_name_of_a_shadow_hides_neither_the_metres_nor_the_next_card(draw):
    name = "my.own.module.with.a.long.name:" + 9 * "factory"
    near, far = (
        draw(decision={"shadow": Shadow(name, Action(0.0, 0.0), None, apart)})
        for apart in (0.4, 7.4)
    )
    assert differs_within(near, draw(), [DRIVER])
    assert differs_within(near, far, [DRIVER])


@pytest.mark.parametrize("end", list(End))
def test_every_end_of_an_episode_is_announced_on_the_map(draw, end):
    ended = draw(outcome=Outcome(end, at_fault=end is End.COLLISION), decision={"trajectory": None})
    assert differs_within(ended, draw(decision={"trajectory": None}), [MAP])


def test_cameras_that_are_off_leave_their_places_empty(road_map, state_at, tick_at):
    tick = tick_at(0)
    dark = replace(tick, observation=replace(tick.observation, frames=()))
    picture = Canvas().draw(dark, state_at(0), road_map, STATUS)
    assert CAMERAS["front"].of(picture).mean() < 40


def test_a_tick_drawn_twice_is_remembered_once(road_map, state_at, tick_at):
    once, twice = Canvas(), Canvas()
    for index in range(3):
        arguments = tick_at(index), state_at(index / 10), road_map, STATUS
        twice.draw(*arguments)
        again = twice.draw(*arguments)
        np.testing.assert_array_equal(once.draw(*arguments), again)


def test_reset_forgets_the_episode_before(road_map, state_at, tick_at):
    used = Canvas()
    used.draw(tick_at(0), state_at(0), road_map, STATUS)
    used.reset()
    arguments = tick_at(5), state_at(0.5), road_map, STATUS
    np.testing.assert_array_equal(used.draw(*arguments), Canvas().draw(*arguments))


def test_ahead_is_up_and_left_is_left():
    view = Viewport(SE2(0, 0, 0), (100.0, 200.0), 5.0)
    np.testing.assert_allclose(
        view.from_ego(np.array([[10.0, 0], [0, 4.0]])), [[100, 150], [80, 200]]
    )


def test_what_is_on_the_map_is_where_the_state_says(road_map, state_at, tick_at):
    state = state_at(0)
    view = MapView(road_map, MAP).viewport(state)
    picture = MAP.of(Canvas().draw(tick_at(0), state, road_map, STATUS))

    def color_at(x, y):
        u, v = view.from_world(np.array([x, y]))
        return tuple(picture[int(v), int(u)])

    ego, others = state.xy_world[EGO], state.xy_world[1:]
    assert color_at(*ego) == ink.ACCENT
    assert color_at(others[1, 0] - 0.6, others[1, 1]) == CAR  # between its windows
    assert color_at(ego[0] - 10, 0.0) == ASPHALT  # in the right lane, nobody is there
    assert color_at(ego[0] + 10, -9.0) == GROUND  # beside the road


def test_turning_the_world_leaves_the_map_as_it_is(road_map, state_at, tick_at):
    """Heading up: only the grid on the ground belongs to the world."""
    turn = SE2(30.0, -20.0, 0.7)
    state = state_at(0)
    lanes = tuple(replace(lane, xy_world=turn.apply(lane.xy_world)) for lane in road_map.lanes)
    turned_state = replace(
        state, xy_world=turn.apply(state.xy_world), heading=state.heading + turn.heading
    )
    here = Canvas().draw(tick_at(0), state, road_map, STATUS)
    there = Canvas().draw(tick_at(0), turned_state, replace(road_map, lanes=lanes), STATUS)
    road = ink.Box(MAP.x + 180, MAP.y, 80, MAP.height - 44)
    difference = np.abs(road.of(here).astype(int) - road.of(there))
    assert (difference > 16).mean() < 0.005


def test_the_cards_do_not_overlap():
    taken = np.zeros((canvas.HEIGHT, canvas.WIDTH), int)
    for box in (MAP, DRIVER, canvas.CHARTS, *CAMERAS.values(), *canvas.DIALS.values()):
        assert box.x >= 0
        assert box.x + box.width <= WIDTH
        box.of(taken)[:] += 1
    assert taken.max() == 1
