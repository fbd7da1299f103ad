"""The learned driver at the wheel, with eyes and a mind made up."""

import numpy as np
import pytest

from control.learned import Blindfolded, LearnedAgent
from datasets.camera import Camera
from datasets.driving import Trajectory
from datasets.observation import CameraFrame, EgoState, Observation, Route
from perception.nouns import Detections, Glance
from perception.road_truth import nowhere
from planning.learned import LearnedPlan

CAMERA = Camera("front", 32, 16, 20.0, np.array([0.0, 0.0, 1.5]))
TIME = np.arange(31) * 0.1


def observation(grey=90):
    frame = CameraFrame(CAMERA, np.full((16, 32, 3), grey, np.uint8), 0.0)
    route = Route(np.array([[0.0, 0.0], [50.0, 0.0]]))
    return Observation(0.0, (frame,), EgoState(10.0, 0.0, 0.0, 0.0), route)


class Eyes:
    """Features that are the mean grey of the pictures."""

    def __call__(self, observation):
        grey = np.mean([frame.rgb.mean() for frame in observation.frames])
        return Glance(Detections.none(), nowhere(), np.full((1, 1, 1, 1), grey, np.float32))


class Mind:
    """Brakes for whatever is dark."""

    resets = 0

    def reset(self):
        self.resets += 1

    def plan(self, observation, coarse):
        speed = observation.ego.speed + (1.0 if coarse.mean() > 50 else -3.0) * TIME
        xy = np.stack([observation.ego.speed * TIME, np.zeros(31)], axis=1)
        return LearnedPlan(Trajectory(TIME, xy, np.zeros(31), speed), 0.1, 0.2)


def test_what_it_sees_becomes_what_it_does():
    mind = Mind()
    agent = LearnedAgent("policy", Eyes(), mind)
    agent.reset()
    decision = agent.act(observation())
    assert mind.resets == 1
    assert decision.driver == "policy"
    assert decision.action.accel == pytest.approx(1.0)
    assert decision.action.steering_angle == pytest.approx(0.0, abs=1e-6)
    assert decision.trajectory is not None


def test_blindfolded_it_is_given_black_pictures():
    agent = Blindfolded(LearnedAgent("blind", Eyes(), Mind()))
    agent.reset()
    seen = observation()
    assert agent.act(seen).action.accel == pytest.approx(-3.0)
    assert seen.frames[0].rgb.mean() == 90  # the observation itself stays as it was


def test_eyes_without_a_network_are_refused():
    class TrueEyes:
        def __call__(self, _):
            return Glance(Detections.none(), nowhere())

    with pytest.raises(ValueError, match="expected eyes with a network"):
        LearnedAgent("policy", TrueEyes(), Mind()).act(observation())
