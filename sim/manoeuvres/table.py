"""The ten manoeuvres. Each is a Scenario like any other: `world_named("cut-in")` drives it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.manoeuvres.conditions import (
    Condition,
    braked_at_most,
    kept_gap,
    kept_ttc,
    never_stopped,
    no_collision,
    on_the_road,
    reached_goal,
)
from sim.manoeuvres.stage import Actor, Cue, Stage, Start
from sim.scenarios import SCENARIOS, Place, Scenario, scenario_named
from sim.scores.episode import Row
from sim.scores.log import EpisodeLog
from sim.world import World


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """A staged scenario and what passes it."""

    scenario: Scenario
    story: str  # what happens, in a sentence
    conditions: tuple[Condition, ...]

    @property
    def name(self) -> str:
        return self.scenario.name


ALWAYS = (no_collision(), on_the_road(), reached_goal())

HIGHWAY = ("0", "1")
TWO_WAY, ONCOMING = ("a", "b"), ("b", "a")
_TWO_LANES = {"lanes_count": 2, "vehicles_count": 0}
_FOUR_LANES = {"lanes_count": 4, "vehicles_count": 0}


def _staged(
    name: str,
    base: str,
    ego: Start,
    cast: tuple[Actor, ...],
    goal: Place | None = None,
    time_limit: float = 30.0,
    config: dict[str, int] | None = None,
) -> Scenario:
    scenario = SCENARIOS[base]
    return replace(
        scenario,
        name=name,
        stage=Stage(ego, cast),
        goal=goal or scenario.goal,
        time_limit=time_limit,
        config=scenario.config if config is None else config,
        spawn_rate=0.0,
        scatter_start=False,
    )


_MANOEUVRES = (
    Manoeuvre(
        _staged(
            "cut-in",
            "highway",
            ego=Start(HIGHWAY, 0, 100, 25),
            cast=(
                Actor(Start(HIGHWAY, 1, 125, 20), (Cue(within=18, lanes_left=1, speed=20),)),
                Actor(Start(HIGHWAY, 1, 90, 20), polite=True),
            ),
            goal=Place(*HIGHWAY, 450),
            config=_TWO_LANES,
        ),
        "A slower car moves into the ego's lane 18 m ahead.",
        (*ALWAYS, braked_at_most(5.0)),
    ),
    Manoeuvre(
        _staged(
            "hard-braking-lead",
            "highway",
            ego=Start(HIGHWAY, 0, 100, 22),
            cast=(
                Actor(Start(HIGHWAY, 0, 140, 22), (Cue(after=2, speed=4, accel=6),)),
                Actor(Start(HIGHWAY, 1, 112, 22), (Cue(after=2, speed=12),), polite=True),
                Actor(Start(HIGHWAY, 1, 92, 22), (Cue(after=2, speed=12),), polite=True),
            ),
            goal=Place(*HIGHWAY, 300),
            time_limit=60,
            config=_TWO_LANES,
        ),
        "The lead brakes with 6 m/s² down to 4 m/s; the other lane is taken.",
        (*ALWAYS, kept_gap(1.0)),
    ),
    Manoeuvre(
        _staged(
            "stopped-car",
            "highway",
            ego=Start(HIGHWAY, 1, 100, 22),
            cast=(Actor(Start(HIGHWAY, 1, 220, 0)),),
            goal=Place(*HIGHWAY, 320),
            config=_FOUR_LANES,
        ),
        "A car stands in the ego's lane; the lanes beside it are free.",
        (*ALWAYS, kept_gap(0.5)),
    ),
    Manoeuvre(
        _staged(
            "slow-lead",
            "highway",
            ego=Start(HIGHWAY, 1, 100, 22),
            cast=(Actor(Start(HIGHWAY, 1, 150, 8)),),
            goal=Place(*HIGHWAY, 450),
            config=_FOUR_LANES,
        ),
        "The lead drives 8 m/s; in time arrives who overtakes.",
        (*ALWAYS, braked_at_most(4.05)),
    ),
    Manoeuvre(
        _staged(
            "closing-gap",
            "highway",
            ego=Start(HIGHWAY, 1, 100, 20),
            cast=(
                Actor(Start(HIGHWAY, 1, 140, 14)),
                Actor(Start(HIGHWAY, 0, 125, 20)),
                Actor(
                    Start(HIGHWAY, 0, 85, 20), (Cue(speed=26, accel=4), Cue(within=17, speed=21))
                ),
            ),
            goal=Place(*HIGHWAY, 400),
            config=_TWO_LANES,
        ),
        "The lead is slow, and the gap beside it closes: whoever takes it is too late.",
        (*ALWAYS, kept_gap(0.5)),
    ),
    Manoeuvre(
        _staged(
            "merge-squeeze",
            "merge",
            ego=Start(("a", "b"), 1, 60, 20),
            cast=(
                Actor(
                    Start(("j", "k"), 0, 66, 20),
                    (Cue(road=("b", "c"), lanes_left=1, speed=18),),
                    route=("j", "k", "b", "c", "d"),
                ),
                Actor(Start(("a", "b"), 0, 62, 20), polite=True),
                Actor(Start(("a", "b"), 0, 40, 20), polite=True),
            ),
        ),
        "A car merges from the ramp right where the ego is, and the left lane is taken.",
        (*ALWAYS, never_stopped()),
    ),
    Manoeuvre(
        _staged(
            "oncoming-overtaker",
            "two-way",
            ego=Start(TWO_WAY, 1, 60, 15),
            cast=(
                Actor(Start(ONCOMING, 0, 515, 10)),
                Actor(
                    Start(ONCOMING, 0, 500, 10),
                    (
                        Cue(within=235, left=4.0, speed=22, accel=4),
                        Cue(within=40, speed=22, accel=4),
                    ),
                ),
            ),
            goal=Place(*TWO_WAY, 300),
        ),
        "An oncoming car overtakes in the ego's lane and is back late: it takes slowing down.",
        (*ALWAYS, kept_ttc(1.0)),
    ),
    Manoeuvre(
        _staged(
            "yield-at-entry",
            "roundabout",
            ego=Start(("ser", "ses"), 0, 100, 8),
            cast=(
                Actor(
                    Start(("wx", "we"), 1, 2, 8),
                    route=("wx", "we", "sx", "se", "ex", "ee", "nx", "ne", "wx"),
                ),
                Actor(
                    Start(("ne", "wx"), 1, 2, 8),
                    route=("ne", "wx", "we", "sx", "se", "ex", "ee", "nx", "ne"),
                ),
            ),
            time_limit=40,
        ),
        "Two cars on the ring reach the entry together with the ego and do not give way.",
        (*ALWAYS, kept_gap(0.5)),
    ),
    Manoeuvre(
        _staged(
            "tailgater",
            "highway",
            ego=Start(HIGHWAY, 0, 100, 22),
            cast=(
                Actor(Start(HIGHWAY, 0, 87, 22), (Cue(behind=8, accel=4),)),
                Actor(Start(HIGHWAY, 0, 170, 16)),
                Actor(Start(HIGHWAY, 1, 135, 16)),
            ),
            goal=Place(*HIGHWAY, 500),
            time_limit=40,
            config=_TWO_LANES,
        ),
        "A car drives 8 m behind the ego, which comes upon slower traffic: it must brake gently.",
        (*ALWAYS, braked_at_most(4.05)),
    ),
    Manoeuvre(
        _staged(
            "late-exit",
            "exit",
            ego=Start(HIGHWAY, 3, 260, 18),
            cast=(
                Actor(Start(HIGHWAY, 4, 250, 14), polite=True),
                Actor(Start(HIGHWAY, 4, 285, 14), polite=True),
                Actor(Start(HIGHWAY, 5, 270, 11), polite=True),
            ),
            time_limit=40,  # the lanes allow less and less towards the exit, the last one 5.6 m/s
        ),
        "The exit is 240 m away and three lanes to the right, with cars in between.",
        ALWAYS,
    ),
)
MANOEUVRES = {manoeuvre.name: manoeuvre for manoeuvre in _MANOEUVRES}


def named(name: str) -> Scenario:
    """The scenario or the staged scenario of that name; ValueError names the good ones."""
    if name in MANOEUVRES:
        return MANOEUVRES[name].scenario
    try:
        return scenario_named(name)
    except ValueError as error:
        raise ValueError(f"{error}; or of the manoeuvres {', '.join(MANOEUVRES)}") from error


def world_named(name: str, weather: str = "clear", cameras: bool = True) -> World:
    """The world of a scenario or a manoeuvre."""
    return World(named(name), weather=weather, cameras=cameras)


def judge(log: EpisodeLog) -> Row:
    """What a manoeuvre's conditions say of a drive; nothing where it was no manoeuvre."""
    manoeuvre = MANOEUVRES.get(log.scenario)
    if manoeuvre is None:
        return {}
    verdicts = {condition.name: condition.holds(log) for condition in manoeuvre.conditions}
    return {"conditions": verdicts, "passed": all(verdicts.values())}
