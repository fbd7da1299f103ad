"""The cheap visible share against the pixels of the instance maps."""

import numpy as np
import pytest

from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.visibility import visible_share
from sim.cameras.weather import WEATHERS
from tests.sim import synthetic

RIG = default_rig()


def by_pixels(renderer, state):
    """(M,) the best share of each body on any camera."""
    share = np.zeros(len(state.id))
    for label in renderer.render_with_labels(state)[1]:
        rows = np.searchsorted(state.id, label.id)
        share[rows] = np.maximum(share[rows], label.visible)
    return share


def test_agrees_with_the_instance_maps():
    renderer = Renderer(synthetic.highway(length=1200), RIG, WEATHERS["clear"], seed=0)
    cheap, pixels = [], []
    for seed in range(8):
        state = synthetic.highway_traffic(seed=seed)
        cheap.append(visible_share(state, RIG)[1:])
        pixels.append(by_pixels(renderer, state)[1:])
    cheap, pixels = np.concatenate(cheap), np.concatenate(pixels)
    assert np.abs(cheap - pixels).mean() < 0.05
    assert np.corrcoef(cheap, pixels)[0, 1] > 0.95
    assert np.mean(np.abs(cheap - pixels) > 0.3) < 0.05  # seen through a gap above a bonnet
    assert np.mean(cheap[pixels > 0.9]) > 0.9
    assert np.mean(cheap[pixels == 0]) < 0.02


@pytest.mark.parametrize(
    ("xy", "expected"),
    [
        ([(10.0, 0.0)], [1.0]),
        ([(10.0, 0.0), (20.0, 0.0)], [1.0, 0.0]),
        ([(0.0, 3.5), (0.0, -3.5), (-8.0, 0.0)], [1.0, 1.0, 1.0]),
        ([(-10.0, 0.0), (-40.0, 0.3)], [1.0, 0.0]),
        ([(400.0, 0.0)], [0.0]),
        ([(-200.0, 0.0)], [0.0]),
    ],
)
def test_table(xy, expected):
    share = visible_share(
        synthetic.state([(0.0, 0.0), *xy], id=np.zeros(len(xy) + 1, np.int64)), RIG
    )
    np.testing.assert_allclose(share[1:], expected, atol=0.12)
