"""The trained policy as a LearnedDriver, through ONNX Runtime, which needs no torch
(planning/policy/torch_mind.py is the alternative); both from files in planning/policy/weights,
which are made from the same training. One tick takes one thread, as perception does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from datasets.driving import Trajectory
from datasets.learning.inputs import ego_inputs, route_inputs
from datasets.learning.onnx_file import open_format
from datasets.observation import Observation
from planning.learned import LearnedPlan
from planning.policy.config import FORMAT, PolicyConfig
from planning.policy.council import Agreed, agree
from planning.policy.follow import fastest, follow

WEIGHTS = Path(__file__).parent / "weights"
ONNX_FILE, TORCH_FILE = WEIGHTS / "policy.onnx", WEIGHTS / "policy.safetensors"
Single = NDArray[np.float32]


class Mind(Protocol):
    """A network that wants something: see planning.policy.export."""

    config: PolicyConfig

    def __call__(self, inputs: Sequence[Single]) -> Sequence[Single]: ...


class OnnxMind:
    """Through ONNX Runtime."""

    def __init__(self, path: Path = ONNX_FILE, threads: int = 1) -> None:
        self._session, about = open_format(path, FORMAT, threads)
        self.config = PolicyConfig(**about["network"])
        self._names = [each.name for each in self._session.get_inputs()]

    def __call__(self, inputs: Sequence[Single]) -> Sequence[Single]:
        told: Sequence[Single] = self._session.run(
            None, dict(zip(self._names, inputs, strict=True))
        )
        return told


class Policy:
    """A LearnedDriver. State between ticks: what its heads brought home from the last few."""

    def __init__(self, mind: Mind | None = None) -> None:
        self._mind = mind or OnnxMind()
        self.reset()

    def reset(self) -> None:
        self._seen: list[Single] = []  # of the ticks before, the latest last
        self.last: Agreed | None = None

    def plan(self, observation: Observation, coarse: NDArray[np.float32]) -> LearnedPlan:
        config = self._mind.config
        expected = (config.cameras, config.channels, config.rows, config.columns)
        if coarse.shape != expected:
            raise ValueError(
                f"policy: expected features of shape {expected}, got {coarse.shape}: "
                "it was trained on another trunk"
            )
        ego = observation.ego
        inputs = [coarse.astype(np.float32), route_inputs(observation.route), ego_inputs(ego)]
        *told, now = self._ask(inputs)
        self._remember(now)
        sides, paths, speeds = (each.astype(np.float64) for each in told)
        self.last = agreed = agree(sides, paths, speeds, ego.speed)
        trajectory = follow(agreed.path, agreed.target_speed, ego)
        attainable = min(agreed.target_speed, fastest(ego.speed))

        def slowed(by: float) -> Trajectory:
            return follow(agreed.path, max(attainable - by, 0.0), ego, np.isinf(by))

        return LearnedPlan(trajectory, agreed.path_spread, agreed.speed_spread, slowed)

    def _ask(self, inputs: list[Single]) -> Sequence[Single]:
        config = self._mind.config
        if config.ticks == 1:
            return self._mind(inputs)
        if not self._seen:  # before the first tick there was the first tick, as in training
            shape = (config.ticks - 1, config.heads, config.seen)
            self._seen = [self._mind([*inputs, np.zeros(shape, np.float32)])[-1]]
        back = [i * config.spacing for i in range(config.ticks - 1, 0, -1)]
        past = np.stack([self._seen[max(len(self._seen) - i, 0)] for i in back])
        return self._mind([*inputs, past])

    def _remember(self, now: Single) -> None:
        config = self._mind.config
        most = (config.ticks - 1) * config.spacing
        self._seen = [*self._seen, now][-most:] if most else []
