"""Eyes that learn how they are mounted: by how much the road is seen turned.

No camera looks quite where its calibration says, and 0.4 degrees are half a metre at 75 m. One
picture cannot tell a turned camera from a turned car. Driving can: the place at which the road was
seen far ahead is compared with where the road runs there once the car has come to it.

State    the angle by which the road is seen turned to the left, rad, and the drift of the
         gyroscope, rad/s, as the normal equations of a weighted least-squares fit, whose beginning
         is how well cameras are mounted and gyroscopes made; the places yet to be come to.
Input    the road as seen in one tick, the pose of the car in the odometry frame, the time.
Model    With the angle a and the drift b, a place seen L m ahead turns out a L to the right of
         where it was seen; reckoned over T s of driving by a gyroscope that drifts, b T L / 2 to
         its left. Only straight road is compared: how far off a bend is seen says more of the bend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.checks import FloatArray
from datasets.frenet import Polyline
from datasets.geometry import SE2
from perception.curve import fine
from perception.nouns import STATION_S, RoadEstimate

_X, _Y, _LEVER, _VARIANCE, _T = range(5)  # columns of a place yet to be come to


@dataclass(frozen=True, slots=True)
class MountingConfig:
    """Everything that can be tuned."""

    angle_std: float = 0.006  # rad, of how cameras are mounted
    drift_std: float = 0.002  # rad/s, of gyroscopes
    nearest: float = 10.0  # m along the spine from which on places are remembered
    furthest: float = 45.0  # m
    straight: float = 0.05  # rad by which the road may bend up to there
    reached: float = 6.0  # m ahead of the car at which a place is compared
    same: float = 1.0  # m: what is further off is another lane
    age: float = 6.0  # s after which a place is forgotten: reckoning is not exact for ever
    every: int = 2  # ticks from one road that is remembered to the next
    alike: float = 5.0  # so many comparisons say as much as one: errors last for several ticks
    doubt: float = 2.0  # standard deviations from which on a surprise counts less (Huber)


class Mounting:
    """Holds what is known so far, and turns the road back by it."""

    def __init__(self, config: MountingConfig | None = None) -> None:
        self.config = config or MountingConfig()
        self.reset()

    def reset(self) -> None:
        prior = np.array([self.config.angle_std, self.config.drift_std])
        self._information = np.diag(prior**-2)
        self._evidence = np.zeros(2)
        self._places = np.zeros((0, 5))
        self._ticks = 0

    @property
    def angle(self) -> float:
        """rad by which the road is seen turned to the left, as far as that is known."""
        return float(self._solution[0])

    @property
    def _solution(self) -> FloatArray:
        return np.linalg.solve(self._information, self._evidence)

    def straighten(self, road: RoadEstimate, odom_from_ego: SE2, t: float) -> RoadEstimate:
        """The road as it would be seen by eyes mounted as they should be. Learns from it first."""
        if road.exists > 0.5:
            self._compare(road, odom_from_ego, t)
            if self._ticks % self.config.every == 0:
                self._remember(road, odom_from_ego, t)
            self._ticks += 1
        else:
            self._places = self._places[:0]
        return replace(road, xy_ego=SE2(0.0, 0.0, -self.angle).apply(road.xy_ego))

    def _compare(self, road: RoadEstimate, odom_from_ego: SE2, t: float) -> None:
        """Learn from the places that the car has come to; forget them, and those too old."""
        places = self._places[t - self._places[:, _T] < self.config.age]
        here = odom_from_ego.inverse().apply(places[:, [_X, _Y]])
        reached = here[:, 0] < self.config.reached
        self._places = places[~reached]
        here, places = here[reached], places[reached]
        if not len(here):
            return
        s, left = Polyline(fine(road.xy_ego)).project(here)
        same = np.abs(left) < self.config.same
        here, places, s, left = here[same], places[same], s[same], left[same]
        lever = places[:, _LEVER] - here[:, 0]
        time = t - places[:, _T]
        model = np.stack([lever, -time * (lever / 2 + here[:, 0])], axis=1)
        variance = places[:, _VARIANCE] + np.interp(s, STATION_S, road.lateral_std) ** 2
        surprise = np.abs(left - model @ self._solution) / np.sqrt(variance)
        weight = np.minimum(1.0, self.config.doubt / np.maximum(surprise, 1e-9))
        weighted = model * (weight / variance / self.config.alike)[:, None]
        self._information = self._information + weighted.T @ model
        self._evidence = self._evidence + weighted.T @ left

    def _remember(self, road: RoadEstimate, odom_from_ego: SE2, t: float) -> None:
        config = self.config
        step = np.gradient(road.xy_ego, axis=0)
        tangent = step / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
        heading = np.unwrap(np.arctan2(tangent[:, 1], tangent[:, 0]))
        straight = np.logical_and.accumulate(np.abs(heading - heading[0]) < config.straight)
        first, last = config.nearest, min(config.furthest, road.length)
        chosen = straight & (first <= STATION_S) & (last >= STATION_S)
        xy, along = road.xy_ego[chosen], tangent[chosen]
        rows = [
            odom_from_ego.apply(xy),
            (xy * along).sum(axis=1, keepdims=True),
            road.lateral_std[chosen, None] ** 2,
            np.full((len(xy), 1), t),
        ]
        self._places = np.concatenate([self._places, np.concatenate(rows, axis=1)])
