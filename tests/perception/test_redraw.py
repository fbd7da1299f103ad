"""Ticks drawn again: the same moment in other weathers."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from datasets.store.reader import DatasetReader
from perception.cache import Selection, open_caches
from scripts.redraw import OtherWeathers
from sim.cameras.renderer import Renderer
from sim.cameras.weather import weather_for
from sim.recording import world_of


def test_every_few_ticks_have_a_weather_of_their_own(driven):
    reader = DatasetReader(driven)
    head = reader.rows[0].head
    ticks = [reader.logged(i, ()) for i in range(4)]
    again = OtherWeathers(every=2, seed=3)
    pictures = [again(tick, head) for tick in ticks]
    greys = [picture[:, :20].mean() for picture in pictures]  # of the sky
    assert abs(greys[0] - greys[1]) < 1
    assert abs(greys[1] - greys[2]) > 2
    # The first is what a renderer of the drawn seed makes of the recorded state.
    rng = np.random.default_rng([3, head.seed, zlib.crc32(head.scenario.encode())])
    seed = int(rng.integers(10_000))
    world = world_of(head, cameras=False)
    world.restore(ticks[0].simulator)
    renderer = Renderer(world.road_map, head.rig, weather_for("random", seed), seed)
    frames = renderer.render(world.state)
    np.testing.assert_array_equal(pictures[0], np.stack([frame.rgb for frame in frames]))


def test_a_cache_drawn_again_holds_the_same_truth(driven, tmp_path):
    selection = Selection((0, 0), 4)
    recorded = open_caches([driven], selection, tmp_path, quiet=True)
    redrawn = open_caches([driven], selection, tmp_path, True, OtherWeathers(2, 1))
    assert redrawn.data_hash != recorded.data_hash
    a, b = recorded.batch(np.arange(8)), redrawn.batch(np.arange(8))
    np.testing.assert_array_equal(a["road"], b["road"])
    np.testing.assert_array_equal(a["vehicles"], b["vehicles"])
    assert np.abs(a["frames"].astype(float) - b["frames"]).mean() > 5


def test_ticks_without_the_simulators_state_are_refused(driven):
    reader = DatasetReader(driven)
    with pytest.raises(ValueError, match="simulator's state"):
        OtherWeathers(2, 0)(replace(reader.logged(0, ()), simulator=""), reader.rows[0].head)
