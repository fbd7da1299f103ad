"""A person at the wheel: smooth hands, and a wheel that changes them smoothly."""

import numpy as np

from control.human import Human, HumanLimits, TakeOver
from datasets.driving import HUMAN, Action, Decision
from datasets.observation import EgoState, Observation, Route

LIMITS = HumanLimits()


def seen(speed: float) -> Observation:
    return Observation(0.0, (), EgoState(speed, 0, 0, 0), Route(np.array([[0.0, 0], [20, 0]])))


class Held:
    """Controls that are held so."""

    def __init__(self, forwards: float, left: float):
        self.held = forwards, left

    def read(self):
        return self.held


class Machine:
    def reset(self):
        self.acted = 0

    def act(self, observation):  # noqa: ARG002
        self.acted += 1
        return Decision(Action(-1.0, 0.1), "machine", "its turn")


def drive(agent, ticks, speed=10.0):
    return [agent.act(seen(speed)) for _ in range(ticks)]


def test_a_pressed_key_moves_the_pedal_and_the_wheel_gradually_to_their_limits():
    human = Human(Held(1.0, 1.0))
    human.reset()
    actions = [decision.action for decision in drive(human, 20)]
    accel = np.array([0.0, *(a.accel for a in actions)])
    angle = np.array([0.0, *(a.steering_angle for a in actions)])
    assert np.all(np.diff(accel) >= 0)
    assert np.diff(accel).max() <= LIMITS.jerk * 0.1 + 1e-9
    assert accel[-1] == LIMITS.accel
    full = LIMITS.lateral_accel * 5.0 / 10.0**2
    assert np.isclose(angle[-1], full)
    assert np.isclose(angle[1], full * 0.1 / LIMITS.wheel_time)


def test_left_is_the_mirror_of_right_and_speed_makes_the_wheel_gentle():
    angles = {}
    for left in (1.0, -1.0):
        for speed in (0.0, 10.0, 30.0):
            human = Human(Held(0.0, left))
            human.reset()
            angles[left, speed] = drive(human, 20, speed)[-1].action.steering_angle
    assert all(angles[1.0, s] == -angles[-1.0, s] for s in (0.0, 10.0, 30.0))
    assert angles[1.0, 0.0] == LIMITS.steering_angle
    assert angles[1.0, 10.0] > angles[1.0, 30.0] > 0


def test_the_wheel_is_taken_and_given_back_without_a_jump():
    taken = [False]
    machine = Machine()
    agent = TakeOver(machine, Human(Held(1.0, -1.0)), lambda: taken[0])
    agent.reset()
    decisions = drive(agent, 3)
    taken[0] = True
    decisions += drive(agent, 10)
    taken[0] = False
    decisions += drive(agent, 10)
    drivers = [decision.driver for decision in decisions]
    assert drivers == ["machine"] * 3 + [HUMAN] * 14 + ["machine"] * 6
    accel = np.array([decision.action.accel for decision in decisions])
    assert accel[2] == accel[-1] == -1.0
    assert accel[12] == LIMITS.accel
    assert np.abs(np.diff(accel)).max() < 1.6, "no more than hands and feet do in a tick"
    assert machine.acted == len(decisions), "the machine stays in the picture"
