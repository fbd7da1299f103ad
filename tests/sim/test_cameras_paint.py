"""What is painted where: dashes, colours, edges, give-way lines."""

import numpy as np
import pytest

from datasets.scene import Marking
from sim.cameras.paint import paint_of, stop_lines
from sim.state import Lane, RoadMap
from tests.sim import synthetic


def road(*lanes, leads_to=()):
    """Lanes from (x, y) to (x, y) of 4 m, with their priorities."""
    made = []
    for start, end, priority in lanes:
        length = np.hypot(*np.subtract(end, start))
        xy = np.linspace(start, end, int(length) + 1)
        made.append(Lane("a", "b", xy, 4.0, 10.0, Marking.DASHED, Marking.NONE, priority))
    links = np.zeros((len(made), len(made)), np.bool_)
    for i, j in leads_to:
        links[i, j] = True
    return RoadMap(tuple(made), links, np.zeros_like(links))


def lines_at(paint, y):
    return (~paint.coarse) & (np.abs(paint.xy_world.mean(1)[:, 1] - y) < 0.5)


def test_a_highway_has_dashes_of_3_m_every_12_m_and_solid_edges():
    paint = paint_of(synthetic.highway(lanes=3, length=960))
    for y, share, yellow in ((2, 1.0, True), (-2, 0.25, False), (-6, 0.25, False), (-10, 1, False)):
        line = lines_at(paint, y)
        painted = (paint.length * paint.share)[line].sum() / 960
        assert painted == pytest.approx(share, rel=0.03)
        assert np.all(paint.yellow[line] == yellow)
        coarse = paint.coarse & (np.abs(paint.xy_world.mean(1)[:, 1] - y) < 0.5)
        assert (paint.length * paint.share)[coarse].sum() / 960 == pytest.approx(share, rel=0.03)


def test_between_opposite_directions_the_line_is_yellow_and_the_edges_are_white():
    paint = paint_of(road(((0, 0), (200, 0), 0), ((200, 4), (0, 4), 0)))
    assert np.all(paint.yellow[lines_at(paint, 2)])
    for edge in (-2, 6):
        assert lines_at(paint, edge).any()
        assert not np.any(paint.yellow[lines_at(paint, edge)])


def test_no_line_crosses_a_junction():
    paint = paint_of(road(((-50, 0), (50, 0), 0), ((0, -50), (0, 50), 0)))
    middle = paint.xy_world.mean(1)[paint.share > 0]
    assert not np.any(np.abs(middle).max(1) < 1.2)


def crossing(side_priority):
    """A road along x, and one that crosses it in three lanes, one after the other."""
    lanes = [
        ((-60, 0), (60, 0), 1),
        ((0, -60), (0, -6), side_priority),
        ((0, -6), (0, 6), side_priority),
    ]
    return road(*lanes, ((0, 6), (0, 60), side_priority), leads_to=[(1, 2), (2, 3)])


def test_the_lower_priority_has_a_line_before_the_crossing_and_only_there():
    (quad,) = stop_lines(crossing(0))
    x, y = quad.T
    assert np.all(np.abs(x) < 2)
    assert np.all((y > -7) & (y <= -2.5))
    assert stop_lines(crossing(1)) == []


def test_a_lane_that_joins_a_road_gives_way_at_its_edge():
    lanes = [((-60, 0), (0, 0), 1), ((0, 0), (60, 0), 1), ((0, -60), (0, 0), 0)]
    (quad,) = stop_lines(road(*lanes, leads_to=[(0, 1), (2, 1)]))
    assert np.all((quad[:, 1] > -5) & (quad[:, 1] <= -2))
