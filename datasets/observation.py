"""What the car senses: the input of every driver. An Observation never contains truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray, check_array, check_finite


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """One image and the calibration it was taken with."""

    camera: Camera
    rgb: NDArray[np.uint8]  # (height, width, 3)
    t: float  # s, when it was taken

    def __post_init__(self) -> None:
        shape = (self.camera.height_px, self.camera.width_px, 3)
        check_array(f"CameraFrame.rgb of {self.camera.name}", self.rgb, shape, np.uint8)
        check_finite("CameraFrame.t", self.t)


@dataclass(frozen=True, slots=True)
class EgoState:
    """What a car's own sensors know: wheel speed, gyroscope, accelerometer, steering encoder."""

    speed: float  # m/s, forward positive
    yaw_rate: float  # rad/s, left positive
    accel: float  # m/s^2, along the car
    steering_angle: float  # rad at the front wheel, left positive

    def __post_init__(self) -> None:
        check_finite("EgoState", self.as_array())

    def as_array(self) -> FloatArray:
        """(4,) speed, yaw rate, acceleration, steering angle."""
        return np.array([self.speed, self.yaw_rate, self.accel, self.steering_angle])


ROUTE_POINTS = 26  # the most that a route holds: half a kilometre at a point every 20 m


@dataclass(frozen=True, slots=True)
class Route:
    """What a phone's navigation knows: a sparse, noisy polyline of the road to follow, without
    lane accuracy, from a little behind the car to the end of the route or of its horizon."""

    xy_ego: FloatArray  # (R, 2), 2 <= R <= ROUTE_POINTS, in driving order

    def __post_init__(self) -> None:
        check_array("Route.xy_ego", self.xy_ego, (None, 2), np.float64)
        check_finite("Route.xy_ego", self.xy_ego)
        if not 2 <= len(self.xy_ego) <= ROUTE_POINTS:
            raise ValueError(
                f"Route.xy_ego: expected 2 to {ROUTE_POINTS} points, got {len(self.xy_ego)}"
            )

    def padded(self) -> FloatArray:
        """(ROUTE_POINTS, 2) the route, its last point repeated: for tables and networks."""
        return np.asarray(self.xy_ego[np.minimum(np.arange(ROUTE_POINTS), len(self.xy_ego) - 1)])


@dataclass(frozen=True, slots=True)
class Observation:
    """All that a driver may use at one tick."""

    t: float  # s since the episode began
    frames: tuple[CameraFrame, ...]  # one per camera of the rig; empty when the cameras are off
    ego: EgoState
    route: Route

    def __post_init__(self) -> None:
        check_finite("Observation.t", self.t)
