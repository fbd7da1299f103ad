"""Eyes as sharp as so many pixels: their errors are of the size that they say."""

from dataclasses import replace

import numpy as np
import pytest

from perception.curve import normals
from perception.nouns import OWN
from perception.road_truth import road_truth
from scripts.sharp_eyes import UNSEEN_STD, SharpEyes, measured_road, shown_across
from sim.cameras.rig import default_rig
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


RIG = default_rig()
NARROW = max(RIG, key=lambda camera: camera.focal_px)
AHEAD = np.array([[10.0, 1.0], [20.0, 1.0], [40.0, 1.0], [80.0, 1.0]])  # beside the car's own way
LEFT, BACK = np.tile([[0.0, 1.0]], (4, 1)), np.tile([[-1.0, 0.0]], (4, 1))


def test_a_line_along_the_road_is_told_across_it_to_pixels_of_the_long_lens():
    off, std = shown_across(AHEAD, LEFT, RIG, RIG, pixels=0.5)
    away = AHEAD[:, 0] - NARROW.xyz_ego[0]
    upright = NARROW.xyz_ego[2] / np.hypot(1.0, NARROW.xyz_ego[2])  # it leans in the picture
    np.testing.assert_allclose(std[1:], (0.5 * away / NARROW.focal_px / upright)[1:], rtol=0.05)
    np.testing.assert_allclose(off, 0, atol=1e-9)


def test_a_line_across_the_road_is_told_far_worse():
    along = shown_across(AHEAD, LEFT, RIG, RIG, pixels=0.5)[1]
    crossing = shown_across(AHEAD, BACK, RIG, RIG, pixels=0.5)[1]
    assert np.all(crossing[1:] > 5 * along[1:])
    far_away = shown_across(AHEAD + np.array([1e4, 0.0]), BACK, RIG, RIG, pixels=0.5)[1]
    np.testing.assert_array_equal(far_away, UNSEEN_STD)


def test_a_camera_that_is_turned_shows_lines_turned():
    turned = [replace(camera, yaw=camera.yaw + 0.01) for camera in RIG]
    off, _ = shown_across(AHEAD, LEFT, turned, RIG, pixels=0.5)
    away = AHEAD[:, 0] - NARROW.xyz_ego[0]
    np.testing.assert_allclose(off[1:], -0.01 * away[1:], rtol=0.1)


@pytest.mark.parametrize("scenario", ["highway", "racetrack"])
def test_a_measured_road_errs_as_it_says(scenario):
    world = World(scenario, cameras=False)
    world.reset(1)
    road, rng = road_truth(world.truth()), np.random.default_rng(0)
    told = [measured_road(road, RIG, RIG, 0.5, rng) for _ in range(300)]
    left = normals(road.xy_ego)
    own = np.array([((each.xy_ego - road.xy_ego) * left).sum(axis=1) for each in told])
    np.testing.assert_allclose(own.std(axis=0), told[0].lateral_std, rtol=0.2)
    beside = np.array([each.lane_offset[OWN - 1] for each in told])
    np.testing.assert_allclose(beside.std(axis=0), told[0].lane_offset_std[OWN - 1], rtol=0.2)
    edges = np.array([each.edge_offset + off for each, off in zip(told, own, strict=True)])
    np.testing.assert_allclose(edges, np.tile(road.edge_offset, (300, 1, 1)), atol=1e-9)
    assert all(np.ptp(each.lane_offset[OWN]) == 0 for each in told)


def test_sharp_eyes_tell_a_road_that_is_nearly_the_true_one_where_it_is_near():
    world = World("roundabout", cameras=False)
    road = SharpEyes(world, 0.1)(world.reset(3)).road
    true = road_truth(world.truth())
    off = np.hypot(*(road.xy_ego - true.xy_ego).T)
    assert 0 < off[:12].max() < 0.1  # up to 23 m
    assert road.lateral_std[-1] > 3 * road.lateral_std[:12].max()
