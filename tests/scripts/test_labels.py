"""What a person does at the wheel teaches what the expert's plan would."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.driving import HUMAN, Decision
from datasets.geometry import SE2
from datasets.store.reader import DatasetReader
from datasets.store.writer import DatasetWriter
from planning.planner import RulePlanner
from planning.policy.code import decode_path
from scripts.labels import ARRIVED, Driven, Persons, has_persons, of_expert, of_person
from sim.world import World
from tests.datasets.store.synthetic import episode, head

HERE = SE2(0.0, 0.0, 0.0)
SPEED = 20.0  # m/s
TICKS = 60


@pytest.fixture(scope="module")
def choice():
    """All that the expert chose from at the beginning of a drive on a road of four lanes."""
    world = World("highway", cameras=False)
    world.reset(1)
    planner = RulePlanner()
    planner.plan(world.truth())
    return planner.last


def along(choice, which, aside=0.0):
    """A person who drives along a path of the expert, `aside` m to its left."""
    paths = choice.paths
    at = int(paths.start[which]) + np.arange(TICKS) * int(SPEED / 10)
    normal = np.stack([-np.sin(paths.heading[which]), np.cos(paths.heading[which])], axis=1)
    return Driven((paths.xy[which] + aside * normal)[at], np.full(TICKS, SPEED))


def test_who_drives_as_the_expert_would_teaches_the_same(choice):
    which = int(choice.proposals.path[choice.best])
    taught = of_person(choice, along(choice, which), HERE)
    np.testing.assert_allclose(taught.path, of_expert(choice, HERE).path, atol=1e-9)


@pytest.mark.parametrize("view", [HERE, SE2(0.0, 0.8, 0.05)])
def test_wavering_in_the_lane_is_not_learned(choice, view):
    steady, wavering = (of_person(choice, along(choice, 0, aside), view) for aside in (0.0, 0.7))
    np.testing.assert_allclose(wavering.path, steady.path)


def test_who_changes_lane_teaches_that_lane(choice):
    sides = [int(side) for side in choice.paths.side]
    beside = next(i for i, side in enumerate(sides) if side != 0)
    taught = of_person(choice, along(choice, beside), HERE)
    assert taught.path[0] == pytest.approx(4.0 * sides[beside], abs=0.6)


def test_where_no_lane_leads_the_driven_line_is_taught(choice):
    aside = 2.0  # m: between two lanes, around something
    driven = along(choice, 0, aside)
    taught = of_person(choice, driven, HERE)
    points = decode_path(taught.path)
    for x, y in points[points[:, 0] < driven.xy_ego[-1, 0]]:
        assert np.hypot(*(driven.xy_ego - (x, y)).T).min() < 1.2  # half the way of a tick, and air


@pytest.mark.parametrize("speed", [0.0, 0.3])
def test_who_stands_where_no_lane_leads_teaches_only_a_speed(choice, speed):
    """Between two lanes, as behind a wreck: such a line has no direction."""
    aside = along(choice, 0, 2.0).xy_ego[0]
    creeping = aside + np.arange(TICKS)[:, None] * (0.1 * speed, 0.0)
    taught = of_person(choice, Driven(creeping, np.full(TICKS, speed)), HERE)
    np.testing.assert_array_equal(taught.path, of_expert(choice, HERE).path)
    assert taught.speed == speed


def test_who_crosses_a_lane_is_not_on_it(choice):
    """From right to left at 4 m/s across all lanes, over the middle of one 2 s from now."""
    across = np.stack([np.full(TICKS, 1.0), 0.4 * (np.arange(TICKS) - 22)], axis=1)
    taught = of_person(choice, Driven(across, np.full(TICKS, 4.0)), HERE)
    assert abs(taught.path[1]) > 1.0  # rad: the way across, and not a lane's


def test_the_target_speed_is_the_one_two_seconds_later(choice):
    driven = along(choice, 0)
    slowing = replace(driven, speed=np.linspace(20.0, 8.2, TICKS))
    assert of_person(choice, slowing, HERE).speed == pytest.approx(20.0 - 0.2 * 20)


@pytest.mark.parametrize("who", ["driven", "taken"])
def test_only_who_keeps_the_wheel_for_long_enough_is_followed(tmp_path, who):
    """A person drives ticks 10 to 59 of 80, in an episode of theirs or by taking the wheel."""
    about = head() if who == "taken" else replace(head(), agent=HUMAN)
    with DatasetWriter(tmp_path) as writer:
        with writer.begin(about) as journal:
            for i, one in enumerate(episode(about, 80)):
                person = who == "driven" or 10 <= i < 60
                decision = Decision(one.tick.decision.action, HUMAN if person else "dice", "")
                tick = replace(one.tick, decision=decision)
                taken = who == "taken" and person
                pose = SE2(2.0 * i, 0.0, 0.0)
                journal.add(replace(one, tick=tick, intervention=taken, world_from_ego=pose))
        row = writer.adopt(journal.path)
    assert has_persons(row)
    persons = Persons(DatasetReader(tmp_path), row)
    known = [persons.driven(i) is not None for i in range(row.ticks)]
    first, end = (0, row.ticks) if who == "driven" else (10, 60)
    assert known == [first <= i < end - ARRIVED[1] for i in range(row.ticks)]
    driven = persons.driven(12)
    np.testing.assert_allclose(driven.xy_ego[:3], [[0, 0], [2, 0], [4, 0]])
    np.testing.assert_allclose(driven.speed, 20.0)  # 2 m a tick
