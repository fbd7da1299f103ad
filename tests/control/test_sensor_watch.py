"""The senses: each check fires on its fault within a moment, and is silent on sound ones."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from control.sensor_watch import SensorWatch
from datasets.driving import Action
from datasets.observation import Observation
from scripts.agents import expert
from scripts.faults import CAMERAS, SENSOR_FAULTS
from sim.cameras.rig import default_rig
from sim.faults import Swapped
from sim.loop import drive
from sim.manoeuvres.stage import Actor, Stage, Start
from sim.scenarios import SCENARIOS
from sim.world import World

BROKEN_AT = 12  # tick


def driven(scenario: str, weather: str, ticks: int = 30) -> list[Observation]:
    world = World(scenario, weather)
    episode = drive(world, expert(world), 5)
    return [tick.observation for tick, _ in zip(episode, range(ticks), strict=False)]


@pytest.fixture(scope="module")
def sound():
    return driven("highway", "clear", 80)


def spoilt(sound, name, since=BROKEN_AT):
    spoil = SENSOR_FAULTS[name]
    return [each if k < since else spoil(sound[: k + 1], since) for k, each in enumerate(sound)]


def watched(observations):
    """The senses of every tick."""
    watch = SensorWatch(default_rig())
    return [watch.check(each) for each in observations]


def failing(senses):
    return {margin.check for margin in senses.margins if not margin.passed}


@pytest.mark.parametrize(
    ("scenario", "weather"),
    [("highway", "night"), ("roundabout", "fog"), ("lane-keeping", "rain"), ("merge", "low-sun")],
)
def test_sound_senses_pass_in_every_light_and_come_through_unchanged(scenario, weather):
    observations = driven(scenario, weather)
    for observation, senses in zip(observations, watched(observations), strict=True):
        assert failing(senses) == set()
        assert senses.blind == frozenset()
        assert senses.observation.ego == observation.ego
        assert all(
            ours is theirs
            for ours, theirs in zip(senses.observation.frames, observation.frames, strict=True)
        )


@pytest.mark.parametrize("kind", ["black", "frozen", "late", "missing"])
@pytest.mark.parametrize("camera", CAMERAS)
def test_a_broken_camera_is_named_at_once_and_shown_black(sound, camera, kind):
    senses = watched(spoilt(sound, f"camera-{camera}-{kind}")[:20])
    for k, each in enumerate(senses):
        broken = k >= BROKEN_AT
        wrong = {f"camera {camera.replace('_', ' ')} {kind}"} if broken else set()
        assert failing(each) == wrong, k
        assert each.blind == ({camera} if broken else set())
        frames = {frame.camera.name: frame for frame in each.observation.frames}
        assert list(frames) == list(CAMERAS)
        assert (frames[camera].rgb.max() == 0) == broken


@pytest.mark.parametrize("pair", ["left-right", "front-rear"])
@pytest.mark.parametrize("since", [0, BROKEN_AT])
def test_exchanged_cameras_are_found_soon_whenever_it_happens_and_when_it_ends(sound, pair, since):
    ends, soon = 40, 8
    exchanged = spoilt(sound, f"swapped-{pair}", since)
    senses = watched(exchanged[:ends] + sound[ends:])
    names = {"left": "left", "right": "right", "front": "front_wide", "rear": "rear"}
    both = {names[each] for each in pair.split("-")}
    for k, each in enumerate(senses):
        if k < since or k > ends + 3 * soon:
            assert each.blind == set(), k
        elif since + soon < k < ends:
            assert each.blind == both, k


@pytest.mark.parametrize("side", ["left", "right"])
def test_who_rides_along_beside_the_car_exchanges_no_cameras(side):
    """By night, with a car ahead: all that moves through the side picture is the one beside."""
    road, slow = ("0", "1"), 2.8
    beside = Start(road, {"left": 0, "right": 2}[side], 61.0, slow + 0.4)
    stage = Stage(Start(road, 1, 60.0, slow), (Actor(Start(road, 1, 68.0, slow)), Actor(beside)))
    world = World(replace(SCENARIOS["highway"], name="escort", stage=stage), "night")
    watch, observation = SensorWatch(default_rig()), world.reset(0)
    for k in range(50):
        assert watch.check(observation).blind == set(), k
        observation, _ = world.step(Action(0.0, 0.0))


@pytest.mark.parametrize("pair", list(itertools.combinations(CAMERAS, 2)))
def test_any_two_cameras_that_are_exchanged_are_found_within_a_second(sound, pair):
    exchanged = [Swapped(*pair)(sound[: k + 1], 0) for k in range(20)]
    blind = {"front_narrow", "front_wide"} != set(pair)  # those two are not told apart
    for senses in watched(exchanged)[10:]:
        assert senses.blind == (set(pair) if blind else set())


@pytest.mark.parametrize(("name", "factor"), [("ego-speed+10", 1.1), ("ego-speed-10", 0.9)])
def test_a_wrong_speedometer_is_found_and_corrected_by_the_phone(sound, name, factor):
    senses = watched(spoilt(sound, name))
    found = [k for k, each in enumerate(senses) if failing(each) == {"speedometer"}]
    assert found == list(range(found[0], len(sound)))
    assert BROKEN_AT <= found[0] <= BROKEN_AT + 5
    for k in range(BROKEN_AT + 6, len(sound)):
        true = sound[k].ego.speed
        assert abs(true * factor - true) > 1.5
        assert abs(senses[k].observation.ego.speed - true) < 0.4


def test_braking_hard_is_no_fault_of_the_speedometer():
    world = World("highway", cameras=False)
    observation, watch = world.reset(3), SensorWatch(default_rig())
    for _ in range(25):
        speedometer = next(m for m in watch.check(observation).margins if m.check == "speedometer")
        assert speedometer.passed
        observation, _ = world.step(Action(-6.0 if observation.ego.speed > 4 else 0.0, 0.0))


def test_an_answer_that_comes_late_is_a_missed_deadline(sound):
    senses = watched(sound[:10] + sound[15:])
    assert [k for k, each in enumerate(senses) if "deadline" in failing(each)] == [10]


def test_reset_forgets_everything(sound):
    watch = SensorWatch(default_rig())
    for each in spoilt(sound, "swapped-left-right"):
        watch.check(each)
    watch.reset()
    assert failing(watch.check(sound[0])) == set()
    assert watch.check(replace(sound[1])).blind == frozenset()


def test_pictures_from_the_future_and_of_no_light_at_all_are_not_trusted(sound):
    first, second = sound[0], sound[1]
    early = replace(second.frames[0], t=second.t + 0.05)
    dim = replace(second.frames[1], rgb=np.full_like(second.frames[1].rgb, 3))
    flat = replace(second.frames[2], rgb=np.full_like(second.frames[2].rgb, 200))
    frames = (early, dim, flat, *second.frames[3:])
    senses = watched([first, replace(second, frames=frames)])[-1]
    assert senses.blind == {"front_narrow", "front_wide", "left"}
