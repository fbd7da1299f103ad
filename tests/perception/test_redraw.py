"""Ticks drawn again: the same moment in other weathers."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from datasets.geometry import SE2
from datasets.learning.inputs import stacked
from datasets.store.reader import DatasetReader
from perception.cache import Selection, open_caches
from scripts import collect
from scripts.redraw import OtherViews
from scripts.training.perception import Perception, train_perception
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.weather import weather_for
from sim.recording import world_of


def test_every_few_ticks_have_a_weather_of_their_own(driven):
    reader = DatasetReader(driven)
    head = reader.rows[0].head
    ticks = [reader.logged(i, ()) for i in range(4)]
    again = OtherViews(every=2, seed=3, sideways=0.0, turn_deg=0.0)
    pictures = [stacked(again(tick, head)[0]) for tick in ticks]
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
    redrawn = open_caches([driven], selection, tmp_path, True, OtherViews(2, 1, 0.0, 0.0))
    assert redrawn.data_hash != recorded.data_hash
    a, b = recorded.batch(np.arange(8)), redrawn.batch(np.arange(8))
    np.testing.assert_allclose(a["road"], b["road"], atol=5e-3)
    np.testing.assert_allclose(a["vehicles"], b["vehicles"], atol=5e-3)
    assert np.abs(a["frames"].astype(float) - b["frames"]).mean() > 5


def test_what_was_recorded_without_pictures_can_only_be_drawn(tmp_path):
    recorded = tmp_path / "data"
    arguments = {"agent": "constant-speed", "scenarios": "merge", "episodes": 1}
    collect.main(collect.Args(out=recorded, cameras=False, **arguments))
    selection = Selection((0, 0), 3)
    assert len(open_caches([recorded], selection, tmp_path, True)) == 0
    drawn = open_caches([recorded], selection, tmp_path, True, OtherViews(3, 1, 0.0, 0.0))
    batch = drawn.batch(np.arange(3))
    # As one with the usual cameras is drawn.
    reader = DatasetReader(recorded)
    head = reader.rows[0].head
    again = OtherViews(3, 1, 0.0, 0.0)
    for tick, frames in zip(drawn.parts[0].ticks, batch["frames"], strict=True):
        usual, _ = again(reader.logged(int(tick), ()), replace(head, rig=default_rig()))
        np.testing.assert_array_equal(frames, stacked(usual))


def test_training_says_what_it_needs_pictures_of(driven, tmp_path):
    states = tmp_path / "states"
    arguments = {"agent": "constant-speed", "scenarios": "merge", "episodes": 1, "seed": 5}
    collect.main(collect.Args(out=states, cameras=False, **arguments))
    asked = Perception(
        data=(states, driven), out=tmp_path, cache=tmp_path, seeds=(0, 1), held_out=(5, 5)
    )
    with pytest.raises(ValueError, match=r"the held-out seeds \(5, 5\), got episodes without any"):
        train_perception(asked)
    with pytest.raises(ValueError, match=r"seeds \(5, 5\), or --redrawn or --in-place"):
        train_perception(replace(asked, seeds=(5, 5), held_out=(0, 1)))


def test_the_truth_is_that_of_the_moved_car(driven):
    reader = DatasetReader(driven)
    head = reader.rows[0].head
    again = OtherViews(every=4, seed=3)
    for i in range(4):
        logged = reader.logged(i, ())
        _, moved = again(logged, head)
        truth = logged.tick.truth
        place = _pose(truth.route.xy_ego, moved.route.xy_ego)
        assert abs(place.x) < 0.01
        assert 0 < abs(place.y) <= 1.0
        assert 0 < abs(np.rad2deg(place.heading)) <= 5.0
        # The same bodies, from there.
        both, here, there = np.intersect1d(truth.agents.id, moved.agents.id, return_indices=True)
        assert len(both) > 0
        seen = place.inverse().apply(truth.agents.xy_ego[here])
        np.testing.assert_allclose(moved.agents.xy_ego[there], seen, atol=0.02)


def _pose(before, after):
    """From where points that lie at `before` are seen at `after`."""
    a, b = before - before.mean(0), after - after.mean(0)
    turn = np.arctan2(np.sum(a[:, 1] * b[:, 0] - a[:, 0] * b[:, 1]), np.sum(a * b))
    turned = SE2(0.0, 0.0, float(turn))
    x, y = before.mean(0) - turned.apply(after.mean(0))
    return SE2(float(x), float(y), float(turn))


def test_ticks_without_the_simulators_state_are_refused(driven):
    reader = DatasetReader(driven)
    with pytest.raises(ValueError, match="simulator's state"):
        OtherViews(2, 0)(replace(reader.logged(0, ()), simulator=""), reader.rows[0].head)
