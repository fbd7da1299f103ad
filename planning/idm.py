"""How the traffic of highway-env keeps its distance (IDM), and before whom it does not move over
(the safety condition of MOBIL).

Only IDM's braking term counts here. highway-env adds its free term, in which a car without a wanted
speed, like the one that is driven, wants to stand: its traffic is still more careful before it.

a = 3, b = 5 m/s^2, 10 m between centres at rest, time headway 1.5 s.
"""

from __future__ import annotations

import math

from numba import njit

IMPOSED = 2.0  # m/s^2: nobody changes lane before somebody who would have to brake harder than this


@njit(cache=True)
def idm_interaction(speed: float, gap: float, lead_speed: float) -> float:
    """The braking term of IDM, m/s^2, at a distance of `gap` m between centres."""
    wanted = 10.0 + 1.5 * speed + speed * (speed - lead_speed) / (2 * math.sqrt(15.0))
    return -3.0 * (max(wanted, 0.0) / max(gap, 0.1)) ** 2


def lets_in(speed: float, gap: float, other_speed: float) -> bool:
    """Whether somebody would move into the lane `gap` m before a car at `speed`."""
    return idm_interaction(speed, gap, other_speed) > -IMPOSED
