"""The pilot in closed loop: no fault ends the drive with an error, every one finds its driver."""

from dataclasses import replace
from itertools import islice
from unittest.mock import Mock

import numpy as np
import pytest

from control.minimal_risk import MinimalRiskStop, last_resort
from control.supervisor import Driver
from control.tracking import TrajectoryController
from datasets.driving import EASED
from datasets.episode import End
from datasets.geometry import SE2
from datasets.scene import Agents, Lanes
from perception.runtime import OnnxLook
from planning.bicycle import PHYSICS_STEP, forward
from planning.learned import LearnedPlan
from planning.planner import RulePlanner
from planning.policy.code import PATH_SIZE
from planning.policy.follow import follow
from scripts.faults import FAULTS, with_fault
from sim.faults import start_time
from sim.loop import drive
from sim.world import World
from tests.control.stand_ins import pilot
from tests.planning.scenes import agents_at, ego_state, scene_of, seen_from, straight_lanes

SEED = 2  # its faults begin after 3 s
SOME = (
    "camera-front_narrow-late",
    "camera-front_wide-frozen",
    "camera-left-missing",
    "camera-rear-black",
    "swapped-left-right",
    "ego-speed-10",
    "network-nan",
)  # the senses themselves are tested with all of them
STOPS = {"all-black", "network-nan", "swapped-front-rear"} | {
    f"camera-front_{name}-{kind}"
    for name in ("narrow", "wide")
    for kind in ("black", "frozen", "late", "missing")
}


def driven(fault, ticks, spoil=None, look=None, scenario="highway", seed=SEED):
    """The ticks of a drive, and its pilot."""
    world, made = World(scenario), []

    def make(world):
        made.append(pilot(world, spoil, look))
        return made[0]

    agent = with_fault(fault, make, world)
    return list(islice(drive(world, agent, seed), ticks)), made[0]


def test_without_a_fault_the_policy_drives():
    ticks, agent = driven(None, 60)
    assert {tick.decision.driver for tick in ticks} == {Driver.POLICY}
    assert agent.supervisor.switches == []


@pytest.mark.parametrize(
    "fault", [*SOME, *(pytest.param(f, marks=pytest.mark.slow) for f in FAULTS if f not in SOME)]
)
def test_every_fault_finds_its_driver_and_none_raises(fault):
    ticks, agent = driven(fault, 45)
    begins = start_time(SEED)
    assert 2.5 < begins < 3.5
    before = [tick for tick in ticks if tick.observation.t < begins]
    late = ticks[-4:]
    assert {tick.decision.driver for tick in before} == {Driver.POLICY}
    expected = Driver.EMERGENCY if fault in STOPS else Driver.RULES
    if fault != "stall":
        assert {tick.decision.driver for tick in late} == {expected}
    assert agent.supervisor.switches[0].was == Driver.POLICY
    assert begins - 1e-6 <= agent.supervisor.switches[0].t < begins + 0.7
    assert not any(tick.outcome for tick in ticks)


def test_a_stall_is_driven_through_by_the_last_action_and_then_by_the_rules():
    ticks, agent = driven("stall", 60)
    stalled = [k for k, tick in enumerate(ticks) if tick.decision.reason.startswith("no answer")]
    assert len(stalled) == 5
    assert np.ptp(stalled) == 4
    assert len({tick.decision.action for tick in ticks[stalled[0] - 1 : stalled[-1] + 1]}) == 1
    assert [(s.was, s.now) for s in agent.supervisor.switches] == [
        (Driver.POLICY, Driver.RULES),
        (Driver.RULES, Driver.POLICY),
    ]
    assert agent.supervisor.switches[0].why.check == "deadline"


def test_all_cameras_black_it_stops_in_its_lane_by_the_shipped_network():
    ticks, _ = driven("all-black", 150, look=OnnxLook())
    assert ticks[-1].truth.ego.speed < 0.1
    assert ticks[-1].outcome is None or ticks[-1].outcome.end is not End.OFF_ROAD
    lanes = ticks[-1].truth.lanes
    offset = np.abs(np.concatenate([lanes.centerline(i) for i in range(len(lanes))])[:, 1]).min()
    assert offset < 1.0
    standing = [tick.decision for tick in ticks if tick.decision.driver == Driver.EMERGENCY]
    assert all("hazard lights" in decision.reason for decision in standing)


def unfit(t, plan):
    """Wants to turn off the road after a second."""
    if t < 1.0:
        return plan
    turn = 0.4 * plan.trajectory.t
    return replace(plan, trajectory=replace(plan.trajectory, heading=turn))


