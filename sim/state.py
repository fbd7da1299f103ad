"""The world as it is, in the world frame: the static road map and the bodies at one moment.

World frame (ISO 8855): x forward, y left, headings counter-clockwise. highway-env's y axis points
the other way; the flip happens before anything arrives here (sim/highway.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from datasets.checks import BoolArray, FloatArray, IntArray, check_array
from datasets.geometry import SE2

EGO = 0  # the row of the ego in every WorldState


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of the map."""

    node_from: str
    node_to: str
    xy_world: FloatArray  # (P, 2) centerline in driving order, about a metre apart
    width: float  # m
    speed_limit: float  # m/s
    left_marking: int  # Marking
    right_marking: int  # Marking
    priority: int  # right of way where lanes meet: the higher goes first


@dataclass(frozen=True, slots=True, eq=False)
class RoadMap:
    """All lanes of a world; it does not change during an episode. A map equals only itself, so that
    what is made of it can be kept for it."""

    lanes: tuple[Lane, ...]
    leads_to: BoolArray  # (L, L) [i, j]: lane j begins where lane i ends
    left_of: BoolArray  # (L, L) [i, j]: lane j lies directly left of lane i, same direction

    def __post_init__(self) -> None:
        n = len(self.lanes)
        check_array("RoadMap.leads_to", self.leads_to, (n, n), np.bool_)
        check_array("RoadMap.left_of", self.left_of, (n, n), np.bool_)


@dataclass(frozen=True, slots=True)
class WorldState:
    """Every body at one moment, as a struct of arrays; row EGO is the ego. Bodies appear and
    disappear as traffic enters and leaves; `id` stays with its body."""

    t: float  # s since the episode began
    id: IntArray  # (M,)
    kind: IntArray  # (M,) AgentKind
    xy_world: FloatArray  # (M, 2) centre, m
    heading: FloatArray  # (M,) rad
    speed: FloatArray  # (M,) m/s along the heading
    accel: FloatArray  # (M,) m/s^2, commanded
    steering_angle: FloatArray  # (M,) rad, left positive, commanded
    length: FloatArray  # (M,) m
    width: FloatArray  # (M,) m
    lane: IntArray  # (M,) index into RoadMap.lanes of the lane it is on
    target_lane: IntArray  # (M,) the lane it means to be on; differs while changing lane
    indicator: IntArray  # (M,) datasets.scene.Indicator
    braking: BoolArray  # (M,) brake lights on
    crashed: BoolArray  # (M,)

    def __post_init__(self) -> None:
        n = len(self.id)
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            shape = (n, 2) if field.name == "xy_world" else (n,)
            check_array(f"WorldState.{field.name}", value, shape, value.dtype.type)

    @property
    def world_from_ego(self) -> SE2:
        x, y = self.xy_world[EGO]
        return SE2(float(x), float(y), float(self.heading[EGO]))

    def with_ego_at(self, view: SE2) -> WorldState:
        """The same moment with the ego at another place, given in its own frame."""
        place = self.world_from_ego @ view
        xy, heading = self.xy_world.copy(), self.heading.copy()
        xy[EGO], heading[EGO] = (place.x, place.y), place.heading
        return replace(self, xy_world=xy, heading=heading)
