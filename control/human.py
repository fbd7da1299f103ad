"""A person at the wheel, and the wheel changing hands.

Keys are all or nothing and a car is not: what a person asks for is turned into steering and
acceleration that move no faster than hands and feet do, with less steering at speed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from datasets.driving import HUMAN, Action, Agent, Decision
from datasets.episode import TICK
from datasets.observation import Observation

_LENGTH = 5.0  # m of the car: its path turns by about steering_angle / length per metre


class Controls(Protocol):
    """Whatever a person holds in the hands: keys, a gamepad."""

    def read(self) -> tuple[float, float]:
        """How much forwards (braking is negative) and how much to the left, both in [-1, 1]."""
        ...


@dataclass(frozen=True, slots=True)
class HumanLimits:
    """What full pedals and a full turn of the wheel mean."""

    accel: float = 3.0  # m/s^2
    brake: float = 5.0  # m/s^2
    steering_angle: float = 0.6  # rad, at walking pace
    lateral_accel: float = 5.0  # m/s^2, which a full turn does not exceed at speed
    jerk: float = 15.0  # m/s^3
    wheel_time: float = 0.3  # s from straight to the full turn of this speed


class Human:
    """An Agent that does what a person's controls say."""

    def __init__(self, controls: Controls, limits: HumanLimits | None = None) -> None:
        self._controls = controls
        self._limits = limits or HumanLimits()

    def reset(self) -> None:
        self._accel = self._turn = 0.0

    def act(self, observation: Observation) -> Decision:
        limits = self._limits
        forwards, left = np.clip(self._controls.read(), -1, 1)
        wanted = forwards * (limits.accel if forwards > 0 else limits.brake)
        self._accel += float(np.clip(wanted - self._accel, *_both(limits.jerk * TICK)))
        self._turn += float(np.clip(left - self._turn, *_both(TICK / limits.wheel_time)))
        full = limits.lateral_accel * _LENGTH / max(observation.ego.speed, 1.0) ** 2
        angle = self._turn * min(full, limits.steering_angle)
        return Decision(Action.clipped(self._accel, angle), HUMAN, "hands on the wheel")


class TakeOver:
    """An Agent whose wheel a person takes and gives back, at any moment.

    The hands change over `blend` seconds, in which the car does something between the two. The
    agent goes on deciding meanwhile, so that it is in the picture when it gets the wheel back.
    """

    def __init__(
        self, agent: Agent, human: Agent, taken: Callable[[], bool], blend: float = 0.5
    ) -> None:
        """`taken` says whether the person wants the wheel now."""
        self._agent = agent
        self._human = human
        self._taken = taken
        self._ticks = round(blend / TICK)  # of a change of hands

    def reset(self) -> None:
        self._agent.reset()
        self._human.reset()
        self._passed = 0  # ticks of the change to the person's hands that have passed

    def act(self, observation: Observation) -> Decision:
        towards = 1 if self._taken() else -1
        self._passed = min(max(self._passed + towards, 0), self._ticks)
        share = self._passed / self._ticks  # of the wheel that is the person's
        machine = self._agent.act(observation)
        if share == 0:
            self._human.reset()  # nobody's foot rests on a pedal
            return machine
        person = self._human.act(observation)
        if share == 1:
            return person
        accel, angle = (
            (1 - share) * getattr(machine.action, name) + share * getattr(person.action, name)
            for name in ("accel", "steering_angle")
        )
        return Decision(Action.clipped(accel, angle), HUMAN, "the wheel changes hands")


def _both(limit: float) -> tuple[float, float]:
    return -limit, limit
