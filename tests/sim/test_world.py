"""Laws of the world: the same seed is the same episode, whatever ran before, in any process, and
after being saved and restored; and every way an episode can end."""

import multiprocessing

import numpy as np
import pytest

from datasets.driving import Action
from datasets.episode import DECISION_HZ, End
from sim.highway import make_stock
from sim.scenarios import SCENARIOS
from sim.state import EGO
from sim.world import World
from tests.sim.drivers import tick_log, weaving

NAMES = list(SCENARIOS)
QUICK = [name for name in NAMES if not name.startswith("highway")]


def log_in_new_process(name, seed, ticks):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_log, (name, seed, ticks))


def _log(name, seed, ticks):
    return tick_log(World(name), seed, ticks)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_is_the_same_episode(name):
    assert tick_log(World(name), 3, 15) == tick_log(World(name), 3, 15)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_is_another_episode(name):
    assert tick_log(World(name), 3, 3) != tick_log(World(name), 4, 3)


def test_other_processes_see_the_same_episode():
    for name in ("merge", "intersection-left"):
        assert log_in_new_process(name, 5, 20) == tick_log(World(name), 5, 20)


def test_what_ran_before_does_not_matter():
    """The intersection of highway-env changes its traffic class for the whole process."""
    alone = log_in_new_process("exit", 1, 30)
    tick_log(World("intersection-left"), 1, 10)
    assert tick_log(World("exit"), 1, 30) == alone


def test_worlds_can_take_turns():
    turns = [World("intersection-straight"), World("merge"), World("roundabout")]
    alone = [tick_log(World(world.scenario.name), 2, 12)[-1] for world in turns]
    for world in turns:
        world.reset(2)
    for tick in range(12):
        for world in turns:
            world.step(weaving(tick))
    fresh = [World(world.scenario.name) for world in turns]
    for world, other in zip(turns, fresh, strict=True):
        tick_log(other, 2, 12)
        np.testing.assert_array_equal(world.state.xy_world, other.state.xy_world)
    assert len(set(alone)) == len(alone)


@pytest.mark.parametrize("name", NAMES)
def test_a_restored_world_goes_on_identically(name):
    world = World(name)
    world.reset(6)
    for tick in range(12):
        world.step(weaving(tick))
    saved = world.save()
    states = []
    for tick in range(12, 40):
        if world.outcome is not None:
            break
        world.step(weaving(tick))
        states.append(world.state)
    outcome, goal, progress = world.outcome, world.goal, world.progress

    for other in (World(name), world):  # a new one, and the one that has driven on
        other.restore(saved)
        for tick, state in enumerate(states, start=12):
            other.step(weaving(tick))
            np.testing.assert_array_equal(other.state.id, state.id)
            np.testing.assert_array_equal(other.state.xy_world, state.xy_world)
            np.testing.assert_array_equal(other.state.speed, state.speed)
            np.testing.assert_array_equal(other.state.target_lane, state.target_lane)
        assert (other.outcome, other.goal, other.progress) == (outcome, goal, progress)


@pytest.mark.parametrize("name", NAMES)
def test_a_rewound_world_goes_on_identically(name):
    world = World(name, cameras=False)
    world.reset(6)
    for tick in range(12):
        world.step(weaving(tick))
    moment, runs = world.mark(), []
    for detour in (8, 3):  # what was tried in between leaves no trace
        run = []
        for tick in range(12, 40):
            if world.outcome is not None:
                break
            world.step(weaving(tick))
            run.append((world.state, world.outcome, world.progress))
        runs.append(run)
        world.rewind(moment)
        for tick in range(detour):
            if world.outcome is None:
                world.step(Action(-4.0, 0.02 * (tick % 3)))
        world.rewind(moment)
    assert len(runs[0]) == len(runs[1])
    for (a, *told), (b, *told_again) in zip(*runs, strict=True):
        np.testing.assert_array_equal(a.id, b.id)
        np.testing.assert_array_equal(a.xy_world, b.xy_world)
        np.testing.assert_array_equal(a.speed, b.speed)
        np.testing.assert_array_equal(a.target_lane, b.target_lane)
        assert told == told_again


