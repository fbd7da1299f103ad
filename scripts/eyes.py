"""Who looks through the cameras, by name: the shipped network, or a Look of your own."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from datasets.driving import Agent, Decision
from datasets.observation import Observation
from perception.runtime import OnnxLook
from perception.source import Look, Perception
from sim.world import World


def _torch_look() -> Look:
    from perception.torch_runtime import TorchLook  # seconds, which nobody else has to wait

    return TorchLook()


SHIPPED = "onnx"
LOOKS: dict[str, Callable[[], Look]] = {"onnx": OnnxLook, "torch": _torch_look}


def perception_named(name: str, world: World) -> Perception:
    """Perception with the eyes of that name; ValueError names the good ones. A factory of your own,
    `module:factory`, is called with the world."""
    if name in LOOKS:
        return Perception(LOOKS[name]())
    module, colon, factory = name.partition(":")
    if not colon:
        raise ValueError(f"eyes: expected {', '.join(LOOKS)} or module:factory; got {name!r}")
    try:
        found = getattr(importlib.import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"eyes: expected an importable module:factory; {error}") from error
    return Perception(found(world))


class RideAlong:
    """An agent whose passenger looks at every tick before it is driven."""

    def __init__(self, driver: Agent, passenger: Perception) -> None:
        self._driver = driver
        self.passenger = passenger

    def reset(self) -> None:
        self._driver.reset()
        self.passenger.reset()

    def act(self, observation: Observation) -> Decision:
        self.scene = self.passenger.perceive(observation)
        return self._driver.act(observation)
