"""Lessons and networks without a world, small enough for a test."""

from __future__ import annotations

import numpy as np
import torch

from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from datasets.observation import EgoState, Observation, Route
from planning.policy.code import PATH_SIZE
from planning.policy.config import PolicyConfig
from planning.policy.lessons import Lessons
from planning.policy.network import PolicyNet

_SMALL = {"heads": 2, "width": 8, "queries": 3, "parts": 2, "squeezed": 4, "token": 4, "hidden": 16}
TINY = PolicyConfig(**_SMALL, cameras=2, channels=4, rows=2, columns=3)


def lessons(count: int = 48, seed: int = 0, config: PolicyConfig = TINY) -> Lessons:
    """A world in which the first feature tells where the path runs, the second how fast to go."""
    rng = np.random.default_rng(seed)
    shape = (count, config.cameras, config.channels, config.rows, config.columns)
    told = rng.uniform(-1, 1, (count, 2))
    coarse = rng.uniform(0, 0.1, shape)
    coarse[:, :, 0] += 1 + told[:, 0, None, None, None]
    coarse[:, :, 1] += 1 + told[:, 1, None, None, None]
    path = np.zeros((count, PATH_SIZE))
    path[:, 0] = told[:, 0]
    ego = np.ones((count, EGO_INPUTS))
    return Lessons(
        coarse=coarse.astype(np.float16),
        route=rng.normal(size=(count, ROUTE_INPUTS)).astype(np.float32),
        ego=ego.astype(np.float32),
        path=path.astype(np.float32),
        speed=(10 + 4 * told[:, 1]).astype(np.float32),
        stretch=np.arange(count, dtype=np.int64) // 6,
        moved=np.arange(count) // 6 % 2 == 1,
    )


def network(config: PolicyConfig = TINY, seed: int = 0) -> PolicyNet:
    """Untrained, but with something to say."""
    torch.manual_seed(seed)
    net = PolicyNet(config).eval()
    for driver in net.drivers:
        torch.nn.init.normal_(driver.tell.weight, std=0.3)
    return net


def observation(speed: float = 10.0) -> Observation:
    """Of a car on its way along a straight route; no pictures."""
    route = Route(np.array([[-20.0, 0.5], [40.0, -0.5], [100.0, 1.0]]))
    return Observation(0.0, (), EgoState(speed, 0.0, 0.0, 0.0), route)
