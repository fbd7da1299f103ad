"""Eyes that see the truth: what a perfect network would say, or one with errors of a known size.

They test everything behind the network by itself: tracking, the road over time, the scene, the
scores, and whether a planner can drive on what the network is asked for at all:

    uv run scripts/evaluate.py --agent scripts.true_eyes:rules
    uv run scripts/evaluate_perception.py --eyes scripts.true_eyes:TrueEyes
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from control.agent import RuleDriver
from datasets.checks import FloatArray
from datasets.observation import Observation
from datasets.scene import Agents
from perception.nouns import SLOTS, STATION_S, STATIONS, Detections, Glance, RoadEstimate
from perception.road_truth import PERFECT, road_truth
from perception.source import Perception
from planning.planner import RulePlanner
from sim.world import World

VISIBLE = 0.25  # share of a vehicle from which on it is detected
SCORE = 0.9
MISSED = 0.1  # of the detections, with noise 1


class TrueEyes:
    """A Look at the world itself. With `noise` 1 the errors are about those of a fair network: 4 %
    in range, 0.5 % of the range across, 5 degrees, 4 m/s, and 3 cm of lane plus 0.4 % of s."""

    needs_cameras = False

    def __init__(self, world: World, noise: float = 0.0, seed: int = 0) -> None:
        self._world = world
        self._noise = noise
        self._rng = np.random.default_rng(seed)

    def __call__(self, observation: Observation) -> Glance:
        del observation  # the truth needs no senses
        truth = self._world.truth()
        seen = detections(truth.agents, self._rng, self._noise)
        return Glance(seen, disturbed(road_truth(truth), self._rng, self._noise))


def rules(world: World) -> RuleDriver:
    """The rule planner on perception with true eyes: the most that any network can make of it."""
    return RuleDriver("rules", Perception(TrueEyes(world)), RulePlanner())


rules.needs_cameras = False  # type: ignore[attr-defined]


def detections(agents: Agents, rng: np.random.Generator, noise: float) -> Detections:
    """The visible agents as one camera would detect them."""
    agents = agents.where(agents.visible > VISIBLE).compact()
    n = len(agents)
    away = np.hypot(*agents.xy_ego.T)
    sight = agents.xy_ego / np.maximum(away, 1e-6)[:, None]
    normal = np.stack([-sight[:, 1], sight[:, 0]], axis=1)
    along = noise * (0.1 + 0.04 * away) + 0.01
    across = noise * (0.05 + 0.005 * away) + 0.01
    error = noise * rng.normal(size=(4, n)) * [along, across, np.full(n, 0.08), np.full(n, 4.0)]
    seen = Detections(
        camera=np.zeros(n, np.int64),
        score=np.full(n, SCORE),
        xy_ego=agents.xy_ego + error[0, :, None] * sight + error[1, :, None] * normal,
        xy_cov=_outer(along, sight) + _outer(across, normal),
        heading=agents.heading + error[2],
        heading_std=np.full(n, 0.08 * noise + 0.01),
        speed=agents.speed + error[3],
        speed_std=np.full(n, 4.0 * noise + 0.1),
        length=agents.length,
        width=agents.width,
        obstacle=(agents.kind == 1).astype(np.float64),
        braking=agents.braking.astype(np.float64),
        indicator=np.eye(3)[agents.indicator + 1],
        visible=agents.visible,
    )
    return seen.where(rng.random(n) >= MISSED * noise)


def disturbed(road: RoadEstimate, rng: np.random.Generator, noise: float) -> RoadEstimate:
    """A road with errors across it that change slowly along it."""
    std = noise * (0.03 + 0.004 * STATION_S) + PERFECT
    step = np.gradient(road.xy_ego, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.hypot(*step.T)[:, None]
    bend = rng.normal(0, 0.7, 2) @ np.stack([np.ones(STATIONS), STATION_S / 50 - 1])
    across = noise * std * bend
    beside = noise * std * rng.normal(0, 1, (SLOTS, 1)) * (np.arange(SLOTS) != SLOTS // 2)[:, None]
    return replace(
        road,
        xy_ego=road.xy_ego + across[:, None] * normal,
        lateral_std=std,
        lane_offset=road.lane_offset + beside,
        lane_offset_std=np.tile(std, (SLOTS, 1)),
        junction_begin=road.junction_begin + noise * rng.normal(),
        junction_end=road.junction_end + noise * rng.normal(),
        junction_std=noise + PERFECT,
    )


def _outer(std: FloatArray, axis: FloatArray) -> FloatArray:
    return np.asarray((std**2)[:, None, None] * axis[:, :, None] * axis[:, None, :])
