"""Laws of the renderer: what is drawn where, and that the same state gives the same picture."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.scene import Indicator
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.weather import WEATHERS, weather_for
from tests.sim import synthetic

RIG = default_rig()
HIGHWAY = synthetic.highway(length=1200)
QUIET = replace(WEATHERS["clear"], noise_std=0.0)


@pytest.fixture(scope="module")
def quiet():
    return Renderer(HIGHWAY, RIG, QUIET, seed=0)


def pictures(renderer, state):
    return {frame.camera.name: frame.rgb.astype(int) for frame in renderer.render(state)}


@pytest.mark.parametrize("name", [*WEATHERS, "random"])
def test_the_same_state_gives_the_same_pixels(name):
    state = synthetic.highway_traffic(20)
    one = Renderer(HIGHWAY, RIG, weather_for(name, 3), seed=3)
    other = Renderer(HIGHWAY, RIG, weather_for(name, 3), seed=3)
    other.render(synthetic.highway_traffic(20, seed=9, t=4.0))  # what was before leaves no trace
    for a, b in zip(one.render(state), other.render(state), strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)


def test_weathers_differ_and_the_ego_is_not_in_its_own_way():
    state = synthetic.state([(500.0, -4.0)])
    means = [
        np.mean([frame.rgb for frame in Renderer(HIGHWAY, RIG, weather, 0).render(state)])
        for weather in WEATHERS.values()
    ]
    assert len(np.unique(np.round(means, 1))) == len(WEATHERS)


def test_labels_do_not_change_the_frames(quiet):
    state = synthetic.highway_traffic(20)
    frames, labels = quiet.render_with_labels(state)
    assert len(labels) == len(RIG)
    for a, b in zip(frames, quiet.render(state), strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)


def test_braking_lights_up_red_and_an_indicator_amber(quiet):
    dark = synthetic.state([(500.0, -4.0), (512.0, -4.0)])
    braking = replace(dark, braking=np.array([False, True]))
    turning = replace(dark, indicator=np.array([0, Indicator.LEFT]))
    before = pictures(quiet, dark)["front_narrow"]
    red = pictures(quiet, braking)["front_narrow"] - before
    assert (red[..., 0] > 60).sum() > 20
    amber = pictures(quiet, turning)["front_narrow"] - before
    lit = np.argwhere(amber[..., 0] > 40)
    assert len(lit) > 5
    assert lit[:, 1].max() < RIG[0].width_px / 2  # on its left


def test_a_mirrored_car_is_on_the_other_camera(quiet):
    empty = pictures(quiet, synthetic.state([(500.0, -4.0)]))
    for side, y in (("left", 0.0), ("right", -8.0)):
        there = pictures(quiet, synthetic.state([(500.0, -4.0), (500.0, y)]))
        changed = {name: np.abs(there[name] - empty[name]).mean() for name in empty}
        assert max(changed, key=changed.get) == side
