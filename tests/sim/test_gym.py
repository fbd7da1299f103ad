"""The contract with Gymnasium: its own checker, vectors of environments, pickling."""

import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from sim.gym import env_id
from sim.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_gymnasium_accepts_the_environment(name):
    env = gymnasium.make(env_id(name), render_mode="rgb_array")
    check_env(env.unwrapped)


def test_environments_run_side_by_side_in_processes():
    ids = [env_id("merge"), env_id("merge")]
    envs = gymnasium.vector.AsyncVectorEnv(
        [lambda id_=id_: gymnasium.make(f"sim.gym:{id_}") for id_ in ids], context="spawn"
    )
    try:
        first, _ = envs.reset(seed=[1, 2])
        assert first["cameras"]["rear"].shape[0] == 2
        after, reward, *_ = envs.step(np.zeros((2, 2), np.float32))
        assert np.all(reward > 1)  # both drive on at 30 m/s
        alone = gymnasium.make(ids[1])
        alone.reset(seed=2)
        there, *_ = alone.step(np.zeros(2, np.float32))
        np.testing.assert_array_equal(after["ego"][1], there["ego"])
        np.testing.assert_array_equal(after["cameras"]["left"][1], there["cameras"]["left"])
    finally:
        envs.close()


def test_an_environment_can_be_pickled():
    env = gymnasium.make(env_id("exit"), weather="fog").unwrapped
    again = pickle.loads(pickle.dumps(env))
    observation, _ = env.reset(seed=3)
    np.testing.assert_array_equal(again.reset(seed=3)[0]["route"], observation["route"])


def test_an_unseeded_reset_draws_a_training_seed():
    env = gymnasium.make(env_id("lane-keeping"))
    env.reset(seed=0)
    seeds = {env.reset()[1]["seed"] for _ in range(4)}
    assert len(seeds) == 4
    assert max(seeds) < 10_000
