"""Dead reckoning: where the car is since the episode began, by its own sensors alone.

State    odom_from_ego, a pose in the odometry frame: the ego frame of the first tick, which stands
         still in the world but for the drift of the sensors.
Input    EgoState once a tick: speed (m/s), yaw rate (rad/s), steering angle (rad).
Model    the bicycle of highway-env: its centre moves at the slip angle beta = atan(tan(delta) / 2)
         off its heading. Over a tick the speed is the mean of the speeds at its ends and the yaw
         rate the one at its end, because the simulator holds an action for a whole tick.

Drift over the few seconds that tracks and lanes live is centimetres; nothing here needs more.
"""

from __future__ import annotations

import math

from datasets.geometry import SE2
from datasets.observation import EgoState
from perception.motion import HALF_LENGTH


class Odometry:
    """Holds the pose, and says how far the car came since the last tick."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.odom_from_ego = SE2(0.0, 0.0, 0.0)
        self._t: float | None = None
        self._speed = 0.0

    def advance(self, t: float, ego: EgoState) -> tuple[SE2, float]:
        """The time is now `t`, s -> (ego frame before) from (ego frame now), and the s since."""
        dt = 0.0 if self._t is None else t - self._t
        before_from_now = motion(ego, (self._speed + ego.speed) / 2, dt)
        self.odom_from_ego = self.odom_from_ego @ before_from_now
        self._t, self._speed = t, ego.speed
        return before_from_now, dt


def yaw_rate_by_wheels(ego: EgoState) -> float:
    """rad/s at which the bicycle turns with its front wheels where they are."""
    slip = math.atan(math.tan(ego.steering_angle) / 2)
    return ego.speed * math.sin(slip) / HALF_LENGTH


def motion(ego: EgoState, speed: float, dt: float) -> SE2:
    """The move of the car in `dt` seconds at `speed` m/s, in the ego frame of their beginning."""
    turn = ego.yaw_rate * dt
    course = math.atan(math.tan(ego.steering_angle) / 2) + turn / 2
    way = speed * dt
    return SE2(way * math.cos(course), way * math.sin(course), turn)
