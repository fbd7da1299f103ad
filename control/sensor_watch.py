"""Are the senses sound? Looks at what came in, never at what was made of it.

State    of every camera a digest of its picture of the tick before; how the ground flows through
         them all (control.camera_places); the phone's speed; the time of the tick before.
Input    an Observation as it came, whatever is wrong with it.
Output   Senses: margins, the cameras that cannot be trusted, and an Observation that is whole: one
         picture per camera of the rig, black where there is none to trust, and a speed to trust.

| check | wrong when |
|---|---|
| missing | no picture of that name came |
| black | the mean or the spread of its grey levels is below that of any night |
| frozen | the same picture as the tick before, to the last bit: a sensor's noise never repeats |
| late | taken more than `AGE` s ago, or in the future |
| exchanged | the ground flows through two pictures as it should through the other one |
| speedometer | it disagrees with the phone by more than the noise of both |
| deadline | more than one and a half ticks have passed since the answer before |
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import cv2
import numpy as np

from control.camera_places import CameraPlaces
from control.margin import Margin, at_least, at_most, passed_if
from control.speedometer import PhoneSpeed
from datasets.camera import Camera
from datasets.episode import TICK
from datasets.observation import CameraFrame, Observation

LEAST_MEAN, LEAST_SPREAD = 6.0, 4.0  # grey levels; the darkest night measured has 17 and 9
AGE = 0.15  # s: half a tick more than a camera at 10 Hz may be old
SPEED_NOISE, SPEED_SCALE = 0.3, 0.04  # m/s and share: three standard deviations of the wheel's
LATE_ANSWER = TICK / 2  # s more than a tick since the answer before


@dataclass(frozen=True, slots=True)
class Senses:
    """What is left of an observation, and what is wrong with it."""

    observation: Observation  # whole, see the module
    margins: tuple[Margin, ...]
    blind: frozenset[str]  # cameras that cannot be trusted now


class SensorWatch:
    """Looks at every observation before anybody else does."""

    def __init__(self, rig: tuple[Camera, ...]) -> None:
        self._rig = rig
        self._phone = PhoneSpeed()
        self._places = CameraPlaces(rig)
        self.reset()

    def reset(self) -> None:
        self._digests: dict[str, int] = {}
        self._correction = 0.0  # m/s, of a speedometer that is wrong
        self._t: float | None = None
        self._phone.reset()
        self._places.reset()

    def check(self, observation: Observation) -> Senses:
        """What can be trusted of this tick."""
        frames = {frame.camera.name: frame for frame in observation.frames}
        digests = {name: zlib.crc32(np.ascontiguousarray(f.rgb)) for name, f in frames.items()}
        margins = [self._camera(c.name, frames, digests, observation.t) for c in self._rig]
        sound = {c.name: m.passed for c, m in zip(self._rig, margins, strict=True)}
        self._places.look(observation, {n: f.rgb for n, f in frames.items() if sound.get(n)})
        margins = [
            Margin(f"camera {_spoken(c.name)} exchanged", -1.0)
            if margin.passed and c.name in self._places.exchanged
            else margin
            for c, margin in zip(self._rig, margins, strict=True)
        ]
        blind = frozenset(
            c.name for c, margin in zip(self._rig, margins, strict=True) if not margin.passed
        )
        speed, speed_margin = self._speed(observation)
        late = 0.0 if self._t is None else max(observation.t - self._t - TICK, 0.0)
        margins += [speed_margin, at_most("deadline", late, LATE_ANSWER)]
        self._digests, self._t = digests, observation.t
        whole = replace(
            observation,
            frames=tuple(
                self._trusted(camera, frames, blind, observation.t) for camera in self._rig
            ),
            ego=replace(observation.ego, speed=speed),
        )
        return Senses(whole, tuple(margins), blind)

    def _camera(
        self,
        name: str,
        frames: dict[str, CameraFrame],
        digests: dict[str, int],
        t: float,
    ) -> Margin:
        """The worst margin of one camera, named after what is wrong with it."""
        where = _spoken(name)
        if name not in frames:
            return Margin(f"camera {where} missing", -1.0)
        mean, spread = _grey(frames[name])
        age = t - frames[name].t
        frozen = self._digests.get(name) == digests[name]
        margins = (
            at_least(f"camera {where} black", mean, LEAST_MEAN),
            at_least(f"camera {where} black", spread, LEAST_SPREAD),
            passed_if(f"camera {where} frozen", not frozen),
            at_most(f"camera {where} late", max(age, -10 * age), AGE),
        )
        return min(margins, key=lambda margin: margin.value)

    def _speed(self, observation: Observation) -> tuple[float, Margin]:
        """A speed to trust, and the margin of the speedometer. What the phone corrects is what the
        wheels say now, so that the correction does not lag."""
        means = self._phone.update(observation)
        if means is not None:
            phone, wheels = means
            limit = SPEED_NOISE + SPEED_SCALE * abs(phone)
            margin = at_most("speedometer", abs(wheels - phone), limit)
            self._correction = 0.0 if margin.passed else phone - wheels
        else:
            margin = passed_if("speedometer", self._correction == 0)
        return observation.ego.speed + self._correction, margin

    def _trusted(
        self, camera: Camera, frames: dict[str, CameraFrame], blind: frozenset[str], t: float
    ) -> CameraFrame:
        if camera.name in blind:
            return CameraFrame(
                camera, np.zeros((camera.height_px, camera.width_px, 3), np.uint8), t
            )
        return frames[camera.name]


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _grey(frame: CameraFrame) -> tuple[float, float]:
    """Mean and standard deviation, grey levels."""
    mean, spread = cv2.meanStdDev(frame.rgb)
    return float(mean.mean()), float(spread.mean())
