"""What passes a manoeuvre: named yes-or-no questions to the log of the drive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from datasets.episode import End
from sim.scores.comfort import motion_of
from sim.scores.lanes import LaneIndex
from sim.scores.log import EpisodeLog
from sim.scores.proximity import gap_to_others, time_to_collision
from sim.scores.road_rules import drivable_area


@dataclass(frozen=True, slots=True)
class Condition:
    """One question, and how it reads in a table."""

    name: str
    holds: Callable[[EpisodeLog], bool]


def no_collision() -> Condition:
    return Condition("no collision", lambda log: log.outcome.end is not End.COLLISION)


def on_the_road() -> Condition:
    def holds(log: EpisodeLog) -> bool:
        return drivable_area(log, LaneIndex(log.road_map)) == 1 and log.outcome.end != End.OFF_ROAD

    return Condition("on the road with all corners", holds)


def reached_goal() -> Condition:
    return Condition("reached the goal in time", lambda log: log.outcome.end is End.GOAL)


def kept_gap(metres: float) -> Condition:
    def holds(log: EpisodeLog) -> bool:
        return all(gap_to_others(s).min(initial=metres) >= metres for s in log.states)

    return Condition(f"never nearer than {metres:g} m to another", holds)


def kept_ttc(seconds: float) -> Condition:
    def holds(log: EpisodeLog) -> bool:
        return all(time_to_collision(state, only_ahead=True) >= seconds for state in log.states)

    return Condition(f"time to collision never below {seconds:g} s", holds)


def braked_at_most(accel: float) -> Condition:
    """The smoothed deceleration, without the impact of a crash."""

    def holds(log: EpisodeLog) -> bool:
        driven = log.before_impact
        motion = motion_of(log.ego_speed[driven], log.ego_heading[driven])
        return bool(motion.longitudinal_accel.min() >= -accel)

    return Condition(f"braked at most {accel:g} m/s²", holds)


def never_stopped(speed: float = 0.5) -> Condition:
    return Condition("never stopped", lambda log: bool(log.ego_speed.min() > speed))
