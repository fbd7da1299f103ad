"""Responsibility-sensitive safety distances, with the real limits of this world.

The road's usual constants (1 s to respond, 4 m/s^2 against 8 m/s^2) ask for 89 m at 25 m/s and
cannot be driven in traffic that keeps 20 to 40 m. Here every vehicle brakes at up to 6 m/s^2 at
once, and decides 10 to 20 times a second, so that the distance is short, and true:

    d = [v_r rho + a rho^2 / 2 + (v_r + a rho)^2 / (2 b) - v_f^2 / (2 b)]+      between bumpers

    rear, front at 25 m/s: 8.8 m;  rear 30, front 20: 51.6 m;  rear 20, front 30: 0 m

Source: Shalev-Shwartz et al. 2017, definition 1.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from datasets.driving import MAX_ACCEL


class Rss(NamedTuple):
    """A named tuple and not a dataclass, because it goes into compiled code."""

    response: float = 0.25  # s: one decision of ours (0.1 s), and what a car moves before it shows
    accel: float = 3.0  # m/s^2 while responding: highway-env's COMFORT_ACC_MAX
    braking: float = MAX_ACCEL  # m/s^2 of either car: highway-env's ACC_MAX, and our own limit


RSS = Rss()


@njit(cache=True)
def safe_gap(rear_speed: float, front_speed: float, rss: Rss) -> float:
    """The gap between bumpers, m, from which the rear car can always stop behind the front one."""
    fastest = rear_speed + rss.accel * rss.response
    gap = rear_speed * rss.response + rss.accel * rss.response**2 / 2
    gap += (fastest**2 - max(front_speed, 0.0) ** 2) / (2 * rss.braking)
    return max(gap, 0.0)
