"""Broken senses: what stands between the world and whoever drives when a sensor fails.

A SensorFault sits in `World.spoil` and spoils what the car senses from a moment on: for one seed in
four from the beginning of the episode, for the others from a moment between `FIRST` and `LAST`
seconds, which the seed decides. The driver does not know; windows and recordings show what it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from datasets.observation import CameraFrame, Observation

if TYPE_CHECKING:  # the world holds a fault, and a fault asks the world for its seed
    from sim.world import World

FIRST, LAST = 1.0, 6.0  # s: the cars drive, and most scenarios are not over
AT_ONCE = 0.25  # share of the seeds whose fault is there from the beginning
LATE = 3  # ticks: 0.3 s
_STREAM = 9  # separates this use of the episode's seed from others

# What has been sensed so far, the latest last, and where in it the fault began -> what is sensed.
Spoil = Callable[[Sequence[Observation], int], Observation]


def start_time(seed: int, at_once: bool = True) -> float:
    """When the fault of an episode begins, s; `at_once`: perhaps at its very beginning."""
    share, moment = np.random.default_rng([seed, _STREAM]).random(2)
    return 0.0 if at_once and share < AT_ONCE else float(FIRST + moment * (LAST - FIRST))


class SensorFault:
    """Spoils the observations of a world, episode after episode."""

    def __init__(self, world: World, spoil: Spoil) -> None:
        self._world = world
        self._spoil = spoil
        self._sensed: list[Observation] = []
        self._begins = 0.0

    def __call__(self, observation: Observation) -> Observation:
        while self._sensed and self._sensed[-1].t >= observation.t:
            self._sensed.pop()  # looked at again, or the world has gone back
        if not self._sensed:
            assert self._world.seed is not None, "who senses something has been reset"
            self._begins = start_time(self._world.seed)
        self._sensed.append(observation)
        if observation.t < self._begins:
            return observation
        begun = next(i for i, each in enumerate(self._sensed) if each.t >= self._begins)
        return self._spoil(self._sensed, begun)


@dataclass(frozen=True, slots=True)
class Black:
    """No light reaches these cameras."""

    cameras: tuple[str, ...]

    def __call__(self, sensed: Sequence[Observation], begun: int) -> Observation:  # noqa: ARG002
        return _with_frames(
            sensed[-1], self.cameras, lambda frame: replace(frame, rgb=np.zeros_like(frame.rgb))
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """A camera sends its last picture again and again, each time as a new one."""

    camera: str

    def __call__(self, sensed: Sequence[Observation], begun: int) -> Observation:
        last = {frame.camera.name: frame.rgb for frame in sensed[max(begun - 1, 0)].frames}
        return _with_frames(
            sensed[-1], (self.camera,), lambda frame: replace(frame, rgb=last[self.camera])
        )


@dataclass(frozen=True, slots=True)
class Late:
    """A camera's pictures come LATE ticks after they were taken, and say so."""

    camera: str

    def __call__(self, sensed: Sequence[Observation], begun: int) -> Observation:  # noqa: ARG002
        old = {frame.camera.name: frame for frame in sensed[max(len(sensed) - 1 - LATE, 0)].frames}
        return _with_frames(sensed[-1], (self.camera,), lambda _: old[self.camera])


@dataclass(frozen=True, slots=True)
class Missing:
    """A camera sends nothing."""

    camera: str

    def __call__(self, sensed: Sequence[Observation], begun: int) -> Observation:  # noqa: ARG002
        kept = (frame for frame in sensed[-1].frames if frame.camera.name != self.camera)
        return replace(sensed[-1], frames=tuple(kept))


@dataclass(frozen=True, slots=True)
class Swapped:
    """The cables of two cameras are exchanged: each sends the other's pictures as its own."""

    one: str
    other: str

    def __call__(self, sensed: Sequence[Observation], begun: int) -> Observation:  # noqa: ARG002
        rgb = {frame.camera.name: frame.rgb for frame in sensed[-1].frames}
        swap = {self.one: self.other, self.other: self.one}
        return _with_frames(
            sensed[-1],
            (self.one, self.other),
            lambda frame: replace(frame, rgb=rgb[swap[frame.camera.name]]),
        )


@dataclass(frozen=True, slots=True)
class WrongSpeed:
    """The speedometer shows so many times the speed."""

    factor: float

    def __call__(self, sensed: Sequence[Observation], begun: int) -> Observation:  # noqa: ARG002
        ego = sensed[-1].ego
        return replace(sensed[-1], ego=replace(ego, speed=self.factor * ego.speed))


def _with_frames(
    observation: Observation,
    cameras: tuple[str, ...],
    change: Callable[[CameraFrame], CameraFrame],
) -> Observation:
    """The observation with the frames of some cameras changed."""
    return replace(
        observation,
        frames=tuple(
            change(frame) if frame.camera.name in cameras else frame for frame in observation.frames
        ),
    )