def unsure(t, plan):
    return plan if t < 1.0 else replace(plan, speed_spread=4.0)


def lost(t, plan):
    if t < 1.0:
        return plan
    return LearnedPlan(
        replace(plan.trajectory, speed=np.full_like(plan.trajectory.t, np.nan)), 0.1, 0.1
    )


@pytest.mark.parametrize(("spoil", "taken"), [(unfit, 10), (unsure, 12), (lost, 10)])
def test_a_bad_wish_is_not_driven_and_the_wheel_comes_back_when_it_is_good_again(spoil, taken):
    def for_a_while(t, plan):
        return spoil(t, plan) if t < 1.5 else plan

    ticks, agent = driven(None, 50, spoil=for_a_while)
    drivers = [tick.decision.driver for tick in ticks]
    assert drivers[:taken] == [Driver.POLICY] * taken
    assert drivers[taken] == drivers[14] == Driver.RULES
    assert drivers[-1] == Driver.POLICY
    assert len(agent.supervisor.switches) == 2


def test_the_rules_are_told_when_their_plan_is_not_driven(monkeypatch):
    told = Mock()
    monkeypatch.setattr(RulePlanner, "let_go", told)
    ticks, _ = driven(None, 30, spoil=unsure)
    by_others = sum(tick.decision.driver != Driver.RULES for tick in ticks)
    assert 0 < by_others < len(ticks)
    assert told.call_count == by_others


def hurried(_, plan):
    """Wants to go straight on at 25 m/s, whoever drives ahead."""
    speed = plan.trajectory.speed
    ego = ego_state(speed[0], accel=(speed[1] - speed[0]) / 0.1)
    straight = np.zeros(PATH_SIZE)
    wish = follow(straight, 25.0, ego)
    return replace(
        plan, trajectory=wish, slowed=lambda by: follow(straight, max(speed[0] - by, 0.0), ego)
    )


def test_who_is_only_too_fast_is_held_back_and_keeps_the_wheel():
    ticks, agent = driven(None, 100, spoil=hurried, scenario="two-way", seed=0)
    drivers = [tick.decision.driver for tick in ticks]
    assert set(drivers) == {Driver.POLICY, EASED}
    assert agent.supervisor.switches == []
    first = drivers.index(EASED)
    assert " m/s slower than it wished; " in ticks[first].decision.reason
    assert not any(tick.outcome and tick.outcome.end is End.COLLISION for tick in ticks)
    assert ticks[-1].observation.ego.speed < 20.0  # as slow as the one ahead


def test_the_same_seed_gives_the_same_drive():
    one, other = (driven("camera-left-black", 35)[0] for _ in range(2))
    assert [t.decision.action for t in one] == [t.decision.action for t in other]
    assert [t.decision.reason for t in one] == [t.decision.reason for t in other]


@pytest.mark.parametrize("speed", [0.0, 3.0, 12.0, 30.0])
@pytest.mark.parametrize("offset", [0.0, 1.5, -1.8])
@pytest.mark.parametrize("road", [True, False])
def test_the_stop_stops_comfortably_in_the_lane_and_stands(speed, offset, road):
    stop = MinimalRiskStop(TrajectoryController())
    lanes, state, accel, steering = straight_lanes((0.0,)), (0.0, offset, 0.0, speed), 0.0, 0.0
    accels = []
    for tick in range(130):
        seen = seen_from(lanes, SE2(*state[:3])) if road else Lanes.none()
        ego = ego_state(state[3], accel, steering)
        action, _ = stop.act(scene_of(seen, Agents.none(), ego, tick / 10))
        accel, steering = action.accel, action.steering_angle
        for _ in range(2):
            state = forward(*state, accel, steering, PHYSICS_STEP)
        accels.append(accel)
    assert abs(state[3]) < 0.05
    assert min(accels) > -4.05
    assert abs(state[1]) < abs(offset) + 0.1
    if road and speed > 10.0:
        assert abs(state[1]) < 0.2


def test_the_stop_brakes_harder_for_somebody_ahead():
    stop = MinimalRiskStop(TrajectoryController())
    free = scene_of(straight_lanes((0.0,)), Agents.none(), ego_state(20.0, -3.0))
    blocked = replace(free, agents=agents_at([(35.0, 0.0, 0.0, 0.0)]))
    assert stop.act(blocked)[0].accel < stop.act(free)[0].accel - 1.0


def test_the_last_resort_brakes_and_holds_the_wheel():
    action = last_resort(ego_state(10.0, 0.0, 0.1))
    assert action.accel < -2
    assert action.steering_angle == pytest.approx(0.1)
    assert abs(last_resort(ego_state(0.0)).accel) == 0
