"""Eyes that measure the outline of every vehicle and both sides of every lane to a part of a pixel,
and know all else: how well pictures of this size can tell where these are, whatever network looks
at them.

    uv run scripts/evaluate_perception.py --eyes scripts.sharp_eyes:quarter_pixel

They miss nobody whom the network is asked for, see nobody who is not there, know each vehicle's
size, and do not know how far off their cameras are mounted, as no network does. What a look says
of the speed is as wrong as a network's; tracking has to find it. Nobody hides the road from them,
and of its shape they know nothing beforehand: each place of a line is measured by itself, in the
picture that tells it best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from datasets.camera import Camera
from datasets.checks import FloatArray
from datasets.observation import Observation
from perception.curve import normals
from perception.nouns import OWN, STATION_S, Glance, RoadEstimate
from perception.road_truth import PERFECT, road_truth
from perception.vehicle_code import INDEX, SPEED_UNIT, STRIDE, Cells, decode_cells
from perception.vehicle_targets import VehicleTargets, vehicle_targets
from scripts.true_eyes import SCORE
from sim.cameras.renderer import mounted
from sim.cameras.weather import weather_for
from sim.world import World

HEADING_STD, SPEED_STD = 0.08, 3.0  # rad, m/s, of one look
UNSEEN_STD = 5.0  # m, of a line that no picture shows, or too flatly
_STEP = 0.01  # m


class SharpEyes:
    """A Look at the world itself, whose errors are those of edges found to `pixels` px, anew in
    every tick, and of cameras mounted as the weather draws it."""

    needs_cameras = False

    def __init__(self, world: World, pixels: float, seed: int = 0) -> None:
        self._world = world
        self._pixels = pixels
        self._rng = np.random.default_rng(seed)

    def __call__(self, observation: Observation) -> Glance:
        del observation  # the truth needs no senses
        world, truth = self._world, self._world.truth()
        assert world.seed is not None, "a world that is driven in has a seed"
        as_built = mounted(world.rig, weather_for(world.weather, world.seed), world.seed)
        found = [vehicle_targets(truth.agents, camera)[0] for camera in as_built]
        code = np.concatenate([self._measured(targets) for targets in found])
        camera = np.repeat(np.arange(len(found)), [len(targets.cell) for targets in found])
        row, column = np.concatenate([targets.cell for targets in found]).T
        score = np.full(len(code), SCORE)
        # Decoded as if every camera were where it should be.
        seen = decode_cells(Cells(camera, score, row, column, code), world.rig)
        road = measured_road(road_truth(truth), as_built, world.rig, self._pixels, self._rng)
        return Glance(seen, road)

    def _measured(self, targets: VehicleTargets) -> FloatArray:
        """(K, CODE) what a perfect network would put out, with what `pixels` leave open."""
        code = targets.as_code()
        across = self._pixels / STRIDE  # cells
        along, abreast = np.abs(np.cos(targets.heading)), np.abs(np.sin(targets.heading))
        extent = targets.width * along + targets.length * abreast  # m, as the camera sees it
        extent_px = extent / np.exp(targets.log_range)
        std = {
            "u": np.full(len(code), across / np.sqrt(2)),  # the mean of two edges
            "range": np.sqrt(2) * self._pixels / extent_px,
            "heading": np.full(len(code), HEADING_STD),
            "speed": np.full(len(code), SPEED_STD / SPEED_UNIT),
        }
        error = {name: self._rng.normal(0, each) for name, each in std.items()}
        code[:, INDEX["du"]] += error["u"]
        code[:, INDEX["range"]] += error["range"]
        code[:, INDEX["speed"]] += error["speed"]
        turned = np.arctan2(code[:, INDEX["sin"]], code[:, INDEX["cos"]]) + error["heading"]
        code[:, INDEX["cos"]], code[:, INDEX["sin"]] = np.cos(turned), np.sin(turned)
        for name, each in std.items():
            code[:, INDEX[f"log_std_{name}"]] = np.log(each)
        return code


def measured_road(
    road: RoadEstimate,
    as_built: Sequence[Camera],
    rig: Sequence[Camera],
    pixels: float,
    rng: np.random.Generator,
) -> RoadEstimate:
    """The road with both sides of its lanes where cameras show them that are built so, and believed
    to be the rig's."""
    normal = normals(road.xy_ego)
    sides = road.lane_offset + road.lane_width[:, None] * np.array([0.5, -0.5])[:, None, None]
    told = [
        shown_across(road.xy_ego + side[:, None] * normal, normal, as_built, rig, pixels)
        for side in sides.reshape(-1, len(STATION_S))
    ]
    off, std = np.array(told).transpose(1, 0, 2).reshape(2, *sides.shape)  # (2 sides, slots, S)
    weight = 1 / std**2  # the width is known: either side tells the middle
    error = (weight * (off + rng.normal(0, std))).sum(axis=0) / weight.sum(axis=0)
    middle_std = 1 / np.sqrt(weight.sum(axis=0))
    beside_std = np.hypot(middle_std, middle_std[OWN])
    beside_std[OWN] = PERFECT  # the own lane is where the spine is
    return replace(
        road,
        xy_ego=road.xy_ego + error[OWN, :, None] * normal,
        lateral_std=middle_std[OWN],
        lane_offset=road.lane_offset + error - error[OWN],
        lane_offset_std=beside_std,
        edge_offset=road.edge_offset - error[OWN],
    )


def shown_across(
    line: FloatArray,
    normal: FloatArray,
    as_built: Sequence[Camera],
    rig: Sequence[Camera],
    pixels: float,
) -> tuple[FloatArray, FloatArray]:
    """(S, 2) places of a line and unit vectors to its left -> (S,) m to the left that each place is
    shown off, and (S,) what `pixels` across the line in the picture leave open, m."""
    tangent = normal[:, ::-1] * (1.0, -1.0)
    off, std = np.zeros(len(line)), np.full(len(line), UNSEEN_STD)
    for built, believed in zip(as_built, rig, strict=True):
        here, further, beside = (
            built.project(np.concatenate([xy, np.zeros((len(xy), 1))], axis=1))[0]
            for xy in (line, line + _STEP * tangent, line + _STEP * normal)
        )
        (du, dv), (eu, ev) = (further - here).T, (beside - here).T
        with np.errstate(divide="ignore", invalid="ignore"):
            px_per_m = np.abs(eu * dv - ev * du) / np.hypot(du, dv) / _STEP
            told = pixels / px_per_m
        shown = built.in_image(here)
        shift = ((believed.unproject_to_ground(here) - line) * normal).sum(axis=1)
        better = shown & np.isfinite(shift) & (told < std)
        off[better], std[better] = shift[better], told[better]
    return off, std


def quarter_pixel(world: World) -> SharpEyes:
    return SharpEyes(world, 0.25)


def half_pixel(world: World) -> SharpEyes:
    return SharpEyes(world, 0.5)


def one_pixel(world: World) -> SharpEyes:
    return SharpEyes(world, 1.0)
