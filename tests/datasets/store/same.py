"""When what comes back from disk is what went there."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from datasets.driving import Shadow, Trajectory
from datasets.scene import Agents, Lanes, Scene
from datasets.store.logged import LoggedTick

FINE, LANE = 0.51e-4, 0.51e-3  # m, rad, m/s; m: half a step of the text format, and rounding


def assert_same_agents(a: Agents, b: Agents) -> None:
    a = a.compact()
    for field in fields(a):
        expected, got = getattr(a, field.name), getattr(b, field.name)
        assert expected.shape == got.shape
        assert expected.dtype == got.dtype
        np.testing.assert_allclose(got, expected, rtol=0, atol=FINE, err_msg=field.name)


def assert_same_lanes(a: Lanes, b: Lanes) -> None:
    tolerance = {"xy_ego": LANE, "lateral_std": LANE, "width": FINE, "speed_limit": FINE}
    for field in fields(a):
        expected, got = getattr(a, field.name), getattr(b, field.name)
        assert expected.shape == got.shape
        if field.name in ("xy_ego", "lateral_std"):
            expected, got = expected[a.valid], got[a.valid]
        limit = tolerance.get(field.name, 0)
        np.testing.assert_allclose(got, expected, rtol=0, atol=limit, err_msg=field.name)


def assert_same_scene(a: Scene, b: Scene) -> None:
    assert (a.t, a.ego) == (b.t, b.ego)
    assert_same_agents(a.agents, b.agents)
    assert_same_lanes(a.lanes, b.lanes)
    np.testing.assert_allclose(b.route.xy_ego, a.route.xy_ego, rtol=0, atol=FINE)


def assert_same(a: LoggedTick, b: LoggedTick, picture_error: float = 0) -> None:
    """Exactly the same numbers and words; scenes and plans to the precision of their text."""
    assert (a.executed, a.intervention, a.world_from_ego, a.simulator) == (
        b.executed,
        b.intervention,
        b.world_from_ego,
        b.simulator,
    )
    one, other = a.tick, b.tick
    assert (one.index, one.outcome, one.compute_time) == (
        other.index,
        other.outcome,
        other.compute_time,
    )
    seen, read = one.observation, other.observation
    assert (seen.t, seen.ego) == (read.t, read.ego)
    np.testing.assert_array_equal(seen.route.xy_ego, read.route.xy_ego)
    for taken, kept in zip(seen.frames, read.frames, strict=True):
        assert (taken.t, taken.camera.name) == (kept.t, kept.camera.name)
        np.testing.assert_array_equal(taken.camera.intrinsics, kept.camera.intrinsics)
        difference = taken.rgb.astype(float) - kept.rgb
        assert np.sqrt(np.mean(difference**2)) <= picture_error
    assert_same_scene(one.truth, other.truth)
    said, read_decision = one.decision, other.decision
    assert (said.action, said.driver, said.reason) == (
        read_decision.action,
        read_decision.driver,
        read_decision.reason,
    )
    assert (said.scene is None) == (read_decision.scene is None)
    if said.scene is not None and read_decision.scene is not None:
        assert_same_scene(said.scene, read_decision.scene)
    assert_same_trajectory(said.trajectory, read_decision.trajectory)
    assert_same_shadow(said.shadow, read_decision.shadow)


def assert_same_shadow(a: Shadow | None, b: Shadow | None) -> None:
    assert (a is None) == (b is None)
    if a is not None and b is not None:
        assert_same_trajectory(a.trajectory, b.trajectory)
        assert replace(a, trajectory=None) == replace(b, trajectory=None)


def assert_same_trajectory(a: Trajectory | None, b: Trajectory | None) -> None:
    assert (a is None) == (b is None)
    if a is not None:
        for field in fields(a):
            expected, got = getattr(a, field.name), getattr(b, field.name)
            np.testing.assert_allclose(got, expected, rtol=0, atol=FINE)
