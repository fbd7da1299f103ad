"""The rule-based planner: propose, simulate, score, in the spirit of PDM-Closed (Dauner 2023).

    1 lanes      scene.lanes -> LaneGraph -> the paths that the car can reach, and ways around
                 who stands on them
    2 others     scene.agents, and who may come from out of sight -> Forecast, several hypotheses
                 each
    3 proposals  paths x speeds
    4 rollouts   the bicycle under our tracking law, against the forecasts
    5 scores     collisions, road, progress, time to collision, comfort, route
    6 choice     the best, with a habit against dithering; if all collide, the latest and slowest
    7 around     where the choice comes to a stand behind a breakdown: a way around it

It sees only a Scene and never asks where that came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from datasets.checks import FloatArray
from datasets.driving import Trajectory
from datasets.scene import Agents, Scene
from planning.around.keeper import Surroundings, WayAround
from planning.boxes import EGO_LENGTH
from planning.detours import breakdown_on, with_detours
from planning.junction import conflict_zones
from planning.memory import LaneMemory
from planning.motion import MotionMemory
from planning.paths import Paths
from planning.prediction import DT, Forecast, predict
from planning.proposals import Proposals, first_conflict, propose
from planning.reach import speed_bounds
from planning.rollout import Pace, Rollouts, roll_out
from planning.scoring import Scores, Weights, score
from planning.unseen import with_unseen

WALKING = 1.5  # m/s: a plan that ends slower gets nowhere


@dataclass(frozen=True)
class PlannerConfig:
    """Everything that can be tuned."""

    horizon: float = 5.0  # s; at 25 m/s a lane change and its gain fit into it
    range: float = 160.0  # m, agents further away cannot matter within the horizon
    shares: tuple[float, ...] = (1.0, 0.85, 0.7, 0.5, 0.3)  # of the speed limit
    pace: Pace = field(default_factory=Pace)
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class Choice:
    """All that one plan was chosen from: for tests, windows and post-mortems."""

    paths: Paths
    forecast: Forecast
    proposals: Proposals
    rollouts: Rollouts
    scores: Scores
    best: int
    emergency: bool
    remembered: bool  # the lanes are out of sight, and those of before
    around: Trajectory | None  # a way around a breakdown, driven instead of the best proposal

    @property
    def trajectory(self) -> Trajectory:
        """What was chosen."""
        return _trajectory(self.rollouts, self.best) if self.around is None else self.around

    @property
    def reason(self) -> str:
        """Why, in a few words."""
        return _reason(self)

    @property
    def for_the_route(self) -> bool:
        """Whether it changes lanes because the route asks for it, and for nothing else."""
        p = self.proposals.path[self.best]
        fewer = bool(self.paths.changes[0] > self.paths.changes[p])
        forced = self.emergency or self.remembered or self.around is not None
        forced = forced or bool(self.proposals.urgent[self.best])
        return fewer and bool(self.paths.side[p] != 0) and not forced


class RulePlanner:
    """Scene -> Trajectory. State between ticks: the lanes it chose and whether it drove into a
    junction, the lanes it saw last, how the others have been moving, the way around somebody."""

    def __init__(self, config: PlannerConfig | None = None) -> None:
        self.config = config or PlannerConfig()
        self._memory = LaneMemory()
        self._motion = MotionMemory()
        self._around = WayAround()
        self._chosen: tuple[int, ...] = ()
        self._entering = False
        self.last: Choice | None = None

    def reset(self) -> None:
        self._memory.reset()
        self._motion.reset()
        self._around.reset()
        self._chosen, self._entering = (), False
        self.last = None

    def let_go(self) -> None:
        """Its last plan is not driven, but somebody else's: a way around, which is kept from tick
        to tick, would begin where the car is not; nor does the next plan look for one."""
        self._around.let_go()

    def plan(self, scene: Scene) -> tuple[Trajectory, str]:
        """The best trajectory for this scene, and why in a few words."""
        config = self.config
        steps = round(config.horizon / DT)
        paths, graph, remembered = self._memory.paths(scene)
        seen = _near(scene.agents, config.range)
        agents = with_unseen(seen, graph.lanes)
        zone = conflict_zones(graph, paths)
        motion = self._motion.update(scene.t, seen).and_new(len(agents) - len(seen))
        broken = breakdown_on(paths, agents, motion, float(zone[0][0]))
        paths = with_detours(paths, graph.lanes, agents, broken)
        forecast = predict(graph, agents, motion, scene.ego.speed, config.horizon)
        beside = forecast.beside(paths)
        if len(paths) > len(zone[0]):
            zone = conflict_zones(graph, paths)
        conflict = first_conflict(paths, beside)
        proposals = propose(paths, scene.ego, conflict, zone[0], config.shares)
        bounds = speed_bounds(paths)
        rollouts = roll_out(
            proposals, paths, bounds, scene.ego, forecast, beside, steps, config.pace
        )
        scores = score(
            proposals, rollouts, paths, forecast, beside, zone, self._habit(paths), self._entering,
            config.weights,
        )  # fmt: skip
        best, emergency = choose(scores, rollouts)
        ends_beyond = bool(rollouts.s[best, -1] + EGO_LENGTH / 2 > zone[0][proposals.path[best]])
        self._entering = ends_beyond and proposals.kind[best] != "later"
        self._chosen = paths.lanes[proposals.path[best]]
        stops = bool(rollouts.speed[best, -1] < WALKING)
        surroundings = Surroundings(scene.t, scene.ego, graph.lanes, agents, motion, forecast)
        around = self._around.plan(surroundings, paths, broken, stops, steps)
        self.last = choice = Choice(
            paths, forecast, proposals, rollouts, scores, best, emergency, remembered, around
        )
        return choice.trajectory, choice.reason

    def _habit(self, paths: Paths) -> FloatArray:
        """(P,) 1 for the path that goes on along the lanes of the last plan."""
        return np.array([float(lanes[0] in self._chosen) for lanes in paths.lanes])


def choose(scores: Scores, rollouts: Rollouts) -> tuple[int, bool]:
    """The proposal with the best score; if all of them run into somebody, the one that does so
    last and slowest, and True."""
    best = int(np.argmax(scores.total))
    if scores.total[best] > -5.0:
        return best, False
    ticks = np.minimum(scores.collision_time / DT, rollouts.speed.shape[1] - 1).astype(int)
    impact = rollouts.speed[np.arange(len(ticks)), ticks]
    order = np.lexsort((impact, -ticks))
    return int(order[0]), True


def _near(agents: Agents, reach: float) -> Agents:
    inside = np.hypot(agents.xy_ego[:, 0], agents.xy_ego[:, 1]) < reach
    return agents.where(inside).compact()


def _trajectory(rollouts: Rollouts, best: int) -> Trajectory:
    n = rollouts.speed.shape[1]
    return Trajectory(
        t=np.arange(n) * DT,
        xy_ego=rollouts.xy[best],
        heading=rollouts.heading[best],
        speed=rollouts.speed[best],
    )


def _reason(choice: Choice) -> str:
    """In the words of a driving instructor."""
    if choice.around is not None:
        return "driving around a breakdown"
    c, p = choice.best, choice.proposals.path[choice.best]
    if choice.emergency:
        return "emergency: cannot avoid everybody"
    if choice.proposals.urgent[c]:
        return "braking hard" if choice.proposals.kind[c] == "brake" else "swerving"
    if choice.remembered:
        return "lane out of sight, going by memory"
    if choice.paths.side[p] != 0:
        where = "left" if choice.paths.side[p] > 0 else "right"
        return f"changing to the {where} lane" + (" for the route" if choice.for_the_route else "")
    if choice.proposals.kind[c] == "yield":
        return "giving way"
    if choice.proposals.kind[c] == "later":
        return "slowing down for a gap"
    slower = choice.rollouts.speed[c, -1] < choice.rollouts.speed[c, 0] - 1.0
    if choice.proposals.kind[c] == "brake" or slower:
        return "slowing down"
    return "following the lane"
