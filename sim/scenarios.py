"""The scenarios: which world, which road to follow, where it ends and when.

A scenario names an environment of highway-env and its configuration. Its route is a chain of nodes
of the road network; its goal is a place on that route or, where highway-env only asks to survive, a
distance: `GOAL_SHARE` of what highway-env's own IDM/MOBIL driver covers on the same seed.

Environments ending in -v1 are the same worlds with traffic that also watches the lanes before and
after its own; in -v0 a car does not see the car it is about to hit beyond the end of its lane
segment. Where roads cross, watching makes it worse: in intersection-v2 the traffic takes the
oncoming lane where an arm ends for its continuation and backs into who waits there, and on the ring
of roundabout-v1 it crashes into itself twice as often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

GOAL_SHARE = 0.8  # of the distance of the IDM/MOBIL reference


@dataclass(frozen=True, slots=True)
class Place:
    """A goal: `metres` beyond the start of the road that leads from one node to the next."""

    node_from: str
    node_to: str
    metres: float


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Scenario:
    """One row of the table, equal only to itself."""

    name: str
    env_id: str
    route: tuple[str, ...]  # nodes of the road network; a circuit ends where it began
    time_limit: float  # s
    goal: Place | None = None  # None: a distance, GOAL_SHARE of the reference
    config: dict[str, Any] = field(default_factory=dict)
    spawn_rate: float = 0.0  # 1/s, vehicles that enter while the episode runs
    scatter_start: bool = False  # highway-env starts every seed alike: draw the start ourselves
    give_way: tuple[tuple[str, str], ...] = ()  # roads that give way where highway-env has no rule
    stage: Callable[[Any, int], None] | None = None  # (environment, seed): who stands where instead


def _intersection(direction: str, arm: int) -> Scenario:
    # The south arm is 0; turning right leads to arm 3 (east), straight on to 2, left to 1 (west).
    # highway-env tries to spawn a vehicle with p = 0.6 once per decision, natively once a second.
    return Scenario(
        f"intersection-{direction}",
        "intersection-v0",
        route=("o0", "ir0", f"il{arm}", f"o{arm}"),
        goal=Place(f"il{arm}", f"o{arm}", 25.0),  # where highway-env, too, says: arrived
        time_limit=40.0,  # who turns left waits for a gap in traffic that never ends
        spawn_rate=0.6,
    )


_RACETRACK = tuple("abcdefghia")
_SCENARIOS = (
    Scenario("highway", "highway-v0", route=("0", "1"), time_limit=40.0),
    Scenario(
        "highway-dense",
        "highway-v0",
        config={"vehicles_density": 2},
        route=("0", "1"),
        time_limit=40.0,
    ),
    Scenario(
        "merge",
        "merge-v1",
        route=("a", "b", "c", "d"),
        goal=Place("c", "d", 60.0),  # x = 370 m, where highway-env ends the episode
        time_limit=40.0,
        give_way=(("j", "k"), ("k", "b")),
    ),
    Scenario(
        "exit",
        "exit-v1",
        route=("0", "1", "2", "exit"),
        goal=Place("2", "exit", 20.0),
        time_limit=60.0,  # the limit is 5.6 m/s in the last lane, 9 m/s in the one before
    ),
    Scenario("two-way", "two-way-v0", route=("a", "b"), time_limit=15.0),
    Scenario(
        "u-turn",
        "u-turn-v1",
        route=("a", "b", "c", "d"),
        goal=Place("c", "d", 20.0),
        time_limit=60.0,  # all lanes of the turn are taken by cars at 5 m/s
    ),
    Scenario(
        "roundabout",
        "roundabout-v0",
        route=("ser", "ses", "se", "ex", "ee", "nx", "nxs", "nxr"),
        goal=Place("nxs", "nxr", 5.0),
        time_limit=40.0,
        give_way=(("ses", "se"), ("ees", "ee"), ("nes", "ne"), ("wes", "we")),
    ),
    _intersection("left", 1),
    _intersection("straight", 2),
    _intersection("right", 3),
    Scenario("racetrack", "racetrack-v1", route=_RACETRACK, time_limit=60.0),
    Scenario("racetrack-large", "racetrack-large-v1", route=_RACETRACK, time_limit=60.0),
    Scenario("racetrack-oval", "racetrack-oval-v1", route=tuple("abcdefgha"), time_limit=60.0),
    Scenario(
        "lane-keeping",
        "lane-keeping-v0",
        route=("c", "d", "a", "b"),
        time_limit=40.0,
        scatter_start=True,
    ),
)
SCENARIOS = {scenario.name: scenario for scenario in _SCENARIOS}


def scenario_named(name: str) -> Scenario:
    """The scenario of that name; ValueError names the good ones."""
    if name not in SCENARIOS:
        raise ValueError(f"scenario: expected one of {', '.join(SCENARIOS)}; got {name!r}")
    return SCENARIOS[name]
