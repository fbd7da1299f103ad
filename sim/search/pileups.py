"""Which cars crashed into each other, when, where, and whether the ego had a part in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.checks import BoolArray
from datasets.driving import MAX_ACCEL, Action
from datasets.episode import DECISION_HZ
from sim.state import EGO, RoadMap, WorldState
from sim.world import World

_TOUCH = 7.0  # m between the centres of two cars 5 m long that have just crashed into each other
_STOPPED = 0.5  # m/s


@dataclass(frozen=True, slots=True)
class Crash:
    """Bodies that crashed in the same tick, close to each other."""

    t: float  # s
    ids: tuple[int, ...]  # of the bodies but the ego, those they ran into included
    lane: int  # of the road map, that the first is on
    with_ego: bool


def crashes(states: Sequence[WorldState]) -> list[Crash]:
    """All crashes of an episode, in order."""
    found: list[Crash] = []
    known: set[int] = set()
    for state in states:
        new = [i for i in np.flatnonzero(state.crashed) if int(state.id[i]) not in known]
        known |= {int(state.id[i]) for i in new}
        while new:
            parts = _touching(state, int(new[0]))
            new = [i for i in new if i not in parts]
            ids = tuple(sorted(int(state.id[i]) for i in parts if i != EGO))
            found.append(Crash(state.t, ids, int(state.lane[parts[0]]), EGO in parts))
    return found


def _touching(state: WorldState, row: int) -> list[int]:
    """The rows of the crashed bodies that hang together with that of `row`, itself first."""
    together = [row]
    for i in together:  # grows while it is walked
        distance = np.linalg.norm(state.xy_world - state.xy_world[i], axis=1)
        near = np.flatnonzero(state.crashed & (distance < _TOUCH)).tolist()
        together += [j for j in near if j not in together]
    return together


def blocked_since(states: Sequence[WorldState], on_route: BoolArray) -> dict[int, float]:
    """Lane of the route (an index of the road map) -> s since when a crashed car stands on it, as
    it is at the end of the episode; the ego's own crash does not count."""
    since: dict[int, float] = {}
    at = {body: crash.t for crash in crashes(states) if not crash.with_ego for body in crash.ids}
    last = states[-1]
    for i in np.flatnonzero(last.crashed & (np.abs(last.speed) < _STOPPED)):
        lane, body = int(last.lane[i]), int(last.id[i])
        if i != EGO and on_route[lane] and body in at:
            since[lane] = min(at[body], since.get(lane, np.inf))
    return since


def drive_standing(world: World, seed: int) -> Iterator[WorldState]:
    """The same episode with an ego that brakes at once and stands: what happens without us. It is
    watched to the time limit, whatever the world says of the ego."""
    world.reset(seed)
    yield world.state
    for _ in range(round(world.scenario.time_limit * DECISION_HZ)):
        world.advance(Action(-MAX_ACCEL, 0.0))
        world.outcome = None  # stuck it is, of course, and somebody may run into it
        yield world.state


def happened_without_us(crash: Crash, standing: Sequence[Crash]) -> bool:
    """Whether two of the same bodies crashed into each other in the episode with a standing ego,
    too."""
    return any(len(set(crash.ids) & set(other.ids)) > 1 for other in standing if not other.with_ego)


def lane_name(road_map: RoadMap, lane: int) -> str:
    """A lane in words: its road, and which one of it, counted from the left."""
    here = road_map.lanes[lane]
    number, beside = 1, lane
    while len(left := np.flatnonzero(road_map.left_of[beside])):
        number, beside = number + 1, int(left[0])
    return f"{here.node_from}->{here.node_to} lane {number}"
