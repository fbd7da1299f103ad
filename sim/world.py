"""A scenario of highway-env behind reset and step: physics at 20 Hz, decisions at 10 Hz."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from datasets.camera import Camera
from datasets.checks import BoolArray
from datasets.driving import Action
from datasets.episode import DECISION_HZ, PHYSICS_HZ, TICK, End, Outcome
from datasets.observation import CameraFrame, EgoState, Observation, Route
from datasets.scene import Scene
from sim import snapshot
from sim.bridge import (
    LaneTable,
    drive_ego,
    native_action,
    on_road,
    read_state,
    start_episode,
)
from sim.cameras.labels import CameraLabels
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.visibility import visible_share
from sim.cameras.weather import weather_for
from sim.collisions import at_fault
from sim.highway import IDMVehicle, make_bare
from sim.marks import Mark, mark, rewind
from sim.navigation import Navigation
from sim.reference import idm_at_ego, idm_distance
from sim.scenarios import GOAL_SHARE, Scenario, scenario_named
from sim.sensors import EgoNoise, measured_ego, true_ego
from sim.state import EGO, RoadMap, WorldState
from sim.traffic import accelerate, advance
from sim.truth import TruthView

_STANDING, _STUCK_AFTER = 0.1, 15.0  # m/s, s: an ego slower for longer is stuck
_TABLES: WeakKeyDictionary[Scenario, LaneTable] = WeakKeyDictionary()  # the same for every seed


class World:
    """A scenario, ready to drive:

        world = World("roundabout")
        observation = world.reset(seed=7)
        while world.outcome is None:
            observation, outcome = world.step(Action(accel=0.0, steering_angle=0.0))

    The same scenario, weather and seed give the same observations for the same actions, in any
    process, whatever else ran in it before.
    """

    def __init__(
        self,
        scenario: str | Scenario,
        weather: str = "clear",
        cameras: bool = True,
        rig: tuple[Camera, ...] | None = None,
        fast: bool = True,
    ) -> None:
        """`weather` is a name of sim.cameras.weather or "random"; without `cameras` the
        observations hold no frames, and cost a fraction of the time; not `fast` leaves the traffic
        to highway-env's own loops, with the same episodes (docs/traffic.md)."""
        self.scenario = scenario_named(scenario) if isinstance(scenario, str) else scenario
        weather_for(weather, seed=0)  # a bad name is refused here, not at the first reset
        self.weather = weather
        self.rig = default_rig() if rig is None else rig
        self._cameras_on = cameras
        self._env = make_bare(self.scenario.env_id, self.scenario.config)
        self._fast = fast
        if fast:
            accelerate(self._env)
        self._noise = EgoNoise()
        self.seed: int | None = None
        self.outcome: Outcome | None = None
        self.spoil: Callable[[Observation], Observation] | None = None  # a fault of the senses

    @property
    def _table(self) -> LaneTable:
        table = _TABLES.get(self.scenario)
        if table is None:
            table = LaneTable(self._env.road.network, self.scenario.give_way)
            _TABLES[self.scenario] = table
        return table

    @property
    def road_map(self) -> RoadMap:
        return self._table.road_map

    # --- running ---

    def reset(self, seed: int) -> Observation:
        """Begin the episode of this seed."""
        self._begin(seed)
        place = self._navigation.goal()
        if place is None:
            self.goal = GOAL_SHARE * idm_distance(self.scenario, self.road_map, seed, self._fast)
        else:
            self.goal = place - self._start  # m of progress that reach the goal
        return self.observe()

    def _begin(self, seed: int) -> None:
        if not 0 <= seed < 2**32:
            raise ValueError(f"seed: expected an integer in [0, 2^32), got {seed!r}")
        start_episode(self._env, self.scenario, seed)
        self.seed = seed
        self.tick = 0
        self.outcome = None
        self._standing_since = 0
        self._next_body_id = 0
        self._navigation = Navigation(self.scenario, self.road_map, seed)
        self._truth_view = TruthView(self.road_map, self._navigation.on_route)
        self._renderer = self._make_renderer() if self._cameras_on else None
        self.state = self._read()
        self._start = self._s = self._navigation.start(self.state.xy_world[EGO])

    def step(self, action: Action) -> tuple[Observation, Outcome | None]:
        """Hold the action for one tick (0.1 s). The outcome is None while the episode goes on."""
        outcome = self.advance(action)
        return self.observe(), outcome

    def advance(self, action: Action) -> Outcome | None:
        """`step` without a look, for who drives by something else than what the car senses."""
        if self.seed is None or self.outcome is not None:
            raise RuntimeError("step: expected a running episode, call reset first")
        before = self.state
        drive_ego(self._env, action)
        advance(self._env.road, 1 / PHYSICS_HZ, PHYSICS_HZ // DECISION_HZ)
        self.tick += 1
        self._traffic_comes_and_goes()
        self.state = self._read()
        self._s = self._navigation.advance(self._s, self.state.xy_world[EGO])
        if abs(self.state.speed[EGO]) >= _STANDING:
            self._standing_since = self.tick
        self.outcome = self._judge(before)
        return self.outcome

    def _traffic_comes_and_goes(self) -> None:
        if self.scenario.spawn_rate:
            self._env._clear_vehicles()
            self._env._spawn_vehicle(spawn_probability=self.scenario.spawn_rate * TICK)

    def _judge(self, before: WorldState) -> Outcome | None:
        if self.state.crashed[EGO]:
            return Outcome(End.COLLISION, at_fault(before, self.state, self.road_map))
        if not on_road(self._env):
            return Outcome(End.OFF_ROAD)
        if self.progress >= self.goal and self._navigation.on_route[self.state.lane[EGO]]:
            return Outcome(End.GOAL)
        if (self.tick - self._standing_since) * TICK >= _STUCK_AFTER:
            return Outcome(End.STUCK)
        if self.tick >= round(self.scenario.time_limit * DECISION_HZ):
            return Outcome(End.TIME_OUT)
        return None

    # --- looking ---

    @property
    def progress(self) -> float:
        """Metres driven along the route since the start."""
        return self._s - self._start

    @property
    def on_route(self) -> BoolArray:
        """(L,) which lanes of the road map belong to the route."""
        return self._navigation.on_route

    def observe(self) -> Observation:
        """What the car senses now."""
        frames = () if self._renderer is None else self._renderer.render(self.state)
        ego = measured_ego(true_ego(self.state), self._noise, self._seed, self.tick)
        observation = Observation(self.state.t, frames, ego, self._route())
        return observation if self.spoil is None else self.spoil(observation)

    def labelled(self) -> tuple[tuple[CameraFrame, ...], tuple[CameraLabels, ...]]:
        """The camera frames of this moment with their labels, also of a world without cameras."""
        renderer = self._renderer or self._make_renderer()
        return renderer.render_with_labels(self.state)

    def _make_renderer(self) -> Renderer:
        weather = weather_for(self.weather, self._seed)
        return Renderer(self.road_map, self.rig, weather, self._seed)

    def truth(self) -> Scene:
        """What is around the car now, as it is."""
        visible = visible_share(self.state, self.rig)
        return self._truth_view.scene(self.state, self.true_ego(), self._route(), visible)

    def true_ego(self) -> EgoState:
        """The ego's motion as it is."""
        return true_ego(self.state)

    def _route(self) -> Route:
        return self._navigation.route(self.state.world_from_ego, self._s)

    @property
    def _seed(self) -> int:
        if self.seed is None:
            raise RuntimeError("expected a running episode, call reset first")
        return self.seed

    def _read(self) -> WorldState:
        for body in [*self._env.road.vehicles, *self._env.road.objects]:
            if not hasattr(body, "body_id"):
                body.body_id = self._next_body_id
                self._next_body_id += 1
        return read_state(self._env, self._table, self.tick * TICK)

    # --- for drivers that live in highway-env ---

    def idm_driver(self) -> IDMVehicle:
        """highway-env's own driver at the ego's place and with its route."""
        return idm_at_ego(self._env, self.scenario)

    def ask_native(self, driver: IDMVehicle) -> Action:
        """What a driver of highway-env would do in the ego's place."""
        return native_action(self._env, driver)

    # --- keeping ---

    def save(self) -> bytes:
        """The whole state of the world. `restore` continues from it identically, in any process."""
        return snapshot.pack(self._env, self._bookkeeping())

    def save_text(self) -> str:
        """The same as plain JSON, for logs."""
        return snapshot.pack_text(self._env, self._bookkeeping())

    def restore(self, saved: bytes | str) -> Observation:
        """Go on from a saved state of the same scenario; ValueError says what does not fit."""
        books = snapshot.bookkeeping(saved)
        if books["scenario"] != self.scenario.name:
            raise ValueError(
                f"saved world: expected scenario {self.scenario.name}, got {books['scenario']}"
            )
        if self.seed != books["seed"]:
            self._begin(books["seed"])
        snapshot.restore(self._env, saved)
        self._keep_books(books)
        self.state = self._read()
        return self.observe()

    def mark(self) -> Mark:
        """This moment, to `rewind` to while the episode lasts: much cheaper than to save and
        restore, but for this world only."""
        return mark(self._env, self._bookkeeping(), self.state)

    def rewind(self, moment: Mark) -> None:
        """Be at a marked moment of this episode again."""
        rewind(self._env, moment)
        self._keep_books(moment.bookkeeping)
        self.state = moment.state

    def _keep_books(self, books: dict[str, Any]) -> None:
        self.tick = books["tick"]
        self.goal = books["goal"]
        self._s = books["s"]
        self._start = books["start"]
        self._standing_since = books["standing_since"]
        self._next_body_id = books["next_body_id"]
        outcome = books["outcome"]
        self.outcome = None if outcome is None else Outcome(End(outcome[0]), outcome[1])

    def _bookkeeping(self) -> dict[str, object]:
        return {
            "scenario": self.scenario.name,
            "seed": self._seed,
            "tick": self.tick,
            "goal": self.goal,
            "s": self._s,
            "start": self._start,
            "standing_since": self._standing_since,
            "next_body_id": self._next_body_id,
            "outcome": None if self.outcome is None else [self.outcome.end, self.outcome.at_fault],
        }
