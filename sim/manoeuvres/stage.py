"""Setting the stage: who stands where when the curtain rises, and what they do on which cue.

Places are along highway-env's own roads: (from, to, number) with number 0 the leftmost lane, and
metres from the start of that road. The seed moves everyone a little, so that a manoeuvre can be
asked many times.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from sim.highway import AbstractEnv, Vehicle
from sim.scripted import ScriptedVehicle

_STAGE_STREAM = 7  # separates this use of the episode's seed from others
_ALONG = 1.5  # m, how far the seed moves each body, either way
_SPEED_SHARE = 0.03  # how much it changes each speed, either way


@dataclass(frozen=True, slots=True)
class Start:
    """Where a body begins."""

    road: tuple[str, str]
    lane: int  # 0 is the leftmost
    s: float  # m from the start of the road
    speed: float  # m/s


@dataclass(frozen=True, slots=True)
class Cue:
    """What an actor does next, as soon as all of `after`, `within` and `road` hold. Cues wait for
    each other in their order."""

    after: float = 0.0  # s since the manoeuvre began
    within: float = np.inf  # m between actor and ego along the actor's heading, ahead or behind
    road: tuple[str, str] | None = None  # the actor follows a lane of this road
    speed: float | None = None  # m/s; None: as before
    accel: float = 3.0  # m/s^2 at most, either way
    behind: float | None = None  # m, keep this gap behind the ego instead of a speed
    lanes_left: int = 0  # from the lane it follows; negative: to the right
    left: float = 0.0  # m off the centre of its lane


@dataclass(frozen=True, slots=True)
class Actor:
    """One scripted vehicle."""

    start: Start
    cues: tuple[Cue, ...] = ()
    route: tuple[str, ...] = ()  # nodes it drives through, where roads fork


@dataclass(frozen=True, slots=True)
class Stage:
    """The opening of a manoeuvre: `stage(env, seed)` replaces all traffic by the cast."""

    ego: Start
    cast: tuple[Actor, ...]

    def __call__(self, env: AbstractEnv, seed: int) -> None:
        rng = np.random.default_rng([seed, _STAGE_STREAM])
        _put(env.vehicle, env, self.ego, rng)
        env.road.vehicles = [env.vehicle, *(_enter(env, actor, rng) for actor in self.cast)]


def _put(body: Vehicle, env: AbstractEnv, start: Start, rng: np.random.Generator) -> None:
    lane = env.road.network.get_lane((*start.road, start.lane))
    s = start.s + rng.uniform(-_ALONG, _ALONG)
    body.position = lane.position(s, 0)
    body.heading = lane.heading_at(s)
    body.speed = start.speed * (1 + rng.uniform(-_SPEED_SHARE, _SPEED_SHARE))
    body.on_state_update()


def _enter(env: AbstractEnv, actor: Actor, rng: np.random.Generator) -> ScriptedVehicle:
    lane_index = (*actor.start.road, actor.start.lane)
    body = ScriptedVehicle(env.road, [0.0, 0.0], target_lane_index=lane_index)
    _put(body, env, actor.start, rng)
    body.target_speed = body.speed
    body.cues = tuple(asdict(cue) for cue in actor.cues)
    if actor.route:
        body.route = [(a, b, None) for a, b in zip(actor.route[:-1], actor.route[1:], strict=True)]
    return body
