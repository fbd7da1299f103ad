"""Where the five cameras sit, and what each is for.

All are mounted on the body of a 5 x 2 m car, lenses at roof-edge height, as on a real car: two
behind the windscreen, one above each side, one above the tailgate. The two side cameras and the
rear one look down by 22 to 26 degrees, so that the ground 0.5 m beside the body is in view; the
narrow one sees a car 100 m ahead more than 6 px wide.
"""

from __future__ import annotations

import numpy as np

from datasets.camera import Camera

WIDTH_PX, HEIGHT_PX = 192, 96
NARROW_FOCAL_PX = 320.0  # 33 degrees across: a car of 2 m at 100 m is 6.4 px wide
WIDE_FOCAL_PX = 53.5  # 121 degrees across


def default_rig() -> tuple[Camera, ...]:
    """The rig of the car: front_narrow, front_wide, left, right, rear."""
    down = np.deg2rad
    return (
        _camera("front_narrow", NARROW_FOCAL_PX, (0.7, 0.0, 1.4), pitch=down(-1.5)),
        _camera("front_wide", WIDE_FOCAL_PX, (0.6, 0.0, 1.4), pitch=down(-10)),
        _camera("left", WIDE_FOCAL_PX, (-0.35, 0.9, 1.4), yaw=np.pi / 2, pitch=down(-26)),
        _camera("right", WIDE_FOCAL_PX, (-0.35, -0.9, 1.4), yaw=-np.pi / 2, pitch=down(-26)),
        _camera("rear", WIDE_FOCAL_PX, (-1.3, 0.0, 1.4), yaw=np.pi, pitch=down(-16)),
    )


def _camera(
    name: str,
    focal_px: float,
    xyz_ego: tuple[float, float, float],
    yaw: float = 0.0,
    pitch: float = 0.0,
) -> Camera:
    return Camera(name, WIDTH_PX, HEIGHT_PX, focal_px, np.array(xyz_ego), float(yaw), float(pitch))
