"""What the driver believes is drawn where it believes it, and as sure as it is."""

from dataclasses import replace

import numpy as np
import pytest

from sim.window.belief import SURE, UNSURE, belief_overlays, believed_scene, draw_belief, shade


@pytest.fixture
def perceived(tick_at):
    """A tick whose driver believes in the truth, with some doubt."""
    tick = tick_at(0)
    truth = tick.truth
    doubt = replace(truth.agents, xy_std=np.linspace(0.1, 3.0, len(truth.agents)))
    lanes = replace(truth.lanes, lateral_std=np.full(truth.lanes.valid.shape, 0.3))
    scene = replace(truth, agents=doubt, lanes=lanes)
    return replace(tick, decision=replace(tick.decision, scene=scene))


def test_the_truth_is_no_belief(tick_at):
    tick = tick_at(0)
    assert believed_scene(replace(tick, decision=replace(tick.decision, scene=tick.truth))) is None
    assert believed_scene(replace(tick, decision=replace(tick.decision, scene=None))) is None


def test_a_scene_with_doubt_is_one(perceived):
    assert believed_scene(perceived) is perceived.decision.scene


def test_doubt_turns_from_yellow_to_red():
    assert shade(0.0) == SURE
    assert shade(5.0) == UNSURE


def test_every_believed_box_has_its_twelve_edges(perceived):
    scene = perceived.decision.scene
    drawn = belief_overlays(scene, boxes=True, lanes=False)
    assert sum(len(segments[0]) for segments, _ in drawn) == 12 * len(scene.agents)
    assert len({color for _, color in drawn}) > 2


def test_unsure_lanes_are_drawn_wide(perceived):
    scene = perceived.decision.scene
    y = np.concatenate([s[0][:, 1] for s, _ in belief_overlays(scene, boxes=False, lanes=True)])
    edges = np.unique(np.round(np.abs(y), 3))
    np.testing.assert_allclose(edges, [1.4, 2.0, 2.6, 5.4, 6.0, 6.6])


def test_on_the_map_a_box_stands_where_it_is_believed(perceived):
    image = np.zeros((200, 400, 3), np.uint8)

    def from_ego(xy):
        return np.stack([200 + 3 * xy[..., 0], 100 - 3 * xy[..., 1]], axis=-1)

    scene = perceived.decision.scene
    only_one = replace(scene, agents=scene.agents.where(np.arange(len(scene.agents)) == 0))
    draw_belief(image, from_ego, only_one)
    u, v = from_ego(scene.agents.xy_ego[0])
    reddish = (image[..., 0] > 200) & (image[..., 2] < 150)
    rows, columns = np.nonzero(reddish)
    assert abs(columns.mean() - u) < 4
    assert abs(rows.mean() - v) < 4
