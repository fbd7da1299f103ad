"""highway-env roads that step in compiled arrays, and the switch to and from them.

    accelerate(env)     from now on every road of this environment steps fast
    accelerate(road)    this road steps fast
    restore(env)        back to stock highway-env, at any time
    advance(road, ...)  several physics steps in one call, on either kind of road

Only the given instance changes: it gets a subclass of its own class. Everything else of the process
stays as it was. See docs/traffic.md for what is equal and what is not.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from sim.highway import AbstractEnv, RegulatedRoad, Road
from sim.traffic import yielding
from sim.traffic.advance import advance as advance_arrays
from sim.traffic.layout import DONE
from sim.traffic.mirror import Mirror

Subject = TypeVar("Subject")


class FastRoad(Road):
    """A Road that steps in compiled arrays; its stock class remains the fallback."""

    def act(self) -> None:
        if not self._advance(1, 0.0, acts=True, moves=False):
            super().act()

    def step(self, dt: float) -> None:
        if not self._advance(1, dt, acts=False, moves=True):
            super().step(dt)

    def advance(self, dt: float, steps: int) -> None:
        """`steps` times act() and step(dt), read from and written to the objects once."""
        if self._advance(steps, dt, acts=True, moves=True):
            return
        for _ in range(steps):
            super().act()
            super().step(dt)

    def _advance(self, steps: int, dt: float, *, acts: bool, moves: bool) -> bool:
        """Whether the kernels did it; the objects are untouched if not."""
        mirror = self.__dict__.setdefault("_mirror", Mirror())
        if self.record_history or not mirror.read(self, steps):
            return False
        rules = self._rules(dt) if moves else (0, 0, 0.0)
        if rules is None:
            return False
        status = advance_arrays(
            mirror.network.tables,
            mirror.rows,
            mirror.sight,
            mirror.routes.table,
            mirror.routes.span,
            mirror.records,
            mirror.vehicles,
            steps,
            acts,
            moves,
            dt,
            bool(self.neighbour_vehicles_connected_lanes),
            rules,
        )
        if status != DONE:
            mirror.bodies = None
            return False
        if acts:
            mirror.write_decisions(steps)
        if moves:
            mirror.write_motion()
            self._write_rules(steps)
        return True

    def _rules(self, dt: float) -> tuple[int, int, float] | None:
        del dt
        return 0, 0, 0.0

    def _write_rules(self, steps: int) -> None:
        pass

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_mirror"}


class FastRegulatedRoad(FastRoad, RegulatedRoad):
    """A RegulatedRoad that steps in compiled arrays."""

    def _rules(self, dt: float) -> tuple[int, int, float] | None:
        period = int(1 / dt / self.REGULATION_FREQUENCY)
        if period == 0 or not yielding.read(self, self._mirror.rows):
            return None
        return self.steps, period, float(self.YIELD_DURATION * self.REGULATION_FREQUENCY)

    def _write_rules(self, steps: int) -> None:
        self.steps += steps
        yielding.write(self, self._mirror.rows)


FAST_ROADS = {Road: FastRoad, RegulatedRoad: FastRegulatedRoad}
STOCK_ROADS = {fast: stock for stock, fast in FAST_ROADS.items()}


@cache
def _fast_class(stock: type[AbstractEnv]) -> type[AbstractEnv]:
    """The subclass of an environment whose roads are fast from the moment they exist."""

    class FastEnv(stock):
        _stock_class = stock

        @property
        def road(self) -> Road | None:
            return self.__dict__["road"]

        @road.setter
        def road(self, road: Road | None) -> None:
            self.__dict__["road"] = accelerate(road) if isinstance(road, Road) else road

        def _simulate(self, action: Any = None) -> None:
            if not _simulate_at_once(self, action):
                super()._simulate(action)

    FastEnv.__name__, FastEnv.__qualname__ = stock.__name__, stock.__qualname__
    return FastEnv


def _simulate_at_once(env: AbstractEnv, action: Any) -> bool:
    """AbstractEnv._simulate with all physics steps of a decision in one call, unless somebody
    watches the frames between or simulates in another way."""
    frames = int(env.config["simulation_frequency"] // env.config["policy_frequency"])
    watched = env.viewer is not None and env.enable_auto_render
    own_way = env._stock_class._simulate is not AbstractEnv._simulate
    if watched or own_way or env.steps % frames or not isinstance(env.road, FastRoad):
        return False
    if action is not None and not env.config["manual_control"]:
        env.action_type.act(action)
    env.road.advance(1 / env.config["simulation_frequency"], frames)
    env.steps += frames
    env.enable_auto_render = False
    return True


def accelerate(subject: Subject) -> Subject:
    """Let an environment, wrapped or not, or a road step in compiled arrays; returns it.

    A road of a class that highway-env does not ship stays as it is.
    """
    if isinstance(subject, Road):
        subject.__class__ = FAST_ROADS.get(type(subject), type(subject))
        return subject
    env = getattr(subject, "unwrapped", subject)
    if not isinstance(env, AbstractEnv):
        raise ValueError(f"accelerate: expected a highway-env Road or environment, got {subject!r}")
    if not hasattr(env, "_stock_class"):
        env.__class__ = _fast_class(type(env))
        env.road = env.__dict__["road"]
    return subject


def restore(subject: Subject) -> Subject:
    """Undo `accelerate`."""
    if isinstance(subject, Road):
        subject.__class__ = STOCK_ROADS.get(type(subject), type(subject))
        subject.__dict__.pop("_mirror", None)
        return subject
    env = getattr(subject, "unwrapped", subject)
    if not isinstance(env, AbstractEnv):
        raise ValueError(f"restore: expected a highway-env Road or environment, got {subject!r}")
    env.__class__ = getattr(env, "_stock_class", type(env))
    if isinstance(env.road, Road):
        restore(env.road)
    return subject


def advance(road: Road, dt: float, steps: int) -> None:
    """`steps` physics steps of dt seconds of any road, fast where the road is."""
    if isinstance(road, FastRoad):
        road.advance(dt, steps)
        return
    for _ in range(steps):
        road.act()
        road.step(dt)