def test_a_mark_of_another_episode_is_refused():
    world = World("merge", cameras=False)
    world.reset(6)
    moment = world.mark()
    world.reset(6)
    with pytest.raises(ValueError, match="expected a mark of the running episode"):
        world.rewind(moment)


def _restored_positions(saved):
    world = World("intersection-right")
    world.restore(saved)
    for tick in range(20):
        world.step(weaving(tick))
    return world.state.xy_world


def test_a_restored_world_goes_on_identically_in_another_process():
    world = World("intersection-right")
    world.reset(8)
    saved = world.save()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(_restored_positions, (saved,))
    np.testing.assert_array_equal(there, _restored_positions(saved))


@pytest.mark.parametrize(
    ("saved", "complaint"),
    [(b"not compressed", "compressed JSON"), (World, "expected scenario merge, got exit")],
)
def test_a_foreign_save_is_refused(saved, complaint):
    if saved is World:
        other = World("exit")
        other.reset(0)
        saved = other.save()
    with pytest.raises(ValueError, match=complaint):
        World("merge").restore(saved)


def test_a_bad_scenario_name_lists_the_good_ones():
    with pytest.raises(ValueError, match=r"highway, highway-dense, merge.*got 'motorway'"):
        World("motorway")


def test_stepping_before_reset_is_refused():
    world = World("merge")
    with pytest.raises(RuntimeError, match="call reset"):
        world.step(Action(0, 0))


# --- the ways an episode ends ---


def drive_until_it_ends(world, seed, action):
    world.reset(seed)
    while world.outcome is None:
        world.step(action(world))
    return world.outcome


@pytest.mark.parametrize("name", QUICK)
def test_standing_still_never_succeeds(name):
    outcome = drive_until_it_ends(World(name), 0, lambda _: Action(-6.0, 0.0))
    assert not outcome.success


def test_brakes_stop_the_car_and_do_not_reverse_it():
    world = World("lane-keeping")
    world.reset(0)
    for _ in range(40):
        world.step(Action(-6.0, 0.0))
        assert world.state.speed[EGO] > -1e-9
    assert world.state.speed[EGO] == pytest.approx(0, abs=1e-9)


def test_who_stands_for_15_seconds_is_stuck():
    world = World("lane-keeping")
    assert drive_until_it_ends(world, 0, lambda _: Action(-6.0, 0.0)).end is End.STUCK
    assert 15 <= world.tick / DECISION_HZ < 18


def test_who_leaves_the_road_is_off_it():
    outcome = drive_until_it_ends(World("merge"), 0, lambda _: Action(0.0, 0.1))
    assert outcome.end is End.OFF_ROAD


def test_who_crawls_runs_out_of_time():
    def crawl(world):
        return Action.clipped(1.0 - world.state.speed[EGO], 0.0)

    world = World("two-way")
    assert drive_until_it_ends(world, 0, crawl).end is End.TIME_OUT
    assert world.tick == 150


def test_who_runs_into_the_car_ahead_is_at_fault():
    outcome = drive_until_it_ends(World("two-way"), 0, lambda _: Action(6.0, 0.0))
    assert outcome.end is End.COLLISION
    assert outcome.at_fault


def test_who_is_hit_standing_is_not_at_fault():
    outcome = drive_until_it_ends(World("roundabout"), 0, lambda _: Action(-6.0, 0.0))
    assert not outcome.at_fault


# --- traffic ---


def test_traffic_is_as_dense_as_at_native_rates():
    """highway-env tries to spawn a car at every decision: natively once a second, here ten."""
    ours, native, seconds = 0, 0, 15
    for seed in range(4):
        world = World("intersection-straight", cameras=False)
        world.reset(seed)
        first = world.state.id.max()
        for _ in range(seconds * DECISION_HZ):
            if world.outcome is None:
                world.step(Action(-6.0, 0.0))
        ours += world.state.id.max() - first

        stock = make_stock("intersection-v2", {})
        stock.reset(seed=seed)
        seen = {id(body): body for body in stock.road.vehicles}
        first = len(seen)
        for _ in range(seconds):
            stock.step(0)  # slower
            seen |= {id(body): body for body in stock.road.vehicles}
        native += len(seen) - first
    assert native / 1.5 < ours < native * 1.5
