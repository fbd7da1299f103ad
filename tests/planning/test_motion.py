"""How the others have been moving: how hard they brake, who stands, who has crashed."""

from dataclasses import replace

import numpy as np
import pytest

from planning.motion import SURE, WINDOW, MotionMemory
from tests.planning.scenes import agents_at

LIT = np.ones(1, np.bool_)


def seen(memory, t, speed, lights=LIT):
    rows = [(30.0, 0.0, 0.0, speed)]
    return float(memory.update(t, agents_at(rows, braking=lights)).lost[0])


@pytest.mark.parametrize("rate", [0.0, 1.5, 4.0, 6.0])
def test_an_even_deceleration_is_found_from_the_second_scene_on(rate):
    memory = MotionMemory()
    assert seen(memory, 0.0, 20.0) == 0.0
    for t in np.arange(1, 12) / 10:
        assert seen(memory, t, 20.0 - rate * t) == pytest.approx(rate)


def test_without_brake_lights_nobody_brakes():
    memory = MotionMemory()
    seen(memory, 0.0, 20.0)
    assert seen(memory, 0.1, 15.0, ~LIT) == 0.0


def test_what_lies_further_back_than_the_window_is_forgotten():
    memory = MotionMemory()
    seen(memory, 0.0, 20.0)
    assert seen(memory, WINDOW + 0.1, 10.0) == 0.0
    memory.reset()
    assert seen(memory, WINDOW + 0.2, 5.0) == 0.0


def test_noise_of_the_speed_is_averaged():
    rng, memory = np.random.default_rng(1), MotionMemory()
    found = [seen(memory, i / 10, 25 - 0.3 * i + rng.normal(0, 0.1)) for i in range(60)]
    assert np.abs(np.array(found[4:]) - 3.0).mean() < 0.6  # two scenes alone would miss by 1.1


def test_who_creeps_to_and_fro_has_not_moved_and_who_drives_on_has():
    memory = MotionMemory()
    for i in range(60):
        motion = memory.update(i / 10, agents_at([(9.0, 0, 0, 0.5 * (-1) ** i), (20.0, 0, 0, 3.0)]))
    assert motion.still[0] == pytest.approx(5.9)
    assert motion.still[1] < 1.0


@pytest.mark.parametrize(
    ("gap", "speed", "wrecked"),
    [(-0.1, 0.5, True), (0.1, 0.5, True), (1.0, 0.0, False), (-0.1, 9.0, False)],
)
def test_cars_that_touch_and_hardly_move_have_crashed(gap, speed, wrecked):
    cars = agents_at([(20.0, 0, 0, speed), (25.0 + gap, 0, 0, speed), (60.0, 0, 0, 0.0)])
    assert MotionMemory().update(0.0, cars).wrecked.tolist() == [wrecked, wrecked, False]


@pytest.mark.parametrize(("scenes", "known"), [(SURE, True), (SURE - 1, False)])
def test_a_wreck_is_one_when_the_other_is_out_of_sight_until_it_drives_on(scenes, known):
    memory = MotionMemory()
    both = agents_at([(20.0, 0, 0, 0.0), (25.1, 0, 0, 0.0)])
    for i in range(scenes):
        memory.update(i / 10, both)
    lone = both.where(np.array([True, False])).compact()
    assert memory.update(scenes / 10, lone).wrecked.tolist() == [known]
    moving = replace(lone, speed=np.array([5.0]))
    assert memory.update(scenes / 10 + 0.1, moving).wrecked.tolist() == [False]
    assert memory.update(scenes / 10 + 0.2, lone).wrecked.tolist() == [False]


def test_a_ghost_that_flickers_beside_a_car_makes_no_wreck_of_it():
    memory, waiting = MotionMemory(), (20.0, 0, 0, 0.0)
    for i in range(100):
        ghost = [(25.1, 0, 0, 0.0)] if i % 3 == 0 else []
        motion = memory.update(i / 10, agents_at([waiting, *ghost]))
    assert not memory.update(10.0, agents_at([waiting])).wrecked[0]
    assert motion.wrecked[0]
