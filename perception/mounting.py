"""Eyes that learn how they are mounted: by how much the road is seen turned.

No camera looks quite where its calibration says, and 0.4 degrees are half a metre at 75 m. One
picture cannot tell a turned camera from a turned car. Driving can: the place at which the road was
seen far ahead is compared with where the road runs there once the car has come to it.

State    the angle by which the road is seen turned to the left, rad, and the drift of the
         gyroscope, rad/s, as the normal equations of a weighted least-squares fit, which begins
         with how well cameras are mounted and gyroscopes made and goes back to it within seconds:
         what eyes make of a place lasts, too, but not for ever; the places yet to be come to.
Input    the road as seen in one tick, the ego's sensors and pose in the odometry frame, the time.
Model    A place was seen when it was L m further ahead than the h m that it is now. With the angle
         a it was put a L to the left of where it is; a gyroscope that drifts by b has since turned
         the reckoned way, and put it b T (L / 2 + h) to the right, after T s. Only straight road is
         compared: how far off a bend is seen says more of the bend. What b is, the angle of the
         front wheels tells, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from datasets.checks import FloatArray
from datasets.frenet import Polyline
from datasets.geometry import SE2, wrap_angle
from datasets.observation import EgoState
from perception.curve import fine, normals
from perception.motion import HALF_LENGTH
from perception.nouns import STATION_S, RoadEstimate
from perception.odometry import yaw_rate_by_wheels


@dataclass(frozen=True, slots=True)
class MountingConfig:
    """Everything that can be tuned."""

    angle_std: float = 0.006  # rad, of how cameras are mounted
    drift_std: float = 0.002  # rad/s, of gyroscopes
    yaw_rate_std: float = 0.004  # rad/s, noise of one reading
    steering_std: float = 0.002  # rad, the same of the angle of the wheels
    most: float = 0.015  # rad: what looks further turned than this is something else
    nearest: float = 10.0  # m along the spine from which on places are remembered
    furthest: float = 45.0  # m
    bend: float = 0.05  # rad by which the road may be seen to bend up to there, and the car turn
    reached: float = 6.0  # m ahead of the car at which a place is compared
    same: float = 1.0  # m: what is further off is another lane
    age: float = 6.0  # s after which a place is forgotten: reckoning is not exact for ever
    every: int = 2  # ticks from one road that is remembered to the next
    alike: float = 20.0  # so many comparisons say as much as one: errors last for many ticks
    least_std: float = 0.01  # m, of a comparison
    memory: float = 8.0  # s until what was learned counts a third
    doubt: float = 2.0  # standard deviations from which on a surprise counts less (Huber)


class _Places(NamedTuple):
    """P places of the road, as they were seen ahead."""

    xy_odom: FloatArray  # (P, 2) m
    ahead: FloatArray  # (P,) m along the road
    variance: FloatArray  # (P,) m^2, across it
    heading: FloatArray  # (P,) rad, of the car then, odometry frame
    t: FloatArray  # (P,) s

    def where(self, keep: FloatArray) -> _Places:
        return _Places(*(column[keep] for column in self))


_NOWHERE = _Places(np.zeros((0, 2)), *(np.zeros(0) for _ in range(4)))


class Mounting:
    """Holds what is known so far, and turns the road back by it."""

    def __init__(self, config: MountingConfig | None = None) -> None:
        self.config = config or MountingConfig()
        self.reset()

    def reset(self) -> None:
        self._prior = np.diag([self.config.angle_std**-2, self.config.drift_std**-2])
        self._information = self._prior.copy()
        self._evidence = np.zeros(2)
        self._places = _NOWHERE
        self._ticks = 0
        self._t: float | None = None

    @property
    def angle(self) -> float:
        """rad by which the road is seen turned to the left, as far as that is known."""
        return float(np.clip(self._fit[0], -self.config.most, self.config.most))

    @property
    def drift(self) -> float:
        """rad/s by which the gyroscope says too much, as far as that is known."""
        return float(self._fit[1])

    @property
    def _fit(self) -> FloatArray:
        return np.linalg.solve(self._information, self._evidence)

    def straighten(
        self, road: RoadEstimate, ego: EgoState, odom_from_ego: SE2, t: float
    ) -> RoadEstimate:
        """The road as it would be seen by eyes mounted as they should be. Learns from it first."""
        self._forget(t)
        self._weigh_the_gyroscope(ego)
        if road.exists > 0.5:
            self._compare(road, odom_from_ego, t)
            if self._ticks % self.config.every == 0:
                self._remember(road, odom_from_ego, t)
            self._ticks += 1
        else:
            self._places = _NOWHERE
        return replace(road, xy_ego=SE2(0.0, 0.0, -self.angle).apply(road.xy_ego))

    def _forget(self, t: float) -> None:
        kept = np.exp(-(t - self._t) / self.config.memory) if self._t is not None else 1.0
        self._information = self._prior + kept * (self._information - self._prior)
        self._evidence = kept * self._evidence
        self._t = t

    def _weigh_the_gyroscope(self, ego: EgoState) -> None:
        config = self.config
        by_wheels = config.steering_std * ego.speed / (2 * HALF_LENGTH)  # small angles
        information = 1 / (config.yaw_rate_std**2 + by_wheels**2)
        self._information[1, 1] += information
        self._evidence[1] += information * (ego.yaw_rate - yaw_rate_by_wheels(ego))

    def _compare(self, road: RoadEstimate, odom_from_ego: SE2, t: float) -> None:
        """Learn from the places that the car has come to; forget them, and those too old."""
        config = self.config
        places = self._places.where(t - self._places.t < config.age)
        xy = odom_from_ego.inverse().apply(places.xy_odom)
        reached = xy[:, 0] < config.reached
        self._places = places.where(~reached)
        turned = np.abs(wrap_angle(odom_from_ego.heading - places.heading))
        usable = reached & (turned < config.bend)
        if not usable.any():
            return
        places, xy = places.where(usable), xy[usable]
        s, left = Polyline(fine(road.xy_ego)).project(xy)
        lever, time = places.ahead - xy[:, 0], t - places.t
        model = np.stack([lever, -time * (lever / 2 + xy[:, 0])], axis=1)
        variance = places.variance + np.interp(s, STATION_S, road.lateral_std) ** 2
        variance = np.maximum(variance, config.least_std**2)
        surprise = np.abs(left - model @ self._fit) / np.sqrt(variance)
        weight = np.minimum(1.0, config.doubt / np.maximum(surprise, 1e-9))
        weight = weight * (np.abs(left) < config.same) / (variance * config.alike)
        self._information = self._information + (model * weight[:, None]).T @ model
        self._evidence = self._evidence + (model * weight[:, None]).T @ left

    def _remember(self, road: RoadEstimate, odom_from_ego: SE2, t: float) -> None:
        config = self.config
        tangent = normals(road.xy_ego)[:, ::-1] * (1, -1)
        heading = np.unwrap(np.arctan2(tangent[:, 1], tangent[:, 0]))
        even = np.logical_and.accumulate(np.abs(heading - heading[0]) < config.bend)
        first, last = config.nearest, min(config.furthest, road.length)
        chosen = even & (first <= STATION_S) & (last >= STATION_S)
        xy = road.xy_ego[chosen]
        seen = _Places(
            xy_odom=odom_from_ego.apply(xy),
            ahead=(xy * tangent[chosen]).sum(axis=1),
            variance=road.lateral_std[chosen] ** 2,
            heading=np.full(len(xy), odom_from_ego.heading),
            t=np.full(len(xy), t),
        )
        joined = zip(self._places, seen, strict=True)
        self._places = _Places(*(np.concatenate(pair) for pair in joined))
