"""The scenarios as Gymnasium environments: `roadloop/Highway-v0`, `roadloop/UTurn-v0` and so on.

    import gymnasium
    env = gymnasium.make("sim.gym:roadloop/Roundabout-v0", weather="rain")

Observation: a Dict of `cameras` (one uint8 RGB image per camera), `ego` (speed m/s, yaw rate rad/s,
acceleration m/s^2, steering angle rad) and `route` (26 points, m, ego frame; the last one repeats
where the route is shorter). Action: acceleration and steering angle, each in [-1, 1] of the
actuator's limit. Reward: metres of progress, plus 100 for the goal, minus 100 for an end before it.
A time-out truncates, every other end terminates.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import EzPickle

from datasets.driving import MAX_ACCEL, MAX_STEERING_ANGLE, Action
from datasets.episode import DECISION_HZ, End
from datasets.observation import ROUTE_POINTS, Observation
from sim.cameras.rig import default_rig
from sim.scenarios import SCENARIOS
from sim.world import World

END_REWARD = 100.0  # a goal is worth what 100 m of road are
TRAINING_SEEDS = 10_000  # an unseeded reset draws from [0, 10000); evaluation uses those above

EGO_BOUND = np.array([60.0, 10.0, 20.0, 1.6])  # beyond what the model and its noise can reach
ROUTE_BOUND = 1000.0  # m
_ACTION_SCALE = np.array([MAX_ACCEL, MAX_STEERING_ANGLE])


class RoadloopEnv(gymnasium.Env, EzPickle):
    """One scenario. The world behind it is `env.unwrapped.world`."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": DECISION_HZ}

    def __init__(
        self, scenario: str, weather: str = "clear", render_mode: str | None = None
    ) -> None:
        EzPickle.__init__(self, scenario, weather, render_mode)
        self.world = World(scenario, weather=weather)
        self.render_mode = render_mode
        images = {
            camera.name: spaces.Box(0, 255, (camera.height_px, camera.width_px, 3), np.uint8)
            for camera in default_rig()
        }
        self.observation_space = spaces.Dict(
            {
                "cameras": spaces.Dict(images),
                "ego": spaces.Box(-EGO_BOUND, EGO_BOUND, dtype=np.float64),
                "route": spaces.Box(-ROUTE_BOUND, ROUTE_BOUND, (ROUTE_POINTS, 2), np.float64),
            }
        )
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """`seed` is the seed of the episode; without one, a training seed is drawn."""
        super().reset(seed=seed, options=options)
        episode = int(self.np_random.integers(TRAINING_SEEDS)) if seed is None else seed
        self._observation = self.world.reset(episode)
        return _as_dict(self._observation), self._info()

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Hold the action for 0.1 s."""
        before = self.world.progress
        accel, steering_angle = np.asarray(action, np.float64) * _ACTION_SCALE
        self._observation, outcome = self.world.step(Action.clipped(accel, steering_angle))
        reward = self.world.progress - before
        if outcome is not None and outcome.end is not End.TIME_OUT:
            reward += END_REWARD if outcome.success else -END_REWARD
        truncated = outcome is not None and outcome.end is End.TIME_OUT
        terminated = outcome is not None and not truncated
        return _as_dict(self._observation), reward, terminated, truncated, self._info()

    def render(self) -> np.ndarray | None:
        """The camera images, one below the other."""
        if self.render_mode is None:
            return None
        return np.concatenate([frame.rgb for frame in self._observation.frames])

    def _info(self) -> dict[str, Any]:
        outcome = self.world.outcome
        return {
            "seed": self.world.seed,
            "outcome": "" if outcome is None else str(outcome.end),
            "at_fault": outcome is not None and outcome.at_fault,
            "progress": self.world.progress,
            "goal": self.world.goal,
        }


def _as_dict(observation: Observation) -> dict[str, Any]:
    return {
        "cameras": {frame.camera.name: frame.rgb for frame in observation.frames},
        "ego": observation.ego.as_array(),
        "route": observation.route.padded(),
    }


def env_id(scenario: str) -> str:
    """`u-turn` -> `roadloop/UTurn-v0`."""
    return f"roadloop/{''.join(word.capitalize() for word in scenario.split('-'))}-v0"


for _name in SCENARIOS:
    gymnasium.register(env_id(_name), f"{__name__}:RoadloopEnv", kwargs={"scenario": _name})
