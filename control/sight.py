"""What the pilot sees: the scene of now as far as the senses are sound, and the memory of it.

The front cameras tell the road. While either is not to be trusted, or the network fails, the road
is remembered and moved along. A camera to the side or to the rear that is lost takes the lane
changes with it, because nobody knows who is there, and the side ones the way into a junction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from control.margin import Margin, at_most
from control.plans import attempt
from control.scene_memory import SceneMemory
from control.sensor_watch import Senses
from datasets.scene import Scene
from perception.source import Perception

ROAD_CAMERAS = frozenset({"front_narrow", "front_wide"})
JUNCTION_CAMERAS = frozenset({"left", "right"})
OUT_OF_SIGHT = 0.35  # s for which the rules may go by memory: three ticks
BEFORE_JUNCTION = 11.0  # m that are left to a junction which cannot be looked into
BRAKING = 2.5  # m/s^2 at which the car could still stop before it
IN_JUNCTION = 2.5  # m: nearer than this, the front of the car is in it


@dataclass(frozen=True, slots=True)
class View:
    """What is seen in one tick."""

    scene: Scene  # of now where it is seen, of memory where it is not
    coarse: NDArray[np.float32] | None  # the trunk's features; None if the network failed
    network: Margin
    rules: tuple[Margin, ...]  # what the rules need of it


class Sight:
    """From senses to a view."""

    def __init__(self, perception: Perception) -> None:
        self.perception = perception
        self._memory = SceneMemory()

    def reset(self) -> None:
        self.perception.reset()
        self._memory.reset()

    def look(self, senses: Senses) -> View:
        """The view of this tick."""
        observation = senses.observation
        self._memory.reckon(observation)
        scene, network = attempt("network", lambda: self.perception.perceive(observation))
        coarse = None
        if scene is not None and self.perception.last is not None:
            coarse = self.perception.last.coarse
        sound = not (senses.blind & ROAD_CAMERAS)
        if scene is not None and sound and len(scene.lanes):
            self._memory.keep(scene)
        else:
            remembered = self._memory.recall(observation)
            agents = remembered.agents if scene is None or not sound else scene.agents
            scene = replace(remembered, agents=agents)
        age = self._memory.age(observation.t)
        margins = [at_most("road out of sight", age, OUT_OF_SIGHT)]
        if senses.blind:
            scene = replace(scene, lanes=replace(scene.lanes, left_of=scene.lanes.left_of & False))
        if senses.blind & JUNCTION_CAMERAS:
            margins.append(self._junction(observation.ego.speed))
        return View(scene, coarse, network, tuple(margins))

    def _junction(self, speed: float) -> Margin:
        """How far it still is to where the car would have to stop before a junction that it cannot
        look into. In one, or too near to stop, it had better go on."""
        last = self.perception.last
        check = "sight into the junction"
        if last is None or last.road.junction < 0.5:
            return Margin(check, 1.0)
        begin = last.road.junction_begin
        if begin < IN_JUNCTION + speed**2 / (4 * BRAKING):
            return Margin(check, 1.0)
        left = begin - BEFORE_JUNCTION - speed**2 / (2 * BRAKING)
        return Margin(check, float(np.clip(left / BEFORE_JUNCTION, -1.0, 1.0)))
