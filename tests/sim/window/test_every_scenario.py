"""Every scenario can be drawn."""

from dataclasses import replace

import pytest

from sim.baselines import ConstantSpeed
from sim.loop import drive
from sim.scenarios import SCENARIOS
from sim.window.canvas import MAP, Canvas, Status
from sim.window.map_view import ASPHALT, PAINT
from sim.world import World


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_map_shows_road_and_paint(name):
    # A short episode, because its goal is a share of what a reference driver covers in it.
    world, canvas = World(replace(SCENARIOS[name], time_limit=1.0), cameras=False), Canvas()
    ticks = drive(world, ConstantSpeed(), seed=0)
    for _ in range(2):
        picture = canvas.draw(next(ticks), world.state, world.road_map, Status(name))
    pixels = MAP.of(picture).reshape(-1, 3).astype(int)
    assert 0.05 < (abs(pixels - ASPHALT).max(axis=1) < 6).mean() < 0.9
    assert (abs(pixels - PAINT).max(axis=1) < 40).mean() > 0.002
