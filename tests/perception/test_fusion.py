"""Each vehicle once, whoever of the cameras saw it."""

from dataclasses import replace

import numpy as np

from datasets.geometry import SE2
from perception.fusion import fuse
from perception.nouns import Detections
from tests.perception.made_up import detected, seen_from


def by_two_cameras() -> Detections:
    """A car that the one sees well across and the other along, and a car of each alone."""
    seen = detected([(30, 1.0, 0, 5), (30.8, 1.1, 0.1, 7), (12, -8, 1, 0), (60, 4, 0, 9)])
    cov = np.array([np.diag([4.0, 0.01]), np.diag([0.04, 1.0]), np.eye(2), np.eye(2)])
    return replace(seen, camera=np.array([0, 1, 0, 1]), xy_cov=cov)


def test_what_two_cameras_see_is_one_vehicle_where_both_are_sure():
    fused = fuse(by_two_cameras())
    assert len(fused) == 3
    near = fused.xy_ego[np.argmin(np.hypot(*(fused.xy_ego - (30.8, 1.0)).T))]
    np.testing.assert_allclose(near, [30.8, 1.0], atol=0.1)


def test_together_they_are_surer_than_either():
    seen = by_two_cameras()
    fused = fuse(seen)
    best = np.argmin(np.hypot(*(fused.xy_ego - (30.8, 1.0)).T))
    for i in (0, 1):
        assert np.linalg.det(fused.xy_cov[best]) < np.linalg.det(seen.xy_cov[i])


def test_two_vehicles_of_one_camera_stay_two_however_near():
    seen = detected([(30, 0, 0, 0), (31, 0.5, 0, 0)], std=3.0)
    assert len(fuse(seen)) == 2


def test_the_order_of_the_detections_does_not_matter():
    seen = by_two_cameras()
    one, other = fuse(seen), fuse(seen.where(np.array([3, 1, 0, 2])))
    order = [np.lexsort(fused.xy_ego.T) for fused in (one, other)]
    np.testing.assert_allclose(one.xy_ego[order[0]], other.xy_ego[order[1]])


def test_turning_the_world_turns_the_result():
    pose = SE2(5.0, -3.0, 2.0)
    seen = by_two_cameras()
    turned, straight = fuse(seen_from(seen, pose)), seen_from(fuse(seen), pose)
    np.testing.assert_allclose(turned.xy_ego, straight.xy_ego, atol=1e-6)
    np.testing.assert_allclose(turned.xy_cov, straight.xy_cov, atol=1e-6)


def test_a_heading_the_wrong_way_round_does_not_turn_the_car_sideways():
    seen = by_two_cameras()
    heading = seen.heading.copy()
    heading[1] += np.pi
    fused = fuse(replace(seen, heading=heading))
    assert np.abs(np.sin(fused.heading)).min() < 0.15
