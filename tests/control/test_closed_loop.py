"""Planner and controller in closed loop with the bicycle, on an empty road: no wiggle at any speed,
clean stop and start, and no way off the lane when the scene flickers."""

from dataclasses import replace

import numpy as np
import pytest

from control.tracking import TrajectoryController
from datasets.driving import Trajectory
from datasets.frenet import Polyline
from datasets.geometry import SE2
from datasets.scene import Lanes
from planning.bicycle import PHYSICS_STEP, forward
from planning.planner import RulePlanner
from tests.planning.scenes import agents_at, bent_lane, ego_state, lanes_of, scene_of, seen_from


def drive(curve, speed, seconds, limit=40.0, start=(0.0, 0.0, 0.0), spoil=None, agents=None):
    """(T, 7) x, y, heading, speed, accel, steering angle, offset from the curve, at every tick."""
    road, line = lanes_of([curve], limit), Polyline(curve)
    planner, controller = RulePlanner(), TrajectoryController()
    state, accel, steering, rows = (*start, speed), 0.0, 0.0, []
    for tick in range(round(seconds * 10)):
        pose = SE2(*state[:3])
        lanes = seen_from(road, pose)
        ego = ego_state(state[3], accel, steering)
        scene = scene_of(lanes, agents(pose) if agents else None, ego, tick / 10)
        if spoil:
            scene = spoil(tick, scene)
        trajectory, _ = planner.plan(scene)
        action = controller.act(trajectory, ego)
        accel, steering = action.accel, action.steering_angle
        for _ in range(2):
            state = forward(*state, accel, steering, PHYSICS_STEP)
        offset = float(line.project(np.array(state[:2]))[1])
        rows.append((*state, accel, steering, offset))
    return np.array(rows)


def reversals(signal, threshold):
    """How often a signal turns round by more than a threshold."""
    count, last, direction = 0, signal[0], 0
    for value in signal:
        if abs(value - last) > threshold:
            now = int(np.sign(value - last))
            count += direction != 0 and now != direction
            direction, last = now, value
        elif direction and np.sign(value - last) == direction:
            last = value
    return count


@pytest.mark.parametrize("speed", [2.0, 5.0, 10.0, 20.0, 30.0, 40.0])
def test_an_offset_decays_without_wiggle_at_every_speed(speed):
    straight = np.stack([np.arange(-80.0, 600.0, 2.0), np.zeros(340)], axis=1)
    rows = drive(straight, speed, 12.0, limit=max(speed, 2.0), start=(0.0, 0.8, 0.0))
    offset, steering = rows[:, 6], rows[:, 5]
    assert np.abs(offset[-20:]).max() < 0.1
    assert offset.min() > -0.15  # hardly any overshoot
    assert reversals(steering, 0.05 * np.abs(steering).max()) <= 3
    assert np.abs(steering[-20:]).max() < 0.1 * np.abs(steering).max() + 1e-4


@pytest.mark.parametrize("radius", [12.0, 25.0, 60.0, 150.0, 400.0])
@pytest.mark.parametrize("speed", [4.0, 10.0, 20.0, 35.0])
def test_bends_are_driven_within_the_lane_and_comfort(radius, speed):
    straight = max(80.0, speed**2 / 3 + 20)  # room to brake
    seconds = (straight + 60) / speed + 2
    rows = drive(bent_lane(radius, straight=straight), speed, seconds, limit=speed)
    assert np.abs(rows[:, 6]).max() < 0.6
    lateral = np.sin(np.arctan(np.tan(rows[:, 5]) / 2)) / 2.5 * rows[:, 3] ** 2
    assert np.abs(lateral).max() < 4.89
    assert rows[:, 4].min() > -4.05
    assert reversals(rows[:, 5], 0.02) <= 4


