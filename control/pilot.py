"""The pilot: a learned driver, watched by a supervisor, with rules and a safe stop behind it.

Every tick:

    1 senses     is what came in sound (control.sensor_watch)
    2 look       one look at the pictures, for everybody (control.sight)
    3 rules      the plan of the rules, for when it is needed
    4 wish       the plan of the learned driver
    5 margins    how far either plan is from wrong (control.plans); a learned one that is only too
                 fast is made slower (control.easing)
    6 choose     who drives (control.supervisor)
    7 drive      the action of that plan

Whatever fails in a step becomes a margin below zero; no fault of a part ends the drive.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from control.easing import Eased, ease
from control.margin import Margin, worst
from control.minimal_risk import MinimalRiskStop
from control.patience import Patience
from control.plans import (
    PlanConfig,
    RulesPlan,
    against_learned,
    against_rules,
    attempt,
    rules_plan,
)
from control.sensor_watch import SensorWatch
from control.sight import Sight, View
from control.supervisor import Driver, Supervisor, SupervisorConfig
from control.tracking import TrajectoryController
from datasets.camera import Camera
from datasets.driving import EASED, Decision
from datasets.observation import Observation
from perception.source import Perception
from planning.learned import LearnedDriver, LearnedPlan
from planning.planner import RulePlanner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PilotConfig:
    """Everything that can be tuned."""

    plans: PlanConfig = field(default_factory=PlanConfig)
    supervisor: SupervisorConfig = field(default_factory=SupervisorConfig)


class Laps:
    """How long each step of a tick takes: for benchmarks, never for a decision, which must be the
    same on a slow machine."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._began = time.perf_counter()

    def end(self, name: str) -> None:
        now = time.perf_counter()
        self.spent[name], self._began = now - self._began, now


class Pilot:
    """An Agent."""

    def __init__(
        self,
        perception: Perception,
        learned: LearnedDriver,
        rig: tuple[Camera, ...],
        config: PilotConfig | None = None,
    ) -> None:
        """`rig` are the cameras that there should be."""
        self.config = config or PilotConfig()
        self.supervisor = Supervisor(self.config.supervisor)
        self.margins: dict[Driver, list[Margin]] = {}  # of the last tick
        self.eased: Eased | None = None  # what was made of the last learned plan
        self.spent: dict[str, float] = {}  # s of the last tick, by step
        self._sight = Sight(perception)
        self._learned = learned
        self._planner = RulePlanner()
        self._watch = SensorWatch(rig)
        self._controller = TrajectoryController()
        self._stop = MinimalRiskStop(self._controller)
        self._patience = Patience()

    @property
    def perception(self) -> Perception:
        return self._sight.perception

    def reset(self) -> None:
        for part in (
            self._sight, self._learned, self._planner, self._watch, self._stop, self._patience,
            self.supervisor,
        ):  # fmt: skip
            part.reset()
        self.eased = None

    def act(self, observation: Observation) -> Decision:
        lap = Laps()
        # 1
        senses = self._watch.check(observation)
        lap.end("senses")
        # 2
        view = self._sight.look(senses)
        lap.end("look")
        # 3
        rules, planned = attempt("rules", lambda: rules_plan(self._planner, view.scene))
        lap.end("rules")
        # 4
        wish, wished = attempt("policy", lambda: self._wish(senses.observation, view))
        lap.end("policy")
        # 5
        wish, judged = self._judge(observation.t, wish, rules, view)
        policy_margins = [*senses.margins, view.network, wished, *judged]
        against = against_rules(rules, view.scene, self.config.plans, self._stop.plan)
        rules_margins = [planned, *view.rules, *against]
        self.margins = {Driver.POLICY: policy_margins, Driver.RULES: rules_margins}
        lap.end("margins")
        # 6
        driver = self._choose(observation.t)
        if driver is not Driver.RULES:
            self._planner.let_go()
        # 7
        decision = self._drive(driver, wish, rules, view)
        lap.end("drive")
        self.spent = lap.spent
        return decision

    def _judge(
        self, t: float, wish: LearnedPlan | None, rules: RulesPlan | None, view: View
    ) -> tuple[LearnedPlan | None, list[Margin]]:
        """The learned plan with its margins; a slower one where it is only too fast."""
        untouched = self.supervisor.driver is Driver.POLICY and self.eased is None
        self.eased = None
        if wish is None:
            return None, self._patience.heed(t, [])  # a break: what fails after it has just begun

        def against(plan: LearnedPlan) -> list[Margin]:
            return against_learned(plan, rules, view.scene, self.config.plans)

        def again(plan: LearnedPlan) -> list[Margin]:
            return self._patience.heed_another(t, against(plan))

        judged = self._patience.heed(t, against(wish))
        # What is given back with a margin is held with one: between the two nothing changes.
        give_back = self.config.supervisor.give_back
        self.eased = ease(wish, judged, again, 0.0 if untouched else give_back, give_back)
        return (self.eased.plan, self.eased.margins) if self.eased else (wish, judged)

    def _choose(self, t: float) -> Driver:
        known = len(self.supervisor.switches)
        policy, rules = (worst(self.margins[name]) for name in (Driver.POLICY, Driver.RULES))
        driver = self.supervisor.choose(t, policy, rules)
        for switch in self.supervisor.switches[known:]:
            log.info("%s", switch)
        return driver

    def _wish(self, observation: Observation, view: View) -> LearnedPlan:
        if view.coarse is None:
            raise ValueError("no features of the pictures")
        return self._learned.plan(observation, view.coarse)

    def _drive(
        self, driver: Driver, wish: LearnedPlan | None, rules: RulesPlan | None, view: View
    ) -> Decision:
        policy_worst = worst(self.margins[Driver.POLICY])
        if driver is Driver.POLICY and wish is not None:
            action = self._controller.act(wish.trajectory, view.scene.ego)
            if self.eased is not None:
                reason = f"its own way, {self.eased}"
                return Decision(action, EASED, reason, wish.trajectory, view.scene)
            reason = f"its own plan; least margin: {policy_worst}"
            return Decision(action, driver, reason, wish.trajectory, view.scene)
        if driver is Driver.RULES and rules is not None:
            action = self._controller.act(rules.trajectory, view.scene.ego)
            reason = f"{rules.reason}; policy: {policy_worst}"
            return Decision(action, driver, reason, rules.trajectory, view.scene)
        action, trajectory = self._stop.act(view.scene)
        reason = (
            f"stopping in its lane, hazard lights on; rules: {worst(self.margins[Driver.RULES])}"
        )
        return Decision(action, driver, reason, trajectory, view.scene)
