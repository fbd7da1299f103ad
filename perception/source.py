"""Cameras to Scene: what a driver with eyes knows of the world. It yields the same type as truth.

1 look      the network: one tick's pictures -> Detections and a RoadEstimate
2 reckon    how the car moved since the last tick
3 fuse      the cameras' detections -> each vehicle once
4 track     over time: identities, speeds, who is hidden
5 steady    the road over time, as eyes mounted well would see it, and the road behind the car
6 assemble  the Scene
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from datasets.geometry import SE2
from datasets.observation import Observation
from datasets.scene import Lanes, Scene
from perception.fusion import fuse
from perception.lanes import lanes_of
from perception.mounting import Mounting
from perception.nouns import Detections, Glance, RoadEstimate
from perception.odometry import Odometry
from perception.road_filter import RoadFilter
from perception.strands import THERE
from perception.tracking import Tracker, TrackerConfig
from perception.tracks import Tracks
from perception.trail import Trail

BELIEVED = 0.5  # probability from which on a track is an agent of the scene


class Look(Protocol):
    """Whoever finds vehicles and the road in the pictures of one tick."""

    def __call__(self, observation: Observation) -> Glance: ...


@dataclass(frozen=True, slots=True)
class Percept:
    """All that one tick's scene was made from: for scores, windows and post-mortems."""

    detections: Detections  # of single cameras
    fused: Detections
    tracks: Tracks  # also those not believed in; odometry frame
    road_seen: RoadEstimate  # of this tick alone
    road: RoadEstimate
    coarse: NDArray[np.float32] | None  # the trunk's features, see Glance


class Perception:
    """A SceneSource that looks through cameras."""

    def __init__(self, look: Look, tracker: TrackerConfig | None = None) -> None:
        self.look = look
        self._odometry = Odometry()
        self._tracker = Tracker(tracker)
        self._mounting = Mounting()
        self._road_filter = RoadFilter()
        self._trail = Trail()
        self.last: Percept | None = None

    def reset(self) -> None:
        self._odometry.reset()
        self._tracker.reset()
        self._mounting.reset()
        self._road_filter.reset()
        self._trail.reset()
        self.last = None

    @property
    def odom_from_ego(self) -> SE2:
        """Where the car is by its own reckoning: the frame of `last.tracks`."""
        return self._odometry.odom_from_ego

    def perceive(self, observation: Observation) -> Scene:
        # 1
        detections, road_seen, coarse = self.look(observation)
        # 2
        before_from_now, dt = self._odometry.advance(observation.t, observation.ego)
        odom_from_ego = self._odometry.odom_from_ego
        # 3
        fused = fuse(detections)
        # 4
        tracks = self._tracker.update(fused, odom_from_ego, dt)
        # 5
        straightened = self._mounting.straighten(
            road_seen, observation.ego, odom_from_ego, observation.t
        )
        road = self._road_filter.update(straightened, before_from_now)
        lanes = Lanes.none()
        if road.exists > THERE:
            behind = self._trail.follow(road, odom_from_ego)
            lanes = lanes_of(road, behind, self._trail.lane)
        # 6
        self.last = Percept(detections, fused, tracks, road_seen, road, coarse)
        agents = tracks.where(tracks.score > BELIEVED).agents(odom_from_ego)
        return Scene(observation.t, observation.ego, agents, lanes, observation.route)
