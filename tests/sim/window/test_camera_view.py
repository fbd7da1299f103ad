"""Overlays fall where the camera model says, and cameras where they look."""

import numpy as np
import pytest

from datasets.camera import MIN_DEPTH, Camera
from sim.window.camera_view import box_segments_ego, segments_img, slot_of

CAMERA = Camera("front", 192, 96, 110.0, np.array([1.2, 0.0, 1.5]))


def test_a_segment_in_front_of_the_lens_is_projected_as_it_is():
    begin, end = np.array([[10.0, 2.0, 0.0]]), np.array([[30.0, -4.0, 1.0]])
    uv = segments_img(CAMERA, begin, end)
    np.testing.assert_allclose(uv[0], [CAMERA.project(begin[0])[0], CAMERA.project(end[0])[0]])


@pytest.mark.parametrize("swap", [False, True])
def test_a_segment_through_the_lens_plane_is_cut_on_its_own_line(swap):
    behind, ahead = np.array([[-10.0, 2.0, 0.0]]), np.array([[30.0, 2.0, 0.0]])
    uv = segments_img(CAMERA, *((ahead, behind) if swap else (behind, ahead)))[0]
    seen, cut = (uv[0], uv[1]) if swap else (uv[1], uv[0])
    np.testing.assert_allclose(seen, CAMERA.project(ahead[0])[0])
    depth = CAMERA.focal_px * 1.5 / (cut[1] - CAMERA.centre_uv[1])  # of a point on the ground
    assert depth == pytest.approx(2 * MIN_DEPTH, rel=1e-6)


def test_what_is_behind_the_lens_is_left_out():
    begin, end = np.array([[-10.0, 2.0, 0.0]]), np.array([[-5.0, 2.0, 0.0]])
    assert len(segments_img(CAMERA, begin, end)) == 0


def test_a_box_has_twelve_edges_of_its_three_lengths(tick_at):
    agents = tick_at(0).truth.agents
    begin, end = box_segments_ego(agents)
    lengths = np.linalg.norm(end - begin, axis=1).reshape(len(agents), 12)
    np.testing.assert_allclose(np.sort(lengths[0]), [1.5] * 4 + [2.0] * 4 + [5.0] * 4)


def test_each_camera_of_the_rig_has_its_own_place(tick_at):
    cameras = [frame.camera for frame in tick_at(0).observation.frames]
    assert [slot_of(camera, cameras) for camera in cameras] == [
        "front", "narrow", "left", "right", "rear"
    ]  # fmt: skip
