"""A label drawn on the image falls on the object's pixels."""

import numpy as np
import pytest

from sim.cameras.labels import GROUND_ID, SKY_ID
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.weather import WEATHERS
from tests.sim import synthetic

RIG = default_rig()
RENDERER = Renderer(synthetic.highway(length=1200), RIG, WEATHERS["clear"], seed=0)
LARGE_ENOUGH = 12  # px: below, the grid of pixels alone costs more than a tenth of a box


def iou(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    both = np.prod(np.maximum(high - low, 0))
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)


@pytest.mark.parametrize("seed", range(6))
def test_boxes_fit_the_pixels_of_their_cars(seed):
    _, labels = RENDERER.render_with_labels(synthetic.highway_traffic(seed=seed))
    checked = 0
    for label in labels:
        assert np.all(np.isin(label.id, label.instance))
        for body, box, hidden in zip(label.id, label.boxes_2d, label.occlusion, strict=True):
            v, u = np.nonzero(label.instance == body)
            pixels = np.array([u.min(), v.min(), u.max() + 1, v.max() + 1])
            if hidden < 0.02:
                np.testing.assert_allclose(box, pixels, atol=1.0)
                if min(box[2:] - box[:2]) >= LARGE_ENOUGH:
                    assert iou(box, pixels) >= 0.9
                    checked += 1
    assert checked >= 3


def test_depth_is_that_of_the_ground_and_of_the_cars():
    state = synthetic.state([(500.0, -4.0), (520.0, -4.0)])
    _, labels = RENDERER.render_with_labels(state)
    for label in labels:
        v, u = np.nonzero(label.instance == GROUND_ID)
        xy = label.camera.unproject_to_ground(np.stack([u, v], axis=1) + 0.5)
        xyz = np.column_stack([xy, np.zeros(len(xy))])
        np.testing.assert_allclose(label.depth[v, u], label.camera.project(xyz)[1], rtol=1e-4)
        assert np.all(np.isinf(label.depth[label.instance == SKY_ID]))
    narrow = labels[0]
    on_car = narrow.depth[narrow.instance == 1]
    assert on_car.min() == pytest.approx(520 - 2.5 - 500 - RIG[0].xyz_ego[0], abs=0.1)
    assert on_car.max() < on_car.min() + 5


def test_a_hidden_car_has_no_box_and_half_a_car_half_a_share():
    state = synthetic.state(
        [(500.0, -4.0), (512.0, -4.0), (519.0, -4.0), (524.0, -5.8)], id=np.array([0, 5, 3, 8])
    )
    narrow = RENDERER.render_with_labels(state)[1][0]
    share = dict(zip(narrow.id.tolist(), narrow.visible, strict=True))
    assert share[5] == pytest.approx(1, abs=0.02)
    assert share.get(3, 0) < 0.3
    assert 0.2 < share[8] < 0.8


def test_lane_boundaries_lie_on_the_ground_where_the_lanes_are():
    state = synthetic.state([(500.0, -4.0)])
    _, labels = RENDERER.render_with_labels(state)
    wide = labels[1]
    offsets = {round(float(xy[:, 1].mean()), 2) for xy in wide.lanes_xy_ego}
    assert offsets == {6.0, 2.0, -2.0, -6.0, -10.0}
    for uv, xy in zip(wide.lanes_uv_img, wide.lanes_xy_ego, strict=True):
        np.testing.assert_allclose(wide.camera.unproject_to_ground(uv), xy, atol=1e-6)
