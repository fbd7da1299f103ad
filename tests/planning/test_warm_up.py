"""Warm-up: no plan waits for a compiler."""

import itertools
import multiprocessing
import sys

from numba.core.dispatcher import Dispatcher

from control.agent import RuleDriver
from planning.planner import RulePlanner
from planning.warm_up import warm_up
from sim.baselines import TrueScenes
from sim.loop import drive
from sim.world import World

LATER = "planning.policy."  # called in every tick that a policy drives, not only in some


def compiled():
    """What the kernels of the planner that were called are compiled for."""
    return {
        f"{name}.{kernel}": {str(signature) for signature in value.signatures}
        for name, module in sys.modules.items()
        if name.startswith("planning.") and not name.startswith(LATER)
        for kernel, value in vars(module).items()
        if isinstance(value, Dispatcher) and value.signatures
    }


def test_no_plan_waits_for_a_compiler():
    """In a process of its own: elsewhere other tests have called the kernels already."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        reasons, before, after = pool.apply(warmed_up_and_driven)
    assert "driving around a breakdown" in reasons
    assert "giving way" in reasons
    assert after == before


def warmed_up_and_driven():
    """The reasons of two drives, and what is compiled before and after them."""
    warm_up()
    planned("intersection-left", 0, ticks=1)  # the controller acts for the first time
    before = compiled()
    reasons = {reason for seed in (0, 479) for reason in planned("intersection-left", seed)}
    return reasons, before, compiled()


def planned(scenario, seed, ticks=80):
    """The reasons of what is planned there."""
    world = World(scenario, cameras=False)
    driver = RuleDriver("rules", TrueScenes(world), RulePlanner())
    return [tick.decision.reason for tick in itertools.islice(drive(world, driver, seed), ticks)]
