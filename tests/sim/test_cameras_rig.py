"""What the rig promises: a view all round, far enough ahead, small images."""

import numpy as np
import pytest

from sim.cameras.rig import default_rig

RIG = default_rig()
BODY = (2.5, 1.0)  # m, half length and half width of the ego
BLIND = 0.5  # m from the body


def seen(xyz_ego):
    return np.any([camera.in_image(camera.project(xyz_ego)[0]) for camera in RIG], axis=0)


def plan(reach, step):
    """(N, 2) places around the ego, more than BLIND away from its body."""
    x, y = np.meshgrid(np.arange(-reach, reach + step, step), np.arange(-reach, reach + step, step))
    gap = np.hypot(np.maximum(np.abs(x) - BODY[0], 0), np.maximum(np.abs(y) - BODY[1], 0))
    return np.stack([x, y], axis=-1)[gap > BLIND]


def test_five_cameras_of_a_small_size():
    names = [camera.name for camera in RIG]
    assert names == ["front_narrow", "front_wide", "left", "right", "rear"]
    assert all((camera.height_px, camera.width_px) == (96, 192) for camera in RIG)


@pytest.mark.parametrize(("reach", "step"), [(6.0, 0.05), (60.0, 0.5)])
@pytest.mark.parametrize("z", [0.0, 0.25, 0.5])
def test_all_ground_and_all_bumpers_around_the_car_are_in_view(reach, step, z):
    xy = plan(reach, step)
    assert np.all(seen(np.column_stack([xy, np.full(len(xy), z)])))


def test_the_view_all_round_survives_small_mounting_errors():
    xy = plan(6.0, 0.1)
    columns = [np.column_stack([xy, np.full(len(xy), z)]) for z in np.arange(0, 1.51, 0.25)]
    for turn in (-0.01, 0.01):  # rad
        moved = [camera.moved(np.zeros(3), turn, turn, turn) for camera in RIG]
        any_height = [c.in_image(c.project(xyz)[0]) for c in moved for xyz in columns]
        assert np.all(np.any(any_height, axis=0))


def test_a_car_100_m_ahead_is_six_pixels_wide():
    rear = np.array([[100.0, 1.0, 0.5], [100.0, -1.0, 0.5]])
    narrow = next(camera for camera in RIG if camera.name == "front_narrow")
    uv, _ = narrow.project(rear)
    assert np.all(narrow.in_image(uv))
    assert uv[1, 0] - uv[0, 0] >= 6
