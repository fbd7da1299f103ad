"""The network: what it looks at, and what it remembers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from planning.policy.config import PolicyConfig
from planning.policy.driver import Policy
from planning.policy.export import OneTick
from tests.planning.policy.made_up import TINY, lessons, network, observation

REMEMBERING = replace(TINY, ticks=3, spacing=2)


def inputs_of(count=4, config=TINY):
    some = lessons(count, config=config)
    coarse = torch.from_numpy(some.coarse).float()
    return coarse, torch.from_numpy(some.route), torch.from_numpy(some.ego)


def test_what_is_seen_matters_and_where():
    net = network()
    coarse, route, ego = inputs_of()
    told = net(coarse[:, None], route, ego).paths
    elsewhere = net(coarse.flip(-1)[:, None], route, ego).paths
    dark = net(torch.zeros_like(coarse)[:, None], route, ego).paths
    assert (told - elsewhere).abs().max() > 1e-3
    assert (told - dark).abs().max() > 1e-3


def test_the_heads_are_drivers_of_their_own():
    net = network()
    coarse, route, ego = inputs_of()
    wish = net(coarse[:, None], route, ego)
    assert (wish.paths[:, 0] - wish.paths[:, 1]).abs().max() > 1e-3
    wish.paths[:, 0].sum().backward()
    other = [p.grad for p in net.drivers[1].parameters() if p.grad is not None]
    assert all(not grad.any() for grad in other)


def test_the_speed_it_is_told_does_not_enter_what_it_says_of_its_own():
    net = network()
    coarse, route, ego = inputs_of()
    told, other = (net(coarse[:, None], route, e).own_speed for e in (ego, ego * 3))
    torch.testing.assert_close(told, other)


def test_one_tick_at_a_time_says_what_a_batch_says():
    net = network(REMEMBERING)
    coarse, route, ego = inputs_of(3, REMEMBERING)
    batch = net(coarse[None], route[-1:], ego[-1:])
    past = torch.stack([net.look(coarse[i : i + 1])[0] for i in range(2)])
    sides, paths, speeds, _ = OneTick(net)(coarse[-1], route[-1], ego[-1], past)
    torch.testing.assert_close(sides, batch.sides[0])
    torch.testing.assert_close(paths, batch.paths[0])
    torch.testing.assert_close(speeds, batch.speeds[0])


class Scripted:
    """A mind that brings home the number of the tick, and notes the past that it is given."""

    config = REMEMBERING

    def __init__(self):
        self.given = []

    def __call__(self, inputs):
        coarse, past = inputs[0], inputs[3]
        self.given.append(past[:, 0, 0].tolist())
        k = self.config.heads
        now = np.full((k, self.config.seen), coarse.flat[0], np.float32)
        return np.zeros((k, 3)), np.zeros((k, 3, 17)), np.zeros((k, 24)), now


def test_memory_reaches_back_evenly_and_ends_at_reset():
    mind = Scripted()
    driver = Policy(mind)
    shape = (TINY.cameras, TINY.channels, TINY.rows, TINY.columns)
    for _ in range(2):
        mind.given.clear()
        for tick in range(6):
            driver.plan(observation(), np.full(shape, tick, np.float32))
        # The first tick is asked twice: before it there was the first tick, as in training.
        assert mind.given[1:] == [[0, 0], [0, 0], [0, 0], [0, 1], [0, 2], [1, 3]]
        driver.reset()


@pytest.mark.parametrize("speed", [10.0, 20.0, 28.0])
def test_the_same_way_can_be_driven_slower_and_slower_until_it_stands(speed):
    shape = (TINY.cameras, TINY.channels, TINY.rows, TINY.columns)
    plan = Policy(Scripted()).plan(observation(speed), np.zeros(shape, np.float32))
    slower = [plan.slowed(by) for by in (0.0, 2.0, 5.0, 11.0, np.inf)]
    ends = [each.speed[-1] for each in slower]
    assert ends == sorted(ends, reverse=True)
    assert ends[-1] < max(0.01, speed - 22.5)  # with all that the brakes have
    np.testing.assert_allclose(slower[0].speed, plan.trajectory.speed)
    for each in slower:  # nobody leaves the way: each is where it was to be, only later
        np.testing.assert_allclose(each.xy_ego[:, 1], plan.trajectory.xy_ego[0, 1], atol=0.05)


def test_features_of_another_trunk_are_refused():
    with pytest.raises(ValueError, match=r"features of shape \(2, 4, 2, 3\), got \(5, 96, 5, 12\)"):
        Policy(Scripted()).plan(observation(), np.zeros((5, 96, 5, 12), np.float32))


def test_impossible_shapes_are_refused():
    with pytest.raises(ValueError, match="a width of whole parts"):
        PolicyConfig(width=10, parts=4)
