"""How the car moved, and whether a passenger minds.

Source: nuPlan's ego_is_comfortable and its state extractors: derivatives are slopes of a polynomial
fitted to a sliding window (Savitzky-Golay), so that one jump of a 10 Hz log is no infinite jerk.
Body frame: longitudinal along the heading, lateral to the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import savgol_filter

from datasets.checks import FloatArray
from datasets.episode import TICK
from sim.scores.events import count_runs
from sim.scores.log import EpisodeLog

ACCEL_WINDOW = 7  # samples; nuPlan says 8, but an even window shifts the signal by half a sample
RATE_WINDOW = 15  # samples, for jerk and yaw
HARSH_BRAKE = 4.0  # m/s^2 of speed lost within a tick, unsmoothed

LONGITUDINAL_ACCEL = (-4.05, 2.40)  # m/s^2
LATERAL_ACCEL = 4.89  # m/s^2
YAW_ACCEL = 1.93  # rad/s^2
YAW_RATE = 0.95  # rad/s
LONGITUDINAL_JERK = 4.13  # m/s^3
JERK = 8.37  # m/s^3, of the magnitude of the acceleration


@dataclass(frozen=True, slots=True)
class Motion:
    """The smoothed motion of one car, (T + 1,) each, SI units."""

    longitudinal_accel: FloatArray
    lateral_accel: FloatArray
    yaw_rate: FloatArray
    yaw_accel: FloatArray
    longitudinal_jerk: FloatArray
    jerk: FloatArray


def _slope(values: FloatArray, window: int, order: int, derivative: int) -> FloatArray:
    """The derivative of a polynomial of that order fitted around each sample. A log shorter than
    the window is fitted whole, and one too short for the polynomial has no slope."""
    fitting = min(window, len(values) - (len(values) + 1) % 2)  # the largest odd window
    if fitting <= order:
        return np.zeros_like(values)
    smooth = savgol_filter(values, fitting, order, deriv=derivative, delta=TICK)
    return np.asarray(smooth)


def motion_of(speed: FloatArray, heading: FloatArray) -> Motion:
    """(T + 1,) speed, m/s, and unwrapped heading, rad, ten times a second -> how it moved.

    Longitudinal acceleration is the slope of the speed, lateral is speed times yaw rate.
    """
    longitudinal = _slope(speed, ACCEL_WINDOW, order=2, derivative=1)
    yaw_rate = _slope(heading, RATE_WINDOW, order=2, derivative=1)
    lateral = speed * yaw_rate
    return Motion(
        longitudinal_accel=longitudinal,
        lateral_accel=lateral,
        yaw_rate=yaw_rate,
        yaw_accel=_slope(heading, RATE_WINDOW, order=3, derivative=2),
        longitudinal_jerk=_slope(longitudinal, RATE_WINDOW, order=2, derivative=1),
        jerk=_slope(np.hypot(longitudinal, lateral), RATE_WINDOW, order=2, derivative=1),
    )


def is_comfortable(motion: Motion) -> bool:
    """Whether all six bounds hold throughout."""
    low, high = LONGITUDINAL_ACCEL
    return bool(
        np.all((motion.longitudinal_accel >= low) & (motion.longitudinal_accel <= high))
        and np.all(np.abs(motion.lateral_accel) <= LATERAL_ACCEL)
        and np.all(np.abs(motion.yaw_accel) <= YAW_ACCEL)
        and np.all(np.abs(motion.yaw_rate) <= YAW_RATE)
        and np.all(np.abs(motion.longitudinal_jerk) <= LONGITUDINAL_JERK)
        and np.all(np.abs(motion.jerk) <= JERK)
    )


def comfort(log: EpisodeLog) -> float:
    """nuPlan's C: 1 if all six bounds hold throughout; the impact of a crash is not judged."""
    driven = log.before_impact
    return float(is_comfortable(motion_of(log.ego_speed[driven], log.ego_heading[driven])))


def harsh_brakes(log: EpisodeLog) -> int:
    """How many times the car began to brake harder than 4 m/s^2; the impact of a crash is none."""
    return count_runs(np.diff(log.ego_speed[log.before_impact]) / TICK < -HARSH_BRAKE)
