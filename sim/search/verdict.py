"""One failed episode as one row: saved or not, how, after how many tries, what was in the way."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.driving import Agent
from datasets.episode import TICK
from sim.manoeuvres.table import world_named
from sim.search.pileups import (
    Crash,
    blocked_since,
    crashes,
    drive_standing,
    happened_without_us,
    lane_name,
)
from sim.search.rescue import Drive, Rescue, drive_and_mark, find_rescue
from sim.world import World

Row = dict[str, Any]  # what JSON can hold

SAVED, NOT_SAVED, NO_FAILURE, ERROR = "saved", "not saved", "no failure", "error"


@dataclass(frozen=True)
class Searcher:
    """Drives and searches one episode at a time, in whatever process it falls to."""

    make_agent: Callable[[World], Agent]
    cameras: bool  # whether the agent looks at images
    weather: str
    budget: int  # moves to try per episode

    def __call__(self, scenario: str, seed: int) -> Row:
        """The row of one episode; one that raises says so with its traceback."""
        try:
            world = world_named(scenario, self.weather, self.cameras)
            return judge(world, self.make_agent(world), seed, self.budget)
        except Exception:  # the run goes on, the row says what happened
            told = traceback.format_exc()
            return {"scenario": scenario, "seed": seed, "outcome": ERROR, "traceback": told}


def judge(world: World, agent: Agent, seed: int, budget: int) -> Row:
    """Could anybody have saved what the agent makes of this episode?"""
    # 1. Let the agent drive, and see what happened.
    driven, marks = drive_and_mark(world, agent, seed)
    about = {"scenario": world.scenario.name, "seed": seed, "agent_end": str(driven.outcome.end)}
    about |= {"agent_duration": round(driven.duration, 1)}
    if driven.outcome.success:
        return about | {"outcome": NO_FAILURE}
    # 2. Search for a drive to the goal.
    found = find_rescue(world, seed, driven, marks, budget)
    about |= {"outcome": SAVED if found.rescue else NOT_SAVED, "moves_tried": found.tried}
    about |= {"furthest": round(found.furthest, 1), "goal": round(world.goal, 1)}
    if found.rescue is not None:
        about |= _how(found.rescue, driven)
    # 3. Look at what stood in the way, and whether it stands there without us, too.
    standing = crashes(list(drive_standing(world, seed)))
    blocked = blocked_since(driven.states, world.on_route)
    return about | {
        "crashes": [_told(world, crash, standing) for crash in crashes(driven.states)],
        "blocked_since": {
            lane_name(world.road_map, lane): round(t, 1) for lane, t in sorted(blocked.items())
        },
    }


def _how(rescue: Rescue, driven: Drive) -> Row:
    again = rescue.drive
    together = min(len(again.progress), len(driven.progress)) - 1
    moves, tick = [], rescue.first
    for move, ticks in rescue.moves:
        moves.append(
            {
                "t": round(tick * TICK, 1),
                "seconds": round(ticks * TICK, 1),
                "where": move.where,
                "accel": move.accel,
            }
        )
        tick += ticks
    return {
        "deviates_at": round(rescue.first * TICK, 1),
        "goal_at": round(again.duration, 1),
        "hard": rescue.is_hard,
        "ahead_of_agent": round(again.progress[together] - driven.progress[together], 1),
        "crashes_left": len(crashes(again.states)),
        "moves": moves,
        "actions": [[action.accel, action.steering_angle] for action in again.actions],
    }


def _told(world: World, crash: Crash, standing: Sequence[Crash]) -> Row:
    return {
        "t": round(crash.t, 1),
        "bodies": list(crash.ids),
        "lane": lane_name(world.road_map, crash.lane),
        "with_ego": crash.with_ego,
        "without_us": happened_without_us(crash, standing),
    }


def sentence(row: Row) -> str:
    """A row in plain words."""
    name = f"{row['scenario']} {row['seed']}"
    if row["outcome"] == ERROR:
        return f"{name}: {row['traceback'].strip().splitlines()[-1]}"
    name += f" ({row['agent_end']} at {row['agent_duration']} s)"
    if row["outcome"] == NO_FAILURE:
        return f"{name}: the agent reaches the goal"
    if row["outcome"] == SAVED:
        how = "hard" if row["hard"] else "calm"
        text = (
            f"{name}: saved from {row['deviates_at']} s on with {how} moves, goal at "
            f"{row['goal_at']} s, {_ahead(row['ahead_of_agent'])} ({row['moves_tried']} tried)"
        )
    else:
        text = (
            f"{name}: not saved by {row['moves_tried']} tried, of which none got beyond "
            f"{row['furthest']:.0f} of {row['goal']:.0f} m"
        )
    return text + _in_the_way(row)


def _ahead(metres: float) -> str:
    return f"{abs(metres):.0f} m {'ahead of' if metres >= 0 else 'behind'} the agent"


def _in_the_way(row: Row) -> str:
    """The crashes of the traffic, as part of a sentence."""
    others = [crash for crash in row["crashes"] if not crash["with_ego"]]
    if not others:
        return ""
    told = "; ".join(
        f"{' + '.join(map(str, crash['bodies']))} crash at {crash['t']} s on {crash['lane']}"
        + (", without us, too" if crash["without_us"] else "")
        for crash in others
    )
    blocked = ", ".join(f"{lane} since {t} s" for lane, t in row["blocked_since"].items())
    return f"; {told}" + (f"; blocked: {blocked}" if blocked else "")
