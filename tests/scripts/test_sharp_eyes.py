"""Eyes as sharp as so many pixels: their errors are of the size that they say."""

import numpy as np
import pytest

from scripts.sharp_eyes import SharpEyes
from sim.world import World


def errors(weather, pixels, seed=1, looks=40):
    """Of every detection in so many looks at one moment: the squared distance from the nearest
    vehicle, in standard deviations (Mahalanobis), and the distance in m; (N,) each."""
    world = World("two-way", weather, cameras=False)
    observation = world.reset(seed)
    look = SharpEyes(world, pixels)
    off, spread = [], []
    for _ in range(looks):
        seen = look(observation).detections
        away = seen.xy_ego[:, None] - world.truth().agents.xy_ego[None]
        nearest = np.argmin(np.hypot(*np.moveaxis(away, -1, 0)), axis=1)
        off.append(away[np.arange(len(away)), nearest])
        spread.append(seen.xy_cov)
    off, spread = np.concatenate(off), np.concatenate(spread)
    squared = np.einsum("ni,nij,nj->n", off, np.linalg.inv(spread), off)
    return squared, np.hypot(*off.T)


@pytest.mark.parametrize("pixels", [0.1, 0.3])
def test_the_errors_are_as_large_as_they_say(pixels):
    squared, _ = errors("clear", pixels)
    assert len(squared) > 50
    assert 0.6 < squared.mean() < 2.5  # two numbers each, the one across with a floor


def test_blunter_eyes_and_cameras_that_are_mounted_askew_see_worse():
    _, sharp = errors("clear", 0.1)
    _, blunt = errors("clear", 0.4)
    _, askew = errors("random", 0.1)
    assert 2.5 * sharp.mean() < blunt.mean()
    assert sharp.mean() < askew.mean()
