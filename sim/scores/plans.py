"""Whether a driver keeps to its plans: NAVSIM v2's extended comfort.

Two plans made half a second apart tell of the same future; where they differ much, the driver
changed its mind. Each plan is read as speed and heading over the time both cover.
"""

from __future__ import annotations

import itertools

import numpy as np

from datasets.checks import FloatArray
from datasets.driving import Trajectory
from datasets.episode import TICK
from sim.scores.comfort import Motion, motion_of
from sim.scores.log import EpisodeLog

APART = round(0.5 / TICK)  # ticks between the plans compared
MAX_ACCEL_CHANGE = 0.7  # m/s^2, root mean square over the shared time
MAX_JERK_CHANGE = 0.5  # m/s^3
MAX_YAW_RATE_CHANGE = 0.1  # rad/s
MAX_YAW_ACCEL_CHANGE = 0.1  # rad/s^2
MIN_SHARED = 8  # samples, 0.8 s: less tells nothing


def extended_comfort(log: EpisodeLog) -> float | None:
    """Share of the compared pairs of plans that agree; None where the driver published none."""
    pairs = zip(log.plans[:-APART], log.plans[APART:], strict=True)
    agree = [
        plans_agree(early, late)
        for early, late in itertools.islice(pairs, 0, None, APART)
        if early is not None and late is not None
    ]
    agree_known = [a for a in agree if a is not None]
    return float(np.mean(agree_known)) if agree_known else None


def plans_agree(early: Trajectory, late: Trajectory) -> bool | None:
    """Whether the motion of two plans, made half a second apart, differs little where both speak;
    None where they share less than 0.8 s."""
    shift = APART * TICK
    begin = max(float(early.t[0]) - shift, float(late.t[0]))
    end = min(float(early.t[-1]) - shift, float(late.t[-1]))
    t = np.arange(np.ceil(begin / TICK - 1e-6), np.floor(end / TICK + 1e-6) + 1) * TICK
    if len(t) < MIN_SHARED:
        return None
    a = _motion_at(early, t + shift)
    b = _motion_at(late, t)
    limits = (
        (a.longitudinal_accel - b.longitudinal_accel, MAX_ACCEL_CHANGE),
        (a.longitudinal_jerk - b.longitudinal_jerk, MAX_JERK_CHANGE),
        (a.yaw_rate - b.yaw_rate, MAX_YAW_RATE_CHANGE),
        (a.yaw_accel - b.yaw_accel, MAX_YAW_ACCEL_CHANGE),
    )
    return all(float(np.sqrt(np.mean(change**2))) <= limit for change, limit in limits)


def _motion_at(plan: Trajectory, t: FloatArray) -> Motion:
    heading = np.unwrap(plan.heading)
    return motion_of(np.interp(t, plan.t, plan.speed), np.interp(t, plan.t, heading))
