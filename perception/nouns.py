"""What the network says of one tick, before anything is fused or tracked: Detections, RoadEstimate.

Everything is in the ego frame (ISO 8855: x forward, y left), SI units, with standard deviations
beside the values they belong to. Probabilities are 0 to 1. Arrays of several classes hold one
probability per class in the last axis, in the order of the enums of datasets.scene.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.checks import FloatArray, IntArray, check_array, check_finite

CAMERAS = 5  # of the rig
STATIONS = 24  # places along the spine at which the road is described
HORIZON = 100.0  # m along the spine
STATION_S: FloatArray = HORIZON * (np.arange(STATIONS) / (STATIONS - 1)) ** 2  # (S,) m, dense near
SLOTS = 5  # lanes beside one another that are described: left2, left1, own, right1, right2
OWN = 2  # the slot of the lane that the spine runs in
LEFT, RIGHT = 0, 1  # rows of the road's edges


@dataclass(frozen=True, slots=True)
class Detections:
    """Vehicles as found in the single cameras of one tick, N in all; a vehicle that two cameras see
    is there twice."""

    camera: IntArray  # (N,) which camera of the rig found it
    score: FloatArray  # (N,) that it is there
    xy_ego: FloatArray  # (N, 2) centre of its box on the ground, m
    xy_cov: FloatArray  # (N, 2, 2) m^2: long in range, short across
    heading: FloatArray  # (N,) rad, relative to the ego
    heading_std: FloatArray  # (N,) rad
    speed: FloatArray  # (N,) m/s along its heading: a guess from the look of one picture
    speed_std: FloatArray  # (N,) m/s
    length: FloatArray  # (N,) m
    width: FloatArray  # (N,) m
    obstacle: FloatArray  # (N,) that it is an AgentKind.OBSTACLE
    braking: FloatArray  # (N,) that its brake lights are on
    indicator: FloatArray  # (N, 3) right, off, left
    visible: FloatArray  # (N,) share of it that is seen, 0 to 1

    def __post_init__(self) -> None:
        n = len(self.score)
        shapes = {"xy_ego": (n, 2), "xy_cov": (n, 2, 2), "indicator": (n, 3)}
        _check(self, shapes, (n,))

    def __len__(self) -> int:
        return len(self.score)

    def where(self, keep: Any) -> Detections:
        """Those that an index or a mask (N,) selects."""
        return Detections(*(getattr(self, field.name)[keep] for field in fields(self)))

    @classmethod
    def none(cls) -> Detections:
        """Nobody in sight."""
        shapes = {"xy_ego": (0, 2), "xy_cov": (0, 2, 2), "indicator": (0, 3)}
        whole = np.zeros(0, np.int64)
        rest = [np.zeros(shapes.get(field.name, (0,))) for field in fields(cls)[1:]]
        return cls(whole, *rest)


@dataclass(frozen=True, slots=True)
class RoadEstimate:
    """The road ahead, along a spine: the centre of the lane of the route that the car is in or next
    to, followed along the route, through junctions too. Station i lies STATION_S[i] metres along
    it; station 0 is the point of the spine beside the car. Lanes and edges beside it are told by
    their offset across it, left positive: y(x) would not exist where a road bends back on itself.
    """

    exists: float  # probability that there is such a lane
    xy_ego: FloatArray  # (S, 2) the spine, m
    lateral_std: FloatArray  # (S,) m across the spine
    length: float  # m of the spine that can be told: it ends there, or is out of sight beyond
    length_std: float  # m
    speed_limit: float  # m/s, on the own lane
    speed_limit_std: float  # m/s
    lane_exists: FloatArray  # (K,) probability that the slot has a lane anywhere
    lane_exists_at: FloatArray  # (K, S) and that it has one at each station
    lane_offset: FloatArray  # (K, S) m from the spine to the lane's centre, left positive
    lane_offset_std: FloatArray  # (K, S) m
    lane_width: FloatArray  # (K,) m
    lane_oncoming: FloatArray  # (K,) probability that it is driven the other way
    lane_on_route: FloatArray  # (K, S) that whoever keeps to it is still on the route there
    left_marking: FloatArray  # (K, 3) none, dashed, solid: probabilities
    right_marking: FloatArray  # (K, 3), left and right as one drives along the spine
    edge_offset: FloatArray  # (2, S) m from the spine to the edge of the asphalt: LEFT, RIGHT
    edge_offset_std: FloatArray  # (2, S) m
    junction: float  # probability that another road crosses or joins the spine
    junction_begin: float  # m along the spine, where that begins
    junction_end: float  # m
    junction_std: float  # m, of either
    give_way: float  # probability that the own way has to give way there

    def __post_init__(self) -> None:
        shapes: dict[str, tuple[int, ...]] = {
            "xy_ego": (STATIONS, 2),
            "lateral_std": (STATIONS,),
            "lane_exists_at": (SLOTS, STATIONS),
            "lane_offset": (SLOTS, STATIONS),
            "lane_offset_std": (SLOTS, STATIONS),
            "lane_on_route": (SLOTS, STATIONS),
            "left_marking": (SLOTS, 3),
            "right_marking": (SLOTS, 3),
            "edge_offset": (2, STATIONS),
            "edge_offset_std": (2, STATIONS),
        }
        _check(self, shapes, (SLOTS,))


class Glance(NamedTuple):
    """All that one look at the pictures of a tick gives."""

    detections: Detections
    road: RoadEstimate
    coarse: NDArray[np.float32] | None = None  # (C, channels, rows / 16, columns / 16) features of
    # the trunk, for a learned driver; None from eyes that have no network


def _check(noun: Any, shapes: dict[str, tuple[int, ...]], otherwise: tuple[int, ...]) -> None:
    for field in fields(noun):
        name, value = f"{type(noun).__name__}.{field.name}", getattr(noun, field.name)
        if field.type != "float":
            dtype = np.int64 if field.type == "IntArray" else np.float64
            check_array(name, value, shapes.get(field.name, otherwise), dtype)
        check_finite(name, value)