def test_the_car_stops_behind_a_standing_car_and_starts_again():
    road = np.stack([np.arange(-80.0, 400.0, 2.0), np.zeros(240)], axis=1)
    clock = {"tick": 0}

    def agents(pose):
        clock["tick"] += 1
        gone = max(0.0, clock["tick"] / 10 - 15.0)
        x = 80.0 + 1.5 * gone**2
        xy = pose.inverse().apply(np.array([x, 0.0]))
        return agents_at([(*xy, -pose.heading, 3.0 * gone)])

    rows = drive(road, 15.0, 28.0, limit=15.0, agents=agents)
    speed, accel = rows[:, 3], rows[:, 4]
    standing = speed[130:148]
    assert np.all(standing < 0.3)
    assert np.all(speed > -1e-6)
    assert 65.0 < rows[140, 0] < 69.0  # room to steer around it: 6 to 10 m between the bumpers
    assert speed[-1] > 6.0
    assert accel.min() > -4.05
    assert np.abs(np.diff(accel)).max() < 0.6


def straight_on(speed):
    """A trajectory of those speeds, one each half second."""
    speed = np.array(speed, dtype=np.float64)
    t = np.arange(len(speed)) / 2
    way = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 4)])
    return Trajectory(t, np.stack([way, 0 * way], axis=1), 0 * way, speed)


@pytest.mark.parametrize(
    ("speed", "planned", "goes"),
    [
        (0.0, [0.0, 0.2, 0.3, 0.3, 0.2, 0.1, 0.0], False),  # up to the next bumper
        (0.2, [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], False),  # creeping
        (0.0, [0.0, 0.1, 0.5, 1.2, 2.0, 2.8, 3.6], True),  # setting off softly
        (0.0, [0.0, 0.5, 1.0], True),  # the same, not planned as far
        (1.0, [1.0, 0.6, 0.3, 0.1, 0.0, 0.0, 0.0], True),  # not standing yet
    ],
)
def test_who_stands_sets_off_or_stays_but_does_not_creep(speed, planned, goes):
    trajectory = straight_on(planned)
    accel = TrajectoryController().act(trajectory, ego_state(speed, 0.0, 0.0)).accel
    after = speed + accel / 10
    if goes:
        assert after == pytest.approx(np.interp(0.1, trajectory.t, planned))
    else:
        assert 0 <= after < speed or after == speed == 0


@pytest.mark.parametrize("kind", ["noise", "flicker", "ghosts", "gone"])
def test_a_spoilt_scene_of_an_empty_road_keeps_the_car_on_its_lane(kind):
    rng = np.random.default_rng(5)

    def spoil(tick, scene):
        lanes = scene.lanes
        if kind == "noise":
            noise = np.cumsum(rng.normal(0, 0.04, lanes.xy_ego.shape[1]))
            return replace(
                scene, lanes=replace(lanes, xy_ego=lanes.xy_ego + noise[:, None] * (0, 1))
            )
        if kind == "flicker" and rng.random() < 0.4:
            return replace(scene, lanes=Lanes.none())
        if kind == "gone" and 30 < tick < 50:
            return replace(scene, lanes=Lanes.none())
        if kind == "ghosts" and rng.random() < 0.2:
            ghost = (
                rng.uniform(10, 50),
                rng.uniform(-6, 6),
                rng.normal(0, 0.3),
                rng.uniform(0, 20),
            )
            return replace(scene, agents=agents_at([ghost]))
        return scene

    rows = drive(bent_lane(60.0, straight=50.0), 12.0, 12.0, limit=12.0, spoil=spoil)
    assert np.abs(rows[:, 6]).max() < 1.0
    assert rows[-1, 0] != 0


def test_a_coarse_trajectory_is_followed_smoothly():
    t = np.arange(0.5, 5.0, 0.5)
    coarse = Trajectory(
        t=np.concatenate([[0.0], t]),
        xy_ego=np.stack([10 * np.concatenate([[0.0], t]), np.zeros(10)], axis=1),
        heading=np.zeros(10),
        speed=np.full(10, 10.0),
    )
    action = TrajectoryController().act(coarse, ego_state(9.5, 0.0, 0.0))
    assert 0 < action.accel < 6
    assert abs(action.steering_angle) < 1e-6
