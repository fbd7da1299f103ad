"""The table of manoeuvres: each is playable, repeatable, and asks for something."""

import numpy as np
import pytest

from datasets.driving import Action, Decision
from datasets.episode import End
from sim.baselines import ConstantSpeed, Idm
from sim.manoeuvres.table import MANOEUVRES, judge, named, world_named
from sim.scores.record import record


class Cautious:
    """Goes straight on, but slows down between the 2nd and the 8th second."""

    def reset(self):
        pass

    def act(self, observation):
        speed, t = observation.ego.speed, observation.t
        slow = 2 < t < 8
        accel = -3.0 if slow and speed > 3 else 2.0 if t >= 8 and speed < 15 else 0.0
        return Decision(Action(accel, 0.0), "cautious", "by the clock")


def drive(name, agent=None, seed=0):
    world = world_named(name, cameras=False)
    return record(world, Idm(world) if agent is None else agent, seed)


@pytest.mark.parametrize("name", MANOEUVRES)
def test_every_manoeuvre_asks_for_more_than_keeping_still(name):
    log = drive(name, ConstantSpeed())
    verdict = judge(log)
    assert not verdict["passed"]
    if log.outcome.end is not End.COLLISION:  # the cast plays without mishap of its own
        assert not any(state.crashed.any() for state in log.states)


@pytest.mark.parametrize(
    "name", ["hard-braking-lead", "stopped-car", "closing-gap", "merge-squeeze", "tailgater"]
)
def test_idm_and_mobil_pass(name):
    assert judge(drive(name))["passed"]


def test_slowing_down_passes_the_oncoming_overtaker():
    assert judge(drive("oncoming-overtaker", Cautious()))["passed"]


def test_the_seed_moves_the_cast_a_little():
    one, same, other = (drive("cut-in", ConstantSpeed(), seed).states[0] for seed in (1, 1, 2))
    assert np.array_equal(one.xy_world, same.xy_world)
    assert not np.array_equal(one.xy_world, other.xy_world)
    assert np.abs(one.xy_world - other.xy_world).max() < 3.1


def test_a_saved_manoeuvre_goes_on_alike():
    world = world_named("merge-squeeze", cameras=False)
    world.reset(4)
    for _ in range(60):
        world.step(Action(0.0, 0.0))
    saved = world.save()

    def rest():
        return [world.step(Action(-1.0, 0.0))[0].ego for _ in range(20)], world.state

    egos, state = rest()
    world.restore(saved)
    egos_again, state_again = rest()
    assert egos == egos_again
    assert np.array_equal(state.xy_world, state_again.xy_world)


def test_the_car_that_cuts_in_does_so_in_front_of_the_ego():
    log = drive("cut-in", ConstantSpeed())
    last = log.states[-1]
    assert last.lane[1] == last.lane[0]
    assert last.xy_world[1, 0] > last.xy_world[0, 0]


def test_the_tailgater_keeps_its_gap():
    states = drive("tailgater").states[30:]
    gaps = [s.xy_world[0, 0] - s.xy_world[1, 0] - 5.0 for s in states]
    assert min(gaps) > 2
    assert max(gaps) < 14


def test_names():
    assert named("cut-in").name == "cut-in"
    assert named("merge").name == "merge"
    with pytest.raises(ValueError, match=r"expected one of .*highway.* manoeuvres .*cut-in"):
        named("barrel-roll")
    assert judge(drive("merge", ConstantSpeed())) == {}
