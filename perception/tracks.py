"""Tracks: who is around the car, as known from all the ticks so far.

State    one row per vehicle in the odometry frame (perception.motion), with the log-odds that it is
         there at all and slow averages of what it looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import erf

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.geometry import SE2, wrap_angle
from datasets.scene import AgentKind, Agents
from perception.motion import CURVATURE, HEADING, SPEED, STATES, X, Y
from perception.nouns import Detections

BORN_SPEED_STD = 8.0  # m/s: the look of one picture says little about speed
BORN_CURVATURE_STD = 0.05  # 1/m
LOOK = 0.3  # weight of a new picture in the averages
RIGHT_PLACE = 1.0  # m: how near to the truth a place is good for a plan


@dataclass(frozen=True, slots=True)
class Tracks:
    """N tracks as a struct of arrays."""

    id: IntArray  # (N,)
    mean: FloatArray  # (N, 5) x, y, heading, speed, curvature; odometry frame
    cov: FloatArray  # (N, 5, 5)
    log_odds: FloatArray  # (N,) that it is there
    unseen: FloatArray  # (N,) s since it was seen last
    facing: FloatArray  # (N,) average cosine between the headings seen and the one believed in
    length: FloatArray  # (N,) m
    width: FloatArray  # (N,) m
    obstacle: FloatArray  # (N,) probability
    braking: FloatArray  # (N,) probability
    indicator: FloatArray  # (N, 3) probabilities right, off, left
    visible: FloatArray  # (N,) share of it that is seen

    def __len__(self) -> int:
        return len(self.id)

    @property
    def score(self) -> FloatArray:
        """(N,) probability that it is there."""
        return np.asarray(1 / (1 + np.exp(-self.log_odds)))

    @property
    def confidence(self) -> FloatArray:
        """(N,) probability that it is there and no further than RIGHT_PLACE from where it is said
        to be, along both axes of its covariance: the order in which to believe in vehicles where
        their places count, too."""
        in_place = erf(RIGHT_PLACE / (np.sqrt(2) * self.place_std)).prod(axis=1)
        return np.asarray(self.score * in_place)

    @property
    def place_std(self) -> FloatArray:
        """(N, 2) m, standard deviations of the place along the axes of its covariance, the longer
        one last."""
        return np.asarray(np.sqrt(np.linalg.eigvalsh(self.cov[:, :2, :2]).clip(1e-12)))

    def where(self, keep: BoolArray | IntArray) -> Tracks:
        """Those that an index or a mask selects."""
        return Tracks(*(getattr(self, field.name)[keep] for field in fields(self)))

    def joined(self, others: Tracks) -> Tracks:
        """These and others."""
        pairs = ((getattr(self, f.name), getattr(others, f.name)) for f in fields(self))
        return Tracks(*(np.concatenate(pair) for pair in pairs))

    @classmethod
    def none(cls) -> Tracks:
        """Nobody."""
        return born(Detections.none(), SE2(0.0, 0.0, 0.0), np.zeros(0, np.int64))

    def agents(self, odom_from_ego: SE2) -> Agents:
        """The tracks as a Scene has them, in the ego frame."""
        to_ego = odom_from_ego.inverse()
        return Agents(
            id=self.id,
            kind=np.where(self.obstacle > 0.5, AgentKind.OBSTACLE, AgentKind.VEHICLE).astype(
                np.int64
            ),
            xy_ego=to_ego.apply(self.mean[:, :2]),
            heading=wrap_angle(self.mean[:, HEADING] + to_ego.heading),
            speed=self.mean[:, SPEED].copy(),
            length=self.length,
            width=self.width,
            braking=self.braking > 0.5,
            indicator=self.indicator.argmax(axis=1).astype(np.int64) - 1,
            visible=self.visible,
            xy_std=self.place_std[:, -1],
            valid=np.ones(len(self), np.bool_),
        )


def born(seen: Detections, odom_from_ego: SE2, ids: IntArray) -> Tracks:
    """One new track per detection. The speed is the detector's guess, with little faith in it."""
    n = len(seen)
    turn = odom_from_ego.rotation
    mean = np.zeros((n, STATES))
    mean[:, [X, Y]] = odom_from_ego.apply(seen.xy_ego)
    mean[:, HEADING] = wrap_angle(seen.heading + odom_from_ego.heading)
    mean[:, SPEED] = seen.speed
    cov = np.zeros((n, STATES, STATES))
    cov[:, :2, :2] = turn @ seen.xy_cov @ turn.T
    cov[:, HEADING, HEADING] = seen.heading_std**2
    cov[:, SPEED, SPEED] = np.minimum(BORN_SPEED_STD, seen.speed_std) ** 2
    cov[:, CURVATURE, CURVATURE] = BORN_CURVATURE_STD**2
    return Tracks(
        id=ids,
        mean=mean,
        cov=cov,
        log_odds=evidence(seen.score),
        unseen=np.zeros(n),
        facing=np.ones(n),
        length=seen.length,
        width=seen.width,
        obstacle=seen.obstacle,
        braking=seen.braking,
        indicator=seen.indicator,
        visible=seen.visible,
    )


