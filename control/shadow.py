"""Somebody who rides along: a second driver that is asked at every tick and never drives.

The driver decides first and knows nothing of the other, who gets a copy of the observation. How
far `apart` the two are is the distance between where their plans put the car LOOK seconds ahead.
Who has no plan is taken to go on with the action of this tick, until the car stands.

Nothing that a shadow does ends or changes the drive: where it fails, there is none at that tick.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace

import numpy as np

from control.agreement import LOOK
from datasets.driving import Action, Agent, Decision, Shadow
from datasets.observation import Observation, Route
from planning.bicycle import PHYSICS_STEP, forward

log = logging.getLogger(__name__)


class Shadowed:
    """An Agent: the driver, with the shadow's wish beside each of its decisions."""

    def __init__(self, driver: Agent, shadow: Agent, model: str) -> None:
        """`model` is the shadow's name in what is recorded."""
        self._driver = driver
        self._shadow = shadow
        self._model = model

    def reset(self) -> None:
        self._driver.reset()
        self._told = False  # that the shadow failed: once an episode is enough
        try:
            self._shadow.reset()
        except Exception:  # whatever it is
            self._failed()

    def act(self, observation: Observation) -> Decision:
        decision = self._driver.act(observation)
        return replace(decision, shadow=self._ask(observation, decision))

    def _ask(self, observation: Observation, decision: Decision) -> Shadow | None:
        try:
            copy = copied(observation)
            began = time.perf_counter()
            wish = self._shadow.act(copy)
            spent = time.perf_counter() - began
            far = apart(decision, wish, observation.ego.speed)
            return Shadow(self._model, wish.action, wish.trajectory, far, spent)
        except Exception:
            self._failed()
            return None

    def _failed(self) -> None:
        if not self._told:
            log.warning("the shadow %s failed; the drive goes on", self._model, exc_info=True)
        self._told = True


def copied(observation: Observation) -> Observation:
    """One whose arrays are its own: whoever has the other does not notice what is done to them."""
    frames = tuple(replace(frame, rgb=frame.rgb.copy()) for frame in observation.frames)
    route = Route(observation.route.xy_ego.copy())
    return replace(observation, frames=frames, route=route)


def apart(one: Decision, other: Decision, speed: float) -> float:
    """Metres between where two decisions, made in the same car at `speed` m/s, put it LOOK seconds
    ahead."""
    here, there = (place_ahead(decision, speed) for decision in (one, other))
    return math.dist(here, there)


def place_ahead(decision: Decision, speed: float) -> tuple[float, float]:
    """Where the car would be LOOK seconds ahead, ego frame, m; a shorter plan counts to its end."""
    plan = decision.trajectory
    if plan is None:
        return rolled_out(decision.action, speed)
    x, y = (float(np.interp(LOOK, plan.t, plan.xy_ego[:, axis])) for axis in (0, 1))
    return x, y


def rolled_out(action: Action, speed: float) -> tuple[float, float]:
    """The same if the action is held. Brakes do not drive backwards: who has stopped stands."""
    x = y = heading = 0.0
    for _ in range(round(LOOK / PHYSICS_STEP)):
        x, y, heading, following = forward(
            x, y, heading, speed, action.accel, action.steering_angle, PHYSICS_STEP
        )
        speed = following if following > 0 or speed < 0 else 0.0
    return x, y
