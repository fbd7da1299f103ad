"""Tracking: detections of one tick after another -> who is there, how fast, and still when hidden.

    1 predict    every track a tick ahead (perception.motion)
    2 assign     detections to tracks, Hungarian, by Mahalanobis distance within a gate
    3 correct    the tracks that were seen (Kalman), doubt those that should have been
    4 begin      a track for every detection left over
    5 forget     those nobody believes in any more, and doubles

Whether a track should have been seen is asked of the geometry: behind a nearer track, or further
than its camera reaches, it may well be there unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from datasets.checks import BoolArray, FloatArray, IntArray
from datasets.geometry import SE2, wrap_angle
from perception.motion import HEADING, predicted
from perception.nouns import Detections
from perception.tracks import Tracks, born, corrected, evidence


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """Everything that can be tuned."""

    gate: float = 9.0  # squared Mahalanobis distance of a place
    least_score: float = 0.15  # detections below it begin no track
    inflation: float = 4.0  # of the detector's variances: its errors last for some ticks
    speed_inflation: float = 40.0  # likewise: what a look says of the speed, the next one repeats
    trust: float = 0.8  # how much of a detection's log-odds is news, after the ticks before
    memory: float = 0.9  # how much of the log-odds so far is kept from tick to tick
    miss: float = 1.0  # log-odds that not being seen in plain sight costs
    most: float = 5.0  # bound of the log-odds
    least: float = -2.5  # log-odds at which a track is forgotten
    hidden_for: float = 3.0  # s that a track lives unseen
    double: float = 3.0  # m between two tracks that are one: cars side by side are 4 m apart
    reach: float = 100.0  # m ahead, where the narrow camera looks
    reach_around: float = 45.0  # m elsewhere
    narrow: float = 0.27  # rad to either side that the narrow camera sees


class Tracker:
    """The tracks, from tick to tick."""

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self.config = config or TrackerConfig()
        self.reset()

    def reset(self) -> None:
        self.tracks = Tracks.none()
        self._next_id = 0

    def update(self, seen: Detections, odom_from_ego: SE2, dt: float) -> Tracks:
        """The tracks now, `dt` seconds after the tick before; `seen` holds each vehicle once."""
        config = self.config
        seen = replace(seen, **self._inflated(seen))
        # 1
        mean, cov = predicted(self.tracks.mean, self.tracks.cov, dt)
        tracks = replace(self.tracks, mean=mean, cov=cov, unseen=self.tracks.unseen + dt)
        # 2
        rows, columns = assign(tracks, seen, odom_from_ego, config)
        # 3
        found = corrected(tracks.where(rows), seen.where(columns), odom_from_ego)
        news = config.trust * evidence(seen.score[columns])
        found = replace(found, log_odds=self._bounded(config.memory * found.log_odds + news))
        lost = tracks.where(_others(len(tracks), rows))
        lost = doubted(lost, found, odom_from_ego, config)
        # 4
        left = seen.where(_others(len(seen), columns))
        left = left.where(left.score >= config.least_score)
        ids = self._next_id + np.arange(len(left))
        self._next_id += len(left)
        begun = born(left, odom_from_ego, ids)
        # 5
        tracks = found.joined(lost).joined(begun)
        self.tracks = tracks.where(believed(tracks, config))
        return self.tracks

    def _inflated(self, seen: Detections) -> dict[str, FloatArray]:
        """The covariances of detections whose errors are not news in every tick."""
        config = self.config
        return {
            "xy_cov": config.inflation * seen.xy_cov,
            "heading_std": np.sqrt(config.inflation) * seen.heading_std,
            "speed_std": np.sqrt(config.speed_inflation) * seen.speed_std,
        }

    def _bounded(self, log_odds: FloatArray) -> FloatArray:
        return np.clip(log_odds, -self.config.most, self.config.most)


def assign(
    tracks: Tracks, seen: Detections, odom_from_ego: SE2, config: TrackerConfig
) -> tuple[IntArray, IntArray]:
    """Rows of `tracks` and of `seen` that belong together."""
    none = np.zeros(0, np.int64)
    if not len(tracks) or not len(seen):
        return none, none
    turn = odom_from_ego.rotation
    step = odom_from_ego.apply(seen.xy_ego)[None] - tracks.mean[:, None, :2]  # (N, M, 2)
    noise = turn @ seen.xy_cov @ turn.T
    cov = tracks.cov[:, None, :2, :2] + noise[None]
    distance = np.einsum("nmi,nmij,nmj->nm", step, np.linalg.inv(cov), step)
    # Of two that are as near, the surer pair is the likelier; a heading across speaks against one.
    off = wrap_angle(seen.heading + odom_from_ego.heading - tracks.mean[:, None, HEADING])
    spread = seen.heading_std**2 + tracks.cov[:, None, HEADING, HEADING] + 0.1
    cost = distance + np.sin(off) ** 2 / spread + np.log(np.linalg.det(cov))
    cost += config.miss * (tracks.log_odds[:, None] < 0)
    beyond = 1e4
    cost[distance > config.gate] = beyond
    rows, columns = linear_sum_assignment(cost)
    good = cost[rows, columns] < beyond
    return rows[good], columns[good]


def doubted(lost: Tracks, found: Tracks, odom_from_ego: SE2, config: TrackerConfig) -> Tracks:
    """The tracks that were not seen: the more doubtful, the better they should have been seen."""
    if not len(lost):
        return lost
    share = expected_share(lost, found, odom_from_ego, config)
    return replace(
        lost,
        log_odds=np.where(share > 0.1, lost.log_odds - config.miss * share, lost.log_odds),
        visible=np.minimum(lost.visible, share),
    )


def expected_share(
    lost: Tracks, found: Tracks, odom_from_ego: SE2, config: TrackerConfig
) -> FloatArray:
    """(N,) how much of each lost track the cameras should see, behind those found, 0 to 1."""
    to_ego = odom_from_ego.inverse()
    azimuth, away, half = _angles(to_ego.apply(lost.mean[:, :2]), lost)
    by_azimuth, by_away, by_half = _angles(to_ego.apply(found.mean[:, :2]), found)
    between = np.abs(wrap_angle(azimuth[:, None] - by_azimuth))
    overlap = np.minimum(half[:, None], between + by_half) - np.maximum(
        -half[:, None], between - by_half
    )
    covers = np.clip(overlap / (2 * half[:, None]), 0.0, 1.0) * (by_away < away[:, None] - 2.0)
    hidden = np.minimum(covers.sum(axis=1), 1.0)
    reach = np.where(np.abs(azimuth) < config.narrow, config.reach, config.reach_around)
    in_reach = np.clip((1.2 * reach - away) / (0.4 * reach), 0.0, 1.0)
    return np.asarray(in_reach * (1 - hidden))


def _angles(xy_ego: FloatArray, tracks: Tracks) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Azimuth, distance and half the angular width of tracks."""
    away = np.maximum(np.hypot(xy_ego[:, 0], xy_ego[:, 1]), 1.0)
    return np.arctan2(xy_ego[:, 1], xy_ego[:, 0]), away, np.arctan(tracks.width / 2 / away)


def believed(tracks: Tracks, config: TrackerConfig) -> BoolArray:
    """(N,) which tracks live on. Of two in one place only the one more sure of itself does."""
    alive = (tracks.log_odds > config.least) & (tracks.unseen <= config.hidden_for)
    away = tracks.mean[:, None, :2] - tracks.mean[None, :, :2]
    near = np.hypot(away[..., 0], away[..., 1]) < config.double
    order = np.argsort(np.argsort(-(tracks.log_odds - 10 * tracks.unseen)))  # 0: the surest
    doubled = near & (order[None] < order[:, None]) & alive[None]
    return np.asarray(alive & ~doubled.any(axis=1))


def _others(n: int, rows: IntArray) -> BoolArray:
    out = np.ones(n, np.bool_)
    out[rows] = False
    return out