def corrected(tracks: Tracks, seen: Detections, odom_from_ego: SE2) -> Tracks:
    """Every track with the detection of its row: the Kalman update, and the averages."""
    turn = odom_from_ego.rotation
    place = odom_from_ego.apply(seen.xy_ego)
    course = wrap_angle(seen.heading + odom_from_ego.heading - tracks.mean[:, HEADING])
    # Front and rear of a car look alike: a heading that is the wrong way round still says its axis.
    reversed_ = np.abs(course) > np.pi / 2
    off = np.empty((len(tracks), 4))
    off[:, :2] = place - tracks.mean[:, :2]
    off[:, HEADING] = np.where(reversed_, wrap_angle(course + np.pi), course)
    off[:, SPEED] = seen.speed - tracks.mean[:, SPEED]
    noise = np.zeros((len(tracks), 4, 4))
    noise[:, :2, :2] = turn @ seen.xy_cov @ turn.T
    noise[:, HEADING, HEADING] = seen.heading_std**2 + np.where(reversed_, 0.25, 0.0)
    noise[:, SPEED, SPEED] = seen.speed_std**2 + np.where(reversed_, 1e4, 0.0)
    total = tracks.cov[:, :4, :4] + noise
    gain = np.linalg.solve(total, tracks.cov[:, :4]).transpose(0, 2, 1)  # (N, 5, 4)
    mean = tracks.mean + np.einsum("nij,nj->ni", gain, off)
    cov = tracks.cov - gain @ tracks.cov[:, :4]
    facing = tracks.facing + LOOK * (np.cos(course) - tracks.facing)
    return _turned_round(
        replace(
            tracks,
            mean=mean,
            cov=(cov + cov.transpose(0, 2, 1)) / 2,
            unseen=np.zeros(len(tracks)),
            facing=facing,
            length=_average(tracks.length, seen.length),
            width=_average(tracks.width, seen.width),
            obstacle=_average(tracks.obstacle, seen.obstacle),
            braking=_average(tracks.braking, seen.braking, 2 * LOOK),
            indicator=_average(tracks.indicator, seen.indicator),
            visible=_average(tracks.visible, seen.visible, 2 * LOOK),
        )
    )


def _turned_round(tracks: Tracks) -> Tracks:
    """The tracks that were believed to head the wrong way, turned: those that drive backwards for
    certain, and those that the pictures keep showing the other way round."""
    speed, std = tracks.mean[:, SPEED], np.sqrt(tracks.cov[:, SPEED, SPEED])
    wrong = ((speed < -2.5 - std) & (tracks.facing < 0.3)) | (tracks.facing < -0.4)
    mean = tracks.mean.copy()
    mean[wrong, HEADING] = wrap_angle(mean[wrong, HEADING] + np.pi)
    mean[wrong, SPEED] *= -1
    mean[wrong, CURVATURE] *= -1
    cov = tracks.cov.copy()
    sign = np.array([1.0, 1.0, 1.0, -1.0, -1.0])
    cov[wrong] *= np.outer(sign, sign)
    return replace(tracks, mean=mean, cov=cov, facing=np.where(wrong, 1.0, tracks.facing))


def _average(old: FloatArray, new: FloatArray, weight: float = LOOK) -> FloatArray:
    return np.asarray(old + weight * (new - old))


def evidence(score: FloatArray) -> FloatArray:
    """(N,) scores -> log-odds, bounded: no single picture makes anything certain."""
    inside = np.clip(score, 0.02, 0.98)
    return np.asarray(np.log(inside / (1 - inside)))
