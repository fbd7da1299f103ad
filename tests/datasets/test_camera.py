"""Laws of the pinhole camera."""

import numpy as np
import pytest

from datasets.camera import Camera

RNG = np.random.default_rng(1)
CAMERAS = [
    Camera("forward", 192, 96, 150.0, np.array([1.0, 0.0, 1.5])),
    Camera("left", 192, 96, 80.0, np.array([0.2, 0.9, 1.4]), yaw=1.6, pitch=-0.1),
    Camera("crooked", 100, 60, 60.0, np.array([-1.0, 0.3, 1.1]), yaw=-2.5, pitch=0.05, roll=0.2),
]


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.name)
def test_projecting_undoes_unprojecting_to_the_ground(camera):
    uv = RNG.uniform((0, 0), (camera.width_px, camera.height_px), (200, 2))
    xy = camera.unproject_to_ground(uv)
    seen = np.isfinite(xy[:, 0])
    assert seen.any()
    xyz = np.concatenate([xy[seen], np.zeros((seen.sum(), 1))], axis=1)
    uv_back, depth = camera.project(xyz)
    assert np.all(depth > 0)
    np.testing.assert_allclose(uv_back, uv[seen], atol=1e-6)


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.name)
def test_ground_homography_agrees_with_projection(camera):
    xy = camera.unproject_to_ground(np.array([camera.width_px * 0.4, camera.height_px * 0.99]))
    uvw = camera.ground_homography @ np.array([*xy, 1.0])
    uv, _ = camera.project(np.array([*xy, 0.0]))
    np.testing.assert_allclose(uvw[:2] / uvw[2], uv, atol=1e-9)


def test_directions_of_the_image():
    camera = CAMERAS[0]
    centre, depth = camera.project(np.array([11.0, 0.0, 1.5]))
    np.testing.assert_allclose(centre, [96, 48])
    assert depth == pytest.approx(10)
    (u, v), _ = camera.project(np.array([11.0, 1.0, 2.5]))  # left of the axis and above it
    assert u < 96
    assert v < 48


@pytest.mark.parametrize(
    ("turn", "point", "side"),
    [
        ({"yaw": 0.1}, (11.0, 0.0, 1.5), "right"),  # the camera turned left, the point went right
        ({"pitch": 0.1}, (11.0, 0.0, 1.5), "below"),  # the camera looks up, the point went down
        ({"roll": 0.1}, (11.0, -2.0, 1.5), "above"),  # the camera rolled clockwise
    ],
)
def test_directions_of_the_camera_angles(turn, point, side):
    camera = Camera("c", 192, 96, 150.0, np.array([1.0, 0.0, 1.5]), **turn)
    u, v = camera.project(np.array(point))[0] - CAMERAS[0].project(np.array(point))[0]
    assert {"right": u > 1, "below": v > 1, "above": v < -1}[side]


def test_behind_the_camera_there_is_no_image_point():
    uv, depth = CAMERAS[0].project(np.array([-5.0, 0.0, 1.0]))
    assert np.all(np.isnan(uv))
    assert depth < 0
    assert not CAMERAS[0].in_image(uv)


def test_sky_has_no_ground_point():
    assert np.all(np.isnan(CAMERAS[0].unproject_to_ground(np.array([96.0, 10.0]))))


def test_a_camera_without_pixels_is_refused():
    with pytest.raises(ValueError, match="positive image size"):
        Camera("none", 0, 96, 100.0, np.zeros(3))
