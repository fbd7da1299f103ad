"""A rule-based driver: a source of scenes, a planner and a controller behind reset() and act().

With a source of truth it is the expert, with perception it is `rules`, the fallback: the planner
cannot tell, and the name is given from outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from control.tracking import TrajectoryController
from datasets.driving import Decision, Planner, SceneSource
from datasets.observation import Observation
from datasets.scene import Scene

VISIBLE = 0.25  # share of an agent that must be visible for a pupil to be held to know of it


class RuleDriver:
    """An Agent: observation -> scene -> trajectory -> action."""

    def __init__(
        self,
        name: str,
        source: SceneSource,
        planner: Planner,
        controller: TrajectoryController | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self._planner = planner
        self._controller = controller or TrajectoryController()

    def reset(self) -> None:
        self.source.reset()
        self._planner.reset()

    def act(self, observation: Observation) -> Decision:
        scene = self.source.perceive(observation)
        trajectory, reason = self._planner.plan(scene)
        action = self._controller.act(trajectory, scene.ego)
        return Decision(action, self.name, reason, trajectory, scene)


@dataclass(frozen=True, slots=True)
class VisibleOnly:
    """A SceneSource that hides the agents of another one of which the cameras see too little: what
    a teacher knows through it, a pupil with cameras could know."""

    source: SceneSource
    threshold: float = VISIBLE

    def reset(self) -> None:
        self.source.reset()

    def perceive(self, observation: Observation) -> Scene:
        scene = self.source.perceive(observation)
        return replace(scene, agents=scene.agents.where(scene.agents.visible >= self.threshold))
