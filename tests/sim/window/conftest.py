"""A made-up moment of driving, so that the picture can be tested without a world."""

import numpy as np
import pytest

from datasets.camera import Camera
from datasets.driving import Action, Decision, Trajectory
from datasets.episode import Tick
from datasets.observation import CameraFrame, EgoState, Observation, Route
from datasets.scene import Agents, Lanes, Marking, Scene
from sim.state import Lane, RoadMap, WorldState

CAMERAS = (
    Camera("front wide", 192, 96, 110.0, np.array([1.2, 0.0, 1.5])),
    Camera("front narrow", 192, 96, 300.0, np.array([1.2, 0.0, 1.5])),
    Camera("left", 192, 96, 90.0, np.array([0.5, 0.9, 1.4]), yaw=1.4, pitch=-0.1),
    Camera("right", 192, 96, 90.0, np.array([0.5, -0.9, 1.4]), yaw=-1.4, pitch=-0.1),
    Camera("rear", 192, 96, 110.0, np.array([-1.5, 0.0, 1.4]), yaw=np.pi),
)
EGO_X, EGO_Y = 200.0, 4.0


def make_road_map() -> RoadMap:
    """Four lanes of 600 m, 4 m wide; lane 0 is the leftmost, y = 12."""
    x = np.arange(0.0, 600.0)
    lanes = tuple(
        Lane(
            node_from="0",
            node_to="1",
            xy_world=np.stack([x, np.full_like(x, 12.0 - 4 * i)], axis=1),
            width=4.0,
            speed_limit=30.0,
            left_marking=int(Marking.SOLID if i == 0 else Marking.DASHED),
            right_marking=int(Marking.SOLID if i == 3 else Marking.NONE),
            priority=0,
        )
        for i in range(4)
    )
    left_of = np.eye(4, k=-1, dtype=bool)
    return RoadMap(lanes, np.zeros((4, 4), bool), left_of)


def make_state(t: float = 0.0) -> WorldState:
    """The ego and five others, one of them braking, one about to change lane."""
    xy = np.array([[0, 0], [22, 0], [14, 4], [45, 4], [-18, -4], [60, 8]], dtype=np.float64)
    n = len(xy)
    return WorldState(
        t=t,
        id=np.arange(n),
        kind=np.zeros(n, np.int64),
        xy_world=xy + np.array([EGO_X + 25 * t, EGO_Y]),
        heading=np.array([0, 0, -0.05, 0, 0, 0]),
        speed=np.full(n, 25.0),
        accel=np.zeros(n),
        steering_angle=np.zeros(n),
        length=np.full(n, 5.0),
        width=np.full(n, 2.0),
        lane=np.array([2, 2, 1, 1, 3, 0]),
        target_lane=np.array([2, 2, 2, 1, 3, 0]),
        indicator=np.array([0, 0, -1, 0, 0, 0]),
        braking=np.array([False, True, False, False, False, False]),
        crashed=np.zeros(n, np.bool_),
    )


def make_truth(state: WorldState) -> Scene:
    n = len(state.id) - 1
    agents = Agents(
        id=state.id[1:],
        kind=state.kind[1:],
        xy_ego=state.world_from_ego.inverse().apply(state.xy_world[1:]),
        heading=state.heading[1:],
        speed=state.speed[1:],
        length=state.length[1:],
        width=state.width[1:],
        braking=state.braking[1:],
        indicator=state.indicator[1:],
        visible=np.array([1.0] * (n - 1) + [0.0]),
        xy_std=np.zeros(n),
        valid=np.ones(n, np.bool_),
    )
    x = np.arange(-20.0, 100.0)
    centerlines = np.stack([np.stack([x, np.full_like(x, y)], axis=1) for y in (4.0, 0.0, -4.0)])
    lanes = Lanes(
        id=np.arange(3),
        xy_ego=centerlines,
        valid=np.ones(centerlines.shape[:2], np.bool_),
        lateral_std=np.zeros(centerlines.shape[:2]),
        width=np.full(3, 4.0),
        speed_limit=np.full(3, 30.0),
        left_marking=np.full(3, int(Marking.DASHED)),
        right_marking=np.full(3, int(Marking.DASHED)),
        on_route=np.array([False, True, False]),
        priority=np.zeros(3, np.int64),
        leads_to=np.zeros((3, 3), np.bool_),
        left_of=np.eye(3, k=-1, dtype=bool),
    )
    return Scene(state.t, make_ego(state.t), agents, lanes, make_route())


def make_ego(t: float) -> EgoState:
    return EgoState(25 + 3 * np.sin(t), 0.02, 2.5 * np.cos(t), 0.03 * np.cos(t / 2))


def make_route() -> Route:
    return Route(np.array([[-20.0, 1.0], [40.0, -1.5], [90.0, 1.0], [150.0, 0.0]]))


def fake_frames(t: float) -> tuple[CameraFrame, ...]:
    """Sky above, ground below."""
    image = np.zeros((96, 192, 3), np.uint8)
    image[:46], image[46:] = (170, 195, 220), (90, 95, 92)
    return tuple(CameraFrame(camera, image, t) for camera in CAMERAS)


def make_tick(index: int = 0, outcome=None) -> Tick:
    t = index / 10
    truth = make_truth(make_state(t))
    s = np.arange(0.0, 4.01, 0.2)
    plan = Trajectory(
        s,
        np.stack([25 * s - 1.5 * s**2, 2 + 2 * np.tanh(1.5 * (s - 1.6))], axis=1) - (0, 0.03),
        np.zeros_like(s),
        25 - 3 * s,
    )
    action = Action(truth.ego.accel, truth.ego.steering_angle)
    reason = "changing to the left lane: the car ahead drives 4 m/s slower than the limit"
    observation = Observation(t, fake_frames(t), truth.ego, truth.route)
    return Tick(
        index, observation, truth, Decision(action, "expert", reason, plan, truth), outcome, 0.02
    )


@pytest.fixture
def road_map() -> RoadMap:
    return make_road_map()


@pytest.fixture
def state_at():
    """t -> the world at that time."""
    return make_state


@pytest.fixture
def tick_at():
    """index, outcome -> that tick."""
    return make_tick
