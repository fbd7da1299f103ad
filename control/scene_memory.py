"""The last scene believed in, moved along with the car: what is left when nothing is seen any more.

State    a scene, the pose of the car by its own reckoning when it was seen, and the time.
Model    the road stands still; everybody on it keeps speed and heading, and is forgotten after
         `FORGET` seconds, because by then nobody knows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from datasets.geometry import wrap_angle
from datasets.observation import Observation
from datasets.scene import Agents, Lanes, Scene
from perception.odometry import Odometry

FORGET = 3.0  # s


class SceneMemory:
    """Holds a scene; `reckon` must be told of every tick."""

    def __init__(self) -> None:
        self._odometry = Odometry()
        self.reset()

    def reset(self) -> None:
        self._odometry.reset()
        self._scene: Scene | None = None
        self._odom_from_then = self._odometry.odom_from_ego

    def reckon(self, observation: Observation) -> None:
        """The car has moved on to this tick."""
        self._odometry.advance(observation.t, observation.ego)

    def keep(self, scene: Scene) -> None:
        """This is what is there now."""
        self._scene = scene
        self._odom_from_then = self._odometry.odom_from_ego

    def age(self, t: float) -> float:
        """s since the scene was seen; inf if there is none."""
        return np.inf if self._scene is None else t - self._scene.t

    def recall(self, observation: Observation) -> Scene:
        """What should be there now. Without any memory: an empty place without a road."""
        t, ego, route = observation.t, observation.ego, observation.route
        if self._scene is None:
            return Scene(t, ego, Agents.none(), Lanes.none(), route)
        now_from_then = self._odometry.odom_from_ego.inverse() @ self._odom_from_then
        lanes = replace(self._scene.lanes, xy_ego=now_from_then.apply(self._scene.lanes.xy_ego))
        age = t - self._scene.t
        agents = self._scene.agents.compact()
        course = np.stack([np.cos(agents.heading), np.sin(agents.heading)], axis=1)
        then = agents.xy_ego + age * agents.speed[:, None] * course
        moved = replace(
            agents,
            xy_ego=now_from_then.apply(then),
            heading=wrap_angle(agents.heading + now_from_then.heading),
        )
        return Scene(t, ego, moved if age <= FORGET else Agents.none(), lanes, route)
