"""What the network should say of the vehicles of a scene: rows of truth per camera, and the map of
where their middles are. A function of a Scene and a rig.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray, IntArray
from datasets.geometry import box_corners
from datasets.scene import AgentKind, Agents
from perception.vehicle_code import (
    CODE,
    CROP_TOP_PX,
    LENGTH_UNIT,
    SPEED_UNIT,
    STRIDE,
    Grid,
    cells_of,
    encode_pose,
)

HEIGHT = 1.5  # m, of a car; what the pictures show varies between 1.4 and 2.2
LEAST_VISIBLE = 0.2  # share: less of a vehicle is neither wanted nor wrong
LEAST_PX = 2.0  # px that the width of a vehicle must span: less is neither wanted nor wrong
UNSEEN_PX = 0.8  # px: less than this is background
FARTHEST = 130.0  # m: beyond it vehicles are neither wanted nor wrong
LEAST_INSIDE = 0.2  # share of a vehicle inside the image
DONT_CARE = 255  # in the map of middles; 0 to 254 is from "nobody" to "here"
PEAK = 254
PERFECT, SURE = 1e-3, 10.0  # standard deviation and logit of the truth
_SHARE_OF_EXTENT = 0.14  # standard deviation of a spot, of the extent of the vehicle on the image
_LEAST_SPOT, _MOST_SPOT = 0.55, 2.5  # cells


@dataclass(frozen=True, slots=True)
class VehicleTargets:
    """The vehicles that one camera should find, K of them, the nearest first."""

    cell: IntArray  # (K, 2) row and column
    uv: FloatArray  # (K, 2) middle, in columns and rows of the grid
    log_range: FloatArray  # (K,)
    heading: FloatArray  # (K,) relative to the line of sight
    speed: FloatArray  # (K,) m/s
    length: FloatArray  # (K,) m
    width: FloatArray  # (K,) m
    visible: FloatArray  # (K,)
    obstacle: FloatArray  # (K,) 0 or 1
    braking: FloatArray  # (K,) 0 or 1
    indicator: FloatArray  # (K,) 0 right, 1 off, 2 left

    def as_code(self) -> FloatArray:
        """(K, CODE) what a perfect network would put out at the cells."""
        offset = self.uv - self.cell[:, ::-1] - 0.5
        certain = np.full(len(self.cell), np.log(PERFECT))
        chosen = np.eye(3)[self.indicator.astype(np.int64)] * 2 - 1
        columns = {
            "du": offset[:, 0],
            "dv": offset[:, 1],
            "range": self.log_range,
            "cos": np.cos(self.heading),
            "sin": np.sin(self.heading),
            "speed": self.speed / SPEED_UNIT,
            "length": self.length / LENGTH_UNIT,
            "width": self.width / LENGTH_UNIT,
            "visible": self.visible,
            "obstacle": SURE * (2 * self.obstacle - 1),
            "braking": SURE * (2 * self.braking - 1),
            "right": SURE * chosen[:, 0],
            "off": SURE * chosen[:, 1],
            "left": SURE * chosen[:, 2],
        }
        return np.stack([columns.get(name, certain) for name in CODE], axis=1)

    def as_rows(self) -> NDArray[np.float32]:
        """(K, ROW) as they are kept in a cache."""
        columns = [getattr(self, field.name) for field in fields(self)]
        return np.column_stack(columns).astype(np.float32)

    @classmethod
    def from_rows(cls, rows: NDArray[np.float32]) -> VehicleTargets:
        """The inverse of `as_rows`."""
        wide = rows.astype(np.float64)
        return cls(wide[:, :2].astype(np.int64), wide[:, 2:4], *wide[:, 4:].T)


ROW = (
    "row", "column", "u", "v", "range", "heading", "speed", "length", "width", "visible",
    "obstacle", "braking", "indicator",
)  # fmt: skip


def vehicle_targets(
    agents: Agents, camera: Camera
) -> tuple[VehicleTargets, NDArray[np.uint8], IntArray]:
    """The vehicles, the map (rows, columns) of their middles, and (K,) which agents they are."""
    grid = Grid.of(camera)
    spots = np.zeros((grid.rows, grid.columns))
    dont_care = np.zeros(spots.shape, np.bool_)
    distance = np.hypot(*(agents.xy_ego - camera.xyz_ego[:2]).T)
    order = np.flatnonzero(agents.valid)[np.argsort(distance[agents.valid])]
    size_px = camera.focal_px * agents.width / np.maximum(distance, 0.5)
    order = order[size_px[order] >= UNSEEN_PX]
    uv, log_range, heading = encode_pose(camera, agents.xy_ego, agents.heading)
    low, high, inside = _extents(agents, camera, order)
    taken: set[tuple[int, int]] = set()
    found = []
    for i, box_low, box_high, share in zip(order, low, high, inside, strict=True):
        if share == 0.0:
            continue
        wanted = size_px[i] >= LEAST_PX and agents.visible[i] >= LEAST_VISIBLE
        wanted &= (
            distance[i] < FARTHEST and share >= LEAST_INSIDE and bool(np.isfinite(uv[i]).all())
        )
        cell = tuple(cells_of(uv[i : i + 1], grid)[0][0].tolist()) if wanted else (-1, -1)
        if not wanted or cell in taken:
            _mark(dont_care, box_low, box_high)
            continue
        taken.add(cell)
        found.append(i)
        spots = np.maximum(spots, _spot(cell, spots.shape, box_high - box_low))
    chosen = np.array(found, np.int64)
    cell_of = cells_of(uv[chosen], grid)[0]
    targets = VehicleTargets(
        cell=cell_of,
        uv=(uv[chosen] - (0.0, CROP_TOP_PX)) / STRIDE,
        log_range=log_range[chosen],
        heading=heading[chosen],
        speed=agents.speed[chosen],
        length=agents.length[chosen],
        width=agents.width[chosen],
        visible=agents.visible[chosen],
        obstacle=(agents.kind[chosen] == AgentKind.OBSTACLE).astype(np.float64),
        braking=agents.braking[chosen].astype(np.float64),
        indicator=agents.indicator[chosen] + 1.0,
    )
    middles = np.rint(PEAK * spots).astype(np.uint8)
    middles[dont_care & (spots < 0.5)] = DONT_CARE
    return targets, middles, chosen


def _extents(
    agents: Agents, camera: Camera, order: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of each agent: lowest and highest (column, row) of its box on the grid, (N, 2), and the share
    (N,) of its box inside the image."""
    share = np.linspace(-1, 1, 5)
    corners = box_corners(
        agents.xy_ego[order], agents.heading[order], agents.length[order], agents.width[order]
    )
    middle = corners.mean(axis=1)[:, None, None]
    forward, left = (corners[:, 0] - corners[:, 1]) / 2, (corners[:, 0] - corners[:, 3]) / 2
    plan = (
        middle
        + share[:, None, None] * forward[:, None, None]
        + share[None, :, None] * left[:, None, None]
    ).reshape(len(order), share.size**2, 2)
    xyz = np.concatenate(
        [np.insert(plan, 2, z, axis=2) for z in (0.0, HEIGHT / 2, HEIGHT)], axis=1
    )  # (N, 75, 3)
    uv, _ = camera.project(xyz)
    inside = camera.in_image(uv) & (uv[..., 1] >= CROP_TOP_PX)
    at = (np.nan_to_num(uv, nan=-1e6) - (0.0, CROP_TOP_PX)) / STRIDE
    low = np.where(inside[..., None], at, np.inf).min(axis=1)
    high = np.where(inside[..., None], at, -np.inf).max(axis=1)
    return low, high, inside.mean(axis=1)


def _spot(cell: tuple[int, ...], shape: tuple[int, ...], extent: FloatArray) -> FloatArray:
    """(rows, columns) 1 at the cell, falling off as a normal distribution."""
    std_u, std_v = np.clip(_SHARE_OF_EXTENT * extent, _LEAST_SPOT, _MOST_SPOT)
    v = (np.arange(shape[0]) - cell[0]) / std_v
    u = (np.arange(shape[1]) - cell[1]) / std_u
    return np.asarray(np.exp(-(v[:, None] ** 2 + u**2) / 2))


def _mark(area: NDArray[np.bool_], low: FloatArray, high: FloatArray) -> None:
    """Set the cells of a box (column, row)."""
    (c0, r0), (c1, r1) = np.floor(low).astype(int), np.floor(high).astype(int)
    area[r0 : r1 + 1, c0 : c1 + 1] = True
