"""Does every picture come from the camera it is said to come from?

While the car drives, the ground flows through each picture in a way of its own: towards the viewer
in front, away behind, to one side on the left and to the other on the right. The picture of the
tick before is moved along, as the ground seen by that camera would be, and compared with that of
now. Where two cameras are exchanged, either calibration explains the other's picture better.

State    the pictures of the tick before; for every pair of cameras the evidence that they are not
         exchanged: the mean logarithm of how many times better their own calibrations explain what
         they see.
Input    pictures, calibrations, and how the car moved: speed and yaw rate.
Limits   says nothing of a car that stands, of the two front cameras exchanged with each other, and
         of a side camera exchanged with one along the road while traffic hides the ground from
         either. By night, where the ground is nearly black, it may not tell left from right.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.checks import FloatArray
from datasets.episode import TICK
from datasets.geometry import SE2
from datasets.observation import Observation
from perception.odometry import motion

HALF = 2  # pictures are compared at half their size
NEAR = 15.0  # m: ground that is further from the lens hardly moves
# Both look ahead, where a car may hide the ground from either: these two are not told apart.
ALIKE = (("front_narrow", "front_wide"),)
SLOWEST = 2.0  # m/s at which the ground moves enough
PAIRS_AT_ONCE = 5  # of all pairs are looked at in one tick; the others in the next
MEMORY = 0.8  # how much of the evidence is kept from look to look
SURE = 0.15  # evidence from which on two cameras are exchanged, or are not any more
SURE_FRONT = 0.2  # the same for pairs with a front camera, whose ground traffic covers
SIDES = frozenset({"left", "right"})
LEAST_MISS = 1e-3  # grey levels: a ratio needs one
BLUR_PX = 2.0  # light changes from picture to picture; edges stay where they are

Grey = NDArray[np.float32]


class CameraPlaces:
    """The evidence for every pair of cameras, from tick to tick."""

    def __init__(self, rig: tuple[Camera, ...]) -> None:
        self._cameras = {camera.name: camera for camera in rig}
        self._ground = {camera.name: _ground_mask(camera) for camera in rig}
        pairs = itertools.combinations(self._cameras, 2)
        self._pairs = [pair for pair in pairs if pair not in ALIKE]
        self.reset()

    def reset(self) -> None:
        self._before: dict[str, Grey] = {}
        self._t = 0.0
        self._next = 0  # pair to look at
        self._evidence: dict[tuple[str, str], float] = {}
        self.exchanged: frozenset[str] = frozenset()  # cameras

    def look(self, observation: Observation, sound: Mapping[str, NDArray[np.uint8]]) -> None:
        """Weigh the pictures of a tick, by camera; only those that are pictures at all."""
        now = {name: _edges(rgb) for name, rgb in sound.items() if name in self._cameras}
        before, self._before = self._before, now
        dt, self._t = observation.t - self._t, observation.t
        if observation.ego.speed < SLOWEST or not 0 < dt < 1.5 * TICK:
            return
        before_from_now = motion(observation.ego, observation.ego.speed, dt)
        warps = {name: _warp(camera, before_from_now) for name, camera in self._cameras.items()}
        for _ in range(PAIRS_AT_ONCE):
            pair = self._pairs[self._next % len(self._pairs)]
            self._next += 1
            if set(pair) <= before.keys() & now.keys():
                self._weigh(pair, before, now, warps)
        self.exchanged = frozenset(
            name for pair in self._pairs if self._is_exchanged(pair) for name in pair
        )

    def _weigh(
        self,
        pair: tuple[str, str],
        before: dict[str, Grey],
        now: dict[str, Grey],
        warps: dict[str, FloatArray],
    ) -> None:
        news = []
        for own, other in (pair, pair[::-1]):
            pictures = before[own], now[own]
            mine, still = _miss(*pictures, warps[own], self._ground[own])
            others, still_there = _miss(*pictures, warps[other], self._ground[other])
            # Where nothing moved fits best, the ground is hidden, by the car ahead: no news.
            if mine < still or others < still_there:
                news.append(np.log(others / mine))
        if not news:
            return
        found = float(np.mean(news))
        # Who rides along beside the car hardly moves in a side picture, like the ground far ahead:
        # that alone, while traffic hides the ground there, accuses nobody.
        if found < 0 and len(news) < 2 and len(SIDES.intersection(pair)) == 1:
            return
        self._evidence[pair] = MEMORY * self._evidence.get(pair, 0.0) + (1 - MEMORY) * found

    def _is_exchanged(self, pair: tuple[str, str]) -> bool:
        """Between the two bounds it stays as it was."""
        sure = SURE_FRONT if any(name.startswith("front") for name in pair) else SURE
        return self._evidence.get(pair, sure) < (sure if set(pair) <= self.exchanged else -sure)


def _miss(
    before: Grey, now: Grey, warp: FloatArray, ground: NDArray[np.bool_]
) -> tuple[float, float]:
    """Mean difference, grey levels, on the ground, of a picture and the one before it moved along
    as a camera would see it; and the same as if nothing had moved."""
    moved = cv2.warpPerspective(
        before,
        warp,
        before.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=np.nan,
    )
    seen = ground & ~np.isnan(moved)
    if not seen.any():
        return LEAST_MISS, LEAST_MISS
    here = now[seen]
    along, still = np.abs(moved[seen] - here).mean(), np.abs(before[seen] - here).mean()
    return float(along) + LEAST_MISS, float(still) + LEAST_MISS


def _edges(rgb: NDArray[np.uint8]) -> Grey:
    """Half the size, grey, without what changes slowly across the picture."""
    size = (rgb.shape[1] // HALF, rgb.shape[0] // HALF)
    grey = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    grey = grey.astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), BLUR_PX))


def _ground_mask(camera: Camera) -> NDArray[np.bool_]:
    """(rows, columns) at half size: which pixels see the ground near by."""
    u, v = np.meshgrid(np.arange(camera.width_px // HALF), np.arange(camera.height_px // HALF))
    ground = camera.unproject_to_ground((np.stack([u, v], axis=-1) + 0.5) * HALF)
    away = np.hypot(*np.moveaxis(ground - camera.xyz_ego[:2], -1, 0))
    return np.asarray(np.isfinite(away) & (away < NEAR))


def _warp(camera: Camera, before_from_now: SE2) -> FloatArray:
    """(3, 3) pixels of now -> pixels of the tick before that saw the same ground, at half size, in
    OpenCV's coordinates, which count from the middle of the first pixel."""
    turn = np.eye(3)
    turn[:2, :2] = before_from_now.rotation
    turn[:2, 2] = before_from_now.x, before_from_now.y
    full_from_half = np.array([[HALF, 0, HALF / 2], [0, HALF, HALF / 2], [0, 0, 1.0]])
    image = camera.ground_homography
    whole = image @ turn @ np.linalg.inv(image)
    return np.asarray(np.linalg.inv(full_from_half) @ whole @ full_from_half)
