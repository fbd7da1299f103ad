"""Vehicles as the network tells them: one camera, one cell of its grid, CODE numbers; and back.

A vehicle belongs to the cell of a grid of STRIDE px that its middle falls on. The distance is coded
as log(metres / focal length in px), which is what the size of a picture shows, whatever the lens;
its direction as the middle's place within the cell; its heading relative to the line of sight,
since that is what its outline shows. So one code serves all cameras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray, IntArray
from datasets.geometry import wrap_angle
from perception.nouns import Detections

CROP_TOP_PX = 16  # px of sky that the network does not look at
STRIDE = 4  # px of the image to a cell
MIDDLE = 0.75  # m above the ground, of the point of a vehicle that is looked for
CODE = (
    "du",  # cells from the cell's centre to the middle of the vehicle
    "dv",
    "range",  # log(m / focal length in px), along the ground
    "cos",  # of the heading relative to the line of sight
    "sin",
    "speed",  # SPEED_UNIT
    "length",  # LENGTH_UNIT
    "width",
    "visible",
    "obstacle",  # from here on logits
    "braking",
    "right",
    "off",
    "left",
    "log_std_u",  # from here on what it does not know: of du, cells
    "log_std_range",
    "log_std_heading",
    "log_std_speed",  # SPEED_UNIT
)
INDEX = {name: i for i, name in enumerate(CODE)}
LARGEST = 6.5  # m across: a car of 5 m with some air around it
SPEED_UNIT, LENGTH_UNIT = 10.0, 5.0  # m/s, m: the network's numbers are about one
_STD_V = 0.25  # cells: what the direction does not know up and down hardly moves the place


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one camera's image."""

    rows: int
    columns: int

    @classmethod
    def of(cls, camera: Camera) -> Grid:
        return cls((camera.height_px - CROP_TOP_PX) // STRIDE, camera.width_px // STRIDE)

    def centres_uv(self) -> FloatArray:
        """(rows, columns, 2) uv_img of the middles of the cells, px."""
        u = (np.arange(self.columns) + 0.5) * STRIDE
        v = (np.arange(self.rows) + 0.5) * STRIDE + CROP_TOP_PX
        return np.stack(np.broadcast_arrays(u, v[:, None]), axis=-1)


def cells_of(uv_img: FloatArray, grid: Grid) -> tuple[IntArray, FloatArray]:
    """(N, 2) places -> (N, 2) row and column of the nearest cell, (N, 2) du and dv from it, cells;
    a place beside the image belongs to a cell at its border."""
    at = (uv_img - (0.0, CROP_TOP_PX)) / STRIDE  # columns and rows
    limits = (grid.columns - 1, grid.rows - 1)
    cell = np.clip(np.floor(at), 0, limits).astype(np.int64)
    return cell[:, ::-1], at - cell - 0.5


def lines_of_sight(camera: Camera, uv_img: FloatArray) -> FloatArray:
    """(N, 2) places on the image -> (N,) azimuth in the ego frame of what is seen there, rad."""
    x, y, _ = camera.rays_ego(uv_img).T
    return np.arctan2(y, x)


def encode_pose(
    camera: Camera, xy_ego: FloatArray, heading: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places and headings -> (N, 2) uv_img of the middles, (N,) log range, (N,) heading relative to
    the line of sight. NaN where the camera looks away."""
    xyz = np.concatenate([xy_ego, np.full((len(xy_ego), 1), MIDDLE)], axis=1)
    uv, _ = camera.project(xyz)
    away = xy_ego - camera.xyz_ego[:2]
    log_range = np.log(np.maximum(np.hypot(*away.T), 0.1) / camera.focal_px)
    return uv, log_range, wrap_angle(heading - np.arctan2(away[:, 1], away[:, 0]))


class Cells(NamedTuple):
    """N cells that hold the middle of a vehicle."""

    camera: IntArray  # (N,)
    score: FloatArray  # (N,)
    row: IntArray  # (N,)
    column: IntArray  # (N,)
    code: FloatArray  # (N, CODE)

    def uv_img(self) -> FloatArray:
        """(N, 2) px, the middles of the vehicles."""
        u = (self.column + 0.5 + self.code[:, INDEX["du"]]) * STRIDE
        v = (self.row + 0.5 + self.code[:, INDEX["dv"]]) * STRIDE + CROP_TOP_PX
        return np.stack([u, v], axis=1)


def found_in(peaks: NDArray[np.float32], dense: NDArray[np.float32], threshold: float) -> Cells:
    """What the network puts out -> where it sees vehicles. `peaks` (C, rows, columns): the score of
    each cell that is a local maximum, 0 elsewhere; `dense` (C, CODE, rows, columns)."""
    camera, row, column = np.nonzero(peaks > threshold)
    score = peaks[camera, row, column].astype(np.float64)
    code = dense[camera, :, row, column].astype(np.float64)
    return Cells(camera, score, row, column, code)


def decode(cells: Cells, cameras: Sequence[Camera]) -> Detections:
    """Cells -> vehicles in the ego frame, without those too near for a narrow picture to hold all
    of them: of such a car it finds several, and the wide one the whole. Wide pictures keep theirs,
    for there is no wider one."""
    found = decode_cells(cells, cameras)
    narrow = np.array([each.focal_px / each.width_px for each in cameras])
    nearest = np.where(narrow > narrow.min(), LARGEST * narrow, 0.0)[cells.camera]
    lens = np.array([each.xyz_ego[:2] for each in cameras])[cells.camera]
    return found.where(np.hypot(*(found.xy_ego - lens).T) > nearest)


def decode_cells(cells: Cells, cameras: Sequence[Camera]) -> Detections:
    """The same, however near they are."""
    camera, code, uv = cells.camera, cells.code, cells.uv_img()
    value = {name: code[:, i] for name, i in INDEX.items()}
    azimuth, per_px = np.zeros(len(uv)), np.zeros(len(uv))
    for c, each in enumerate(cameras):
        mine = camera == c
        azimuth[mine] = lines_of_sight(each, uv[mine])
        beside = lines_of_sight(each, uv[mine] + (1.0, 0.0))
        per_px[mine] = np.abs(wrap_angle(beside - azimuth[mine]))
    focal = np.array([each.focal_px for each in cameras])[camera]
    lens = np.array([each.xyz_ego[:2] for each in cameras])[camera]
    away = np.exp(value["range"]) * focal
    sight = np.stack([np.cos(azimuth), np.sin(azimuth)], axis=1)
    std = {name: np.exp(value[f"log_std_{name}"]) for name in ("u", "range", "heading", "speed")}
    across = np.hypot(std["u"], _STD_V) * STRIDE * per_px * away
    return Detections(
        camera=camera,
        score=cells.score,
        xy_ego=lens + away[:, None] * sight,
        xy_cov=_covariance(sight, std["range"] * away, across),
        heading=wrap_angle(azimuth + np.arctan2(value["sin"], value["cos"])),
        heading_std=std["heading"],
        speed=value["speed"] * SPEED_UNIT,
        speed_std=std["speed"] * SPEED_UNIT,
        length=value["length"] * LENGTH_UNIT,
        width=value["width"] * LENGTH_UNIT,
        obstacle=_sigmoid(value["obstacle"]),
        braking=_sigmoid(value["braking"]),
        indicator=_softmax(code[:, INDEX["right"] : INDEX["left"] + 1]),
        visible=np.clip(value["visible"], 0.0, 1.0),
    )


def _covariance(sight: FloatArray, along: FloatArray, across: FloatArray) -> FloatArray:
    """(N, 2, 2) of an error with standard deviations along and across the (N, 2) unit vectors."""
    normal = np.stack([-sight[:, 1], sight[:, 0]], axis=1)
    first = (along**2)[:, None, None] * sight[:, :, None] * sight[:, None, :]
    second = (across**2)[:, None, None] * normal[:, :, None] * normal[:, None, :]
    return first + second


def _sigmoid(x: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def _softmax(x: FloatArray) -> FloatArray:
    e = np.exp(x - x.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))
