"""The policy in the repository: it belongs to the perception beside it, and it can drive."""

import numpy as np

from perception.runtime import OnnxLook
from perception.trunk import trunk_of
from planning.policy.driver import TORCH_FILE, WEIGHTS, OnnxMind, Policy
from planning.policy.torch_mind import TorchMind
from planning.policy.weights import load_weights
from scripts.agents import make_agent
from sim.loop import drive
from sim.world import World

MOST = 3_200_000  # bytes of weights in all


def test_it_is_small():
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < MOST


def test_it_was_trained_on_the_trunk_that_is_shipped():
    trunk = load_weights(TORCH_FILE)[1]["eyes"]
    assert trunk == trunk_of(), "train the policy again on the new trunk: docs/policy.md"


def test_both_forms_are_of_the_same_training():
    observation = World("merge").reset(3)
    coarse = OnnxLook()(observation).coarse
    plans = [Policy(mind).plan(observation, coarse) for mind in (OnnxMind(), TorchMind())]
    one, other = (plan.trajectory for plan in plans)
    np.testing.assert_allclose(one.xy_ego, other.xy_ego, atol=0.05)
    np.testing.assert_allclose(one.speed, other.speed, atol=0.05)


def test_it_keeps_its_lane_on_a_clear_day():
    world = World("lane-keeping")
    ticks = list(zip(range(60), drive(world, make_agent("policy", world), 1), strict=False))
    assert len(ticks) == 60
    assert ticks[-1][1].outcome is None
    assert {tick.decision.driver for _, tick in ticks} == {"policy"}
