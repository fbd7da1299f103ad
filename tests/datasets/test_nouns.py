"""What the nouns refuse, and that they say why."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.driving import Action, Trajectory
from datasets.episode import End, Outcome
from datasets.observation import EgoState, Route
from datasets.scene import Agents, Lanes


def test_an_action_beyond_the_actuators_is_refused_and_can_be_clipped():
    with pytest.raises(ValueError, match=r"accel: expected a number in \[-6, 6\], got 7"):
        Action(7.0, 0.0)
    assert Action.clipped(7.0, -2.0) == Action(6.0, -np.pi / 4)
    with pytest.raises(ValueError, match="got nan"):
        Action.clipped(float("nan"), 0.0)


def test_a_trajectory_must_move_forward_in_time_and_be_finite():
    xy, zeros = np.zeros((2, 2)), np.zeros(2)
    with pytest.raises(ValueError, match="increasing times"):
        Trajectory(zeros, xy, zeros, zeros)
    with pytest.raises(ValueError, match="finite"):
        Trajectory(np.array([0, 1.0]), xy, zeros, np.array([1.0, np.nan]))


def test_route_and_ego_refuse_what_is_not_a_number():
    with pytest.raises(ValueError, match="finite"):
        EgoState(np.inf, 0, 0, 0)
    with pytest.raises(ValueError, match="expected 2 to 26 points"):
        Route(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="got 27"):
        Route(np.zeros((27, 2)))


def test_a_padded_route_repeats_its_last_point():
    route = Route(np.array([[0.0, 1.0], [20.0, 2.0], [40.0, 4.0]]))
    padded = route.padded()
    assert padded.shape == (26, 2)
    np.testing.assert_array_equal(padded[:3], route.xy_ego)
    assert np.all(padded[3:] == route.xy_ego[-1])


def test_agents_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"Agents.speed: expected shape \(0\), got \(3,\)"):
        replace(Agents.none(), speed=np.zeros(3))


def test_only_valid_agents_are_kept():
    one = np.ones(3)
    agents = Agents(
        id=np.arange(3),
        kind=np.zeros(3, np.int64),
        xy_ego=np.zeros((3, 2)),
        heading=one,
        speed=np.array([1.0, np.nan, 3.0]),  # the second slot is empty
        length=one,
        width=one,
        braking=np.zeros(3, np.bool_),
        indicator=np.zeros(3, np.int64),
        visible=one,
        xy_std=one,
        valid=np.array([True, False, True]),
    )
    assert agents.compact().id.tolist() == [0, 2]
    assert agents.where(agents.speed > 2).compact().id.tolist() == [2]


def test_lanes_with_a_gap_in_their_points_are_refused():
    lanes = Lanes.none()
    gap = np.array([[True, False, True]])
    one, yes = np.ones(1), np.zeros((1, 1), np.bool_)
    integer = np.zeros(1, np.int64)
    with pytest.raises(ValueError, match="got a gap"):
        replace(
            lanes,
            id=integer,
            xy_ego=np.zeros((1, 3, 2)),
            valid=gap,
            lateral_std=np.zeros((1, 3)),
            width=one,
            speed_limit=one,
            left_marking=integer,
            right_marking=integer,
            on_route=np.ones(1, np.bool_),
            priority=integer,
            leads_to=yes,
            left_of=yes,
        )


def test_only_a_collision_has_a_fault():
    assert Outcome(End.GOAL).success
    with pytest.raises(ValueError, match="at_fault"):
        Outcome(End.GOAL, at_fault=True)
