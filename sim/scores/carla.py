"""The CARLA driving score, DS = route completion x penalty, per episode, in [0, 1].

Source: CARLA Leaderboard 1.0 / 2.0 (penalties multiply) and 2.1 (penalties add up below the line).
There are no pedestrians, red lights or stop signs here, so their penalties have no place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.checks import check_range
from datasets.episode import End
from datasets.scene import AgentKind
from sim.scores.collision import struck
from sim.scores.lanes import LaneIndex
from sim.scores.log import EpisodeLog
from sim.scores.road_rules import off_lane_share
from sim.state import EGO

TRAFFIC_REACH = 50.0  # m, vehicles this near are the traffic whose speed counts


@dataclass(frozen=True, slots=True)
class Infractions:
    """What the driving score punishes."""

    vehicle: int = 0  # collisions with vehicles, whosever fault
    static: int = 0  # collisions with obstacles
    off_lane: float = 0.0  # share of the driven metres, 0 to 1
    timeout: bool = False
    traffic_speed_share: float = 1.0  # the ego's mean speed over the traffic's, at most 1

    def __post_init__(self) -> None:
        check_range("Infractions.off_lane", self.off_lane, 0.0, 1.0)
        check_range("Infractions.traffic_speed_share", self.traffic_speed_share, 0.0, 1.0)


def infractions(log: EpisodeLog, lanes: LaneIndex) -> Infractions:
    """Read off one episode; it ends with its first collision, so there is at most one."""
    hit = struck(log)
    return Infractions(
        vehicle=int(hit is AgentKind.VEHICLE),
        static=int(hit is AgentKind.OBSTACLE),
        off_lane=off_lane_share(log, lanes),
        timeout=log.outcome.end is End.TIME_OUT,
        traffic_speed_share=traffic_speed_share(log),
    )


def traffic_speed_share(log: EpisodeLog) -> float:
    """The ego's mean speed over the mean speed of the vehicles within 50 m, both over the ticks
    with any, at most 1; 1 on an empty road and among standing traffic."""
    ego, traffic = [], []
    for state in log.states:
        near = np.hypot(*(state.xy_world - state.xy_world[EGO]).T) < TRAFFIC_REACH
        near &= state.kind == AgentKind.VEHICLE
        near[EGO] = False
        if near.any():
            ego.append(float(state.speed[EGO]))
            traffic.append(float(state.speed[near].mean()))
    if not traffic or np.mean(traffic) <= 0:
        return 1.0
    return float(np.clip(np.mean(ego) / np.mean(traffic), 0.0, 1.0))


def penalty(found: Infractions) -> float:
    """Leaderboard 1.0 and 2.0: the factors multiply."""
    slow = 1 - 0.3 * (1 - found.traffic_speed_share)
    timeout = 0.70 if found.timeout else 1.0
    return 0.60**found.vehicle * 0.65**found.static * (1 - found.off_lane) * timeout * slow


def penalty_21(found: Infractions) -> float:
    """Leaderboard 2.1: the coefficients add up below the line."""
    slow = 0.4 * (1 - found.traffic_speed_share)
    total = 0.70 * found.vehicle + 0.60 * found.static + 0.40 * found.timeout + slow
    return (1 - found.off_lane) / (1 + total)
