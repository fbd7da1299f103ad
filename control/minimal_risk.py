"""The minimal-risk stop: brake comfortably in the lane last believed in, and stand.

It plans on whatever scene there is: the one of now, one remembered, or none at all; then along the
arc on which the car is driving. It brakes harder than comfort allows only for somebody ahead in
its lane. It has one path, one speed (none) and nothing to choose, and needs no network. Should even
that fail, the last resort is to hold the wheel and brake.
"""

from __future__ import annotations

import numpy as np

from control.tracking import TrajectoryController
from datasets.driving import Action, Trajectory
from datasets.observation import EgoState
from datasets.scene import Scene
from planning.lane_graph import LaneGraph
from planning.memory import straight_lane
from planning.motion import MotionMemory
from planning.paths import Paths
from planning.prediction import DT, predict
from planning.proposals import Proposal, Proposals
from planning.reach import find_paths, speed_bounds
from planning.rollout import Pace, roll_out

HORIZON = 5.0  # s
BRAKING = 3.0  # m/s^2: firm, and within nuPlan's comfort bound of 4.05
RANGE = 160.0  # m: who is further away does not matter
_BRAKE = Proposals.of([Proposal(0, 0.0, np.inf, "brake")])


class MinimalRiskStop:
    """Scene -> an action that brings the car to a stop in its lane."""

    def __init__(self, controller: TrajectoryController) -> None:
        self._controller = controller
        self._pace = Pace(max_braking=BRAKING)
        self._motion = MotionMemory()

    def reset(self) -> None:
        self._motion.reset()

    def act(self, scene: Scene) -> tuple[Action, Trajectory | None]:
        """The action of this tick, and the plan that it belongs to."""
        trajectory = self.plan(scene)
        if trajectory is None:
            return last_resort(scene.ego), None
        return self._controller.act(trajectory, scene.ego), trajectory

    def plan(self, scene: Scene) -> Trajectory | None:
        """How the car would come to its stop; None if that cannot be planned."""
        try:
            return self._plan(scene)
        except Exception:  # whatever it is, the car must be stopped
            return None

    def _plan(self, scene: Scene) -> Trajectory:
        paths, graph = _own_path(scene)
        away = np.hypot(scene.agents.xy_ego[:, 0], scene.agents.xy_ego[:, 1])
        agents = scene.agents.where(away < RANGE).compact()
        motion = self._motion.update(scene.t, agents)
        forecast = predict(graph, agents, motion, scene.ego.speed, HORIZON)
        beside, steps = forecast.beside(paths), round(HORIZON / DT)
        bounds = speed_bounds(paths)
        rollouts = roll_out(_BRAKE, paths, bounds, scene.ego, forecast, beside, steps, self._pace)
        n = rollouts.speed.shape[1]
        return Trajectory(np.arange(n) * DT, rollouts.xy[0], rollouts.heading[0], rollouts.speed[0])


def last_resort(ego: EgoState) -> Action:
    """Hold the wheel and brake, down to a standstill and no further."""
    accel = float(np.clip(-ego.speed / DT, -BRAKING, BRAKING))
    return Action.clipped(accel, ego.steering_angle)


def _own_path(scene: Scene) -> tuple[Paths, LaneGraph]:
    """The path of the lane that the car is in; straight on where there is none."""
    graph = LaneGraph.of(scene.lanes)
    paths = find_paths(graph, scene.ego, scene.route)
    if paths is None:
        graph = LaneGraph.of(straight_lane(scene.ego))
        paths = find_paths(graph, scene.ego, scene.route)
        assert paths is not None, "the car is on the lane that was drawn under it"
    return paths.take([0]), graph
