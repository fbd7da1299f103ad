"""Vehicles survive their code; what is hidden, tiny or far is neither wanted nor wrong."""

import numpy as np
import pytest

from datasets.camera import Camera
from datasets.geometry import wrap_angle
from perception.drivable import drivable_cells
from perception.vehicle_code import (
    CODE,
    CROP_TOP_PX,
    STRIDE,
    Cells,
    Grid,
    decode,
    decode_cells,
    found_in,
)
from perception.vehicle_targets import DONT_CARE, PEAK, VehicleTargets, vehicle_targets
from tests.planning.scenes import agents_at, straight_lanes

CAMERAS = (
    Camera("wide", 192, 96, 53.5, np.array([0.6, 0.0, 1.4]), 0.0, -0.17),
    Camera("left", 192, 96, 53.5, np.array([-0.35, 0.9, 1.4]), np.pi / 2, -0.45),
    Camera("rear", 192, 96, 53.5, np.array([-1.3, 0.0, 1.4]), np.pi, -0.28),
    Camera("narrow", 192, 96, 320.0, np.array([0.7, 0.0, 1.4]), 0.0, -0.03, 0.01),
)


def random_agents(seed, count=12, nearest=5):
    rng = np.random.default_rng(seed)
    away, azimuth = rng.uniform(nearest, 50, count), rng.uniform(-np.pi, np.pi, count)
    rows = np.stack(
        [away * np.cos(azimuth), away * np.sin(azimuth), rng.uniform(-3, 3, count),
         rng.uniform(0, 30, count)], axis=1,
    )  # fmt: skip
    return agents_at(rows, braking=rng.random(count) < 0.5, indicator=rng.integers(-1, 2, count))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_encoded_is_decoded(seed):
    agents = random_agents(seed)
    seen = set()
    for c, camera in enumerate(CAMERAS):
        targets, _, chosen = vehicle_targets(agents, camera)
        row, column = targets.cell.T
        there = np.full(len(row), c), np.ones(len(row)), row, column
        found = decode_cells(Cells(*there, targets.as_code()), CAMERAS)
        seen |= set(chosen.tolist())
        np.testing.assert_allclose(found.xy_ego, agents.xy_ego[chosen], atol=1e-6)
        turn = wrap_angle(found.heading - agents.heading[chosen])
        np.testing.assert_allclose(turn, 0, atol=1e-9)
        np.testing.assert_allclose(found.speed, agents.speed[chosen])
        assert np.array_equal(found.braking > 0.5, agents.braking[chosen])
        assert np.array_equal(found.indicator.argmax(1) - 1, agents.indicator[chosen])
    assert len(seen) > 6


def seen_perfectly(agents):
    """What a perfect network finds, and the places (N, 2) of all that it is to find, by camera."""
    peaks = np.zeros((len(CAMERAS), 20, 48), np.float32)
    code = np.zeros((len(CAMERAS), len(CODE), 20, 48), np.float32)
    expected = []
    for c, camera in enumerate(CAMERAS):
        targets, middles, chosen = vehicle_targets(agents, camera)
        peaks[c] = np.where(middles == PEAK, 1.0, 0.0)
        code[c][:, targets.cell[:, 0], targets.cell[:, 1]] = targets.as_code().T
        expected += agents.xy_ego[chosen].tolist()
    return decode(found_in(peaks, code, 0.5), CAMERAS), expected


@pytest.mark.parametrize("seed", range(3))
def test_a_perfect_network_finds_every_vehicle_at_its_peak(seed):
    found, expected = seen_perfectly(random_agents(seed, nearest=14))
    order = np.lexsort(np.round(found.xy_ego.T, 2))
    wanted = np.array(expected)
    np.testing.assert_allclose(
        found.xy_ego[order], wanted[np.lexsort(np.round(wanted.T, 2))], atol=1e-3
    )


@pytest.mark.parametrize(("ahead", "cameras"), [(7.0, [0]), (10.0, [0]), (14.0, [0, 3])])
def test_who_is_larger_than_the_narrow_picture_is_left_to_the_wide_one(ahead, cameras):
    found, _ = seen_perfectly(agents_at([(ahead, 0.5, 1.5, 0.0)]))
    assert found.camera.tolist() == cameras


def test_who_is_close_beside_the_car_is_kept():
    found, _ = seen_perfectly(agents_at([(-0.35, 2.6, 0.0, 0.0)]))
    assert found.camera.tolist() == [1]


def test_the_middle_falls_on_the_vehicle():
    agents = agents_at([(12.0, 1.0, 0.2, 10.0)])
    targets, middles, _ = vehicle_targets(agents, CAMERAS[0])
    uv, _ = CAMERAS[0].project(np.array([12.0, 1.0, 0.75]))
    np.testing.assert_allclose(targets.uv[0] * STRIDE + (0, CROP_TOP_PX), uv)
    assert middles[tuple(targets.cell[0])] == PEAK


def test_a_hidden_vehicle_and_a_tiny_one_do_not_count():
    agents = agents_at([(12.0, 0.0, 0.0, 1.0), (80.0, 0.0, 0.0, 1.0)], visible=np.array([0.1, 1]))
    targets, middles, _ = vehicle_targets(agents, CAMERAS[0])
    assert len(targets.cell) == 0
    assert (middles == DONT_CARE).sum() > 4
    near_enough, _, chosen = vehicle_targets(agents, CAMERAS[3])
    assert chosen.tolist() == [1]
    assert len(near_enough.cell) == 1


def test_rows_hold_all_of_a_target():
    targets, _, _ = vehicle_targets(random_agents(7), CAMERAS[0])
    again = VehicleTargets.from_rows(targets.as_rows())
    np.testing.assert_allclose(again.as_code(), targets.as_code(), atol=1e-5)


def test_uncertainty_in_range_is_long_and_across_is_short():
    targets, _, _ = vehicle_targets(agents_at([(30.0, 0.0, 0.0, 10.0)]), CAMERAS[3])
    code = targets.as_code()
    code[:, CODE.index("log_std_range")] = np.log(0.05)
    code[:, CODE.index("log_std_u")] = np.log(0.1)
    row, column = targets.cell.T
    cells = Cells(np.full(1, 3), np.ones(1), row, column, code)
    cov = decode_cells(cells, CAMERAS).xy_cov[0]
    assert np.sqrt(cov[0, 0]) == pytest.approx(0.05 * 29.3, rel=0.01)
    assert np.sqrt(cov[1, 1]) < 0.2


def test_road_is_drivable_and_grass_and_sky_are_not():
    cells = drivable_cells(straight_lanes([4.0, 0.0, -4.0]), CAMERAS[:1])[0]
    xy = CAMERAS[0].unproject_to_ground(Grid.of(CAMERAS[0]).centres_uv())
    for row, column in np.argwhere(np.isfinite(xy[..., 0])):
        x, y = xy[row, column]
        if 0 < x < 58 and abs(abs(y) - 6.0) > 0.4 and abs(y) < 58:
            assert cells[row, column] == (abs(y) < 6.0), (x, y)
    assert not cells[np.isnan(xy[..., 0])].any()
