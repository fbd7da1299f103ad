"""Renders what the rig sees of a WorldState: the frames, and the labels when asked for.

A pure function of (road map, state, rig, weather, seed): a recorded state gives the same pixels
again. The order of work is the order of the light: sky, ground, things on it, lens and sensor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.camera import Camera
from datasets.episode import PHYSICS_HZ
from datasets.observation import CameraFrame
from sim.cameras.air import Air
from sim.cameras.ground import Ground
from sim.cameras.labels import CameraLabels, Labeller
from sim.cameras.lens import Lens
from sim.cameras.objects import Faces, Objects
from sim.cameras.roads import Roads
from sim.cameras.scenery import place
from sim.cameras.sky import Sky
from sim.cameras.weather import Weather
from sim.state import RoadMap, WorldState


class Renderer:
    """The cameras of one car on one map in one weather."""

    def __init__(
        self, road_map: RoadMap, rig: tuple[Camera, ...], weather: Weather, seed: int
    ) -> None:
        self.rig = rig  # as the car believes it to be
        self.mounted = mounted(rig, weather, seed)  # as it is
        air = Air(weather)
        self.shape = (len(rig), rig[0].height_px, rig[0].width_px, 3)
        self.sky = Sky(self.mounted, air, seed)
        self.ground = Ground(Roads(road_map), self.mounted, air, seed)
        self.objects = Objects(place(road_map, seed), self.mounted, air)
        self.lens = Lens(weather, self.shape, seed)
        self.labeller = Labeller(road_map, self.mounted)

    def render(self, state: WorldState) -> tuple[CameraFrame, ...]:
        """One frame per camera."""
        return self._frames(state, *self._draw(state))

    def render_with_labels(
        self, state: WorldState
    ) -> tuple[tuple[CameraFrame, ...], tuple[CameraLabels, ...]]:
        """The same frames, and the truth about each."""
        images, faces = self._draw(state)
        return self._frames(state, images, faces), self.labeller.label(state, faces)

    def _draw(self, state: WorldState) -> tuple[NDArray[np.uint8], Faces]:
        images = np.empty(self.shape, np.uint8)
        ego_from_world = state.world_from_ego.inverse()
        # 1. what is infinitely far away, 2. the plane, 3. what stands on it, 4. the sensor
        self.sky.draw(images, -ego_from_world.heading)
        self.ground.draw(images, ego_from_world)
        faces = self.objects.faces(state, ego_from_world)
        self.objects.draw(images, faces)
        self.lens.apply(images, round(state.t * PHYSICS_HZ))
        return images, faces

    def _frames(
        self, state: WorldState, images: NDArray[np.uint8], _: Faces
    ) -> tuple[CameraFrame, ...]:
        return tuple(
            CameraFrame(camera, image, state.t)
            for camera, image in zip(self.rig, images, strict=True)
        )


def mounted(rig: Sequence[Camera], weather: Weather, seed: int) -> tuple[Camera, ...]:
    """The rig with the small mounting errors of this car."""
    rng = np.random.default_rng([seed, 6])
    shift = rng.normal(0, 1, (len(rig), 3)) * weather.mount_std
    turn = rng.normal(0, 1, (len(rig), 3)) * weather.mount_angle_std
    return tuple(
        camera.moved(d, *(float(angle) for angle in angles))
        for camera, d, angles in zip(rig, shift, turn, strict=True)
    )
