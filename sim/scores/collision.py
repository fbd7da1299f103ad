"""What the ego hit. That it crashed, and whose fault it was, the Outcome says."""

from __future__ import annotations

import numpy as np

from datasets.episode import End
from datasets.scene import AgentKind
from sim.scores.log import EpisodeLog
from sim.scores.proximity import gap_to_others


def struck(log: EpisodeLog) -> AgentKind | None:
    """The kind of the crashed body nearest to the ego when it crashed; None if it did not."""
    state = log.states[-1]
    if log.outcome.end is not End.COLLISION or len(state.id) < 2:
        return None
    crashed = state.crashed[1:] | ~state.crashed[1:].any()  # if none is marked, any may be it
    gap = np.where(crashed, gap_to_others(state), np.inf)
    return AgentKind(int(state.kind[1:][np.argmin(gap)]))


def no_at_fault_collision(log: EpisodeLog) -> float:
    """NC of nuPlan and NAVSIM: 1; 0.5 after an at-fault collision with an obstacle, 0 with a
    vehicle."""
    if not log.outcome.at_fault:
        return 1.0
    return 0.5 if struck(log) is AgentKind.OBSTACLE else 0.0
