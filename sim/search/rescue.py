"""From a failed episode to a drive that reaches the goal, if a search finds one.

A collision is mostly saved by the last seconds: the search begins a second before it and goes back
further and further. Who got stuck or was late went wrong long before: there it begins at the start.
It tries calm moves and few of them at first, then harder ones and more. A drive that it finds is
driven again from the reset: what counts is the World's verdict on that.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.driving import Action, Agent, Decision
from datasets.episode import TICK, End, Outcome
from datasets.observation import Observation
from sim.loop import drive
from sim.marks import Mark
from sim.search.beam import Beam, Node
from sim.search.moves import ALL_MOVES, CALM_MOVES, HARD_MOVES, STANDING, Move
from sim.state import EGO, WorldState
from sim.world import World

# s before the agent's end, where to begin; inf is the start of the episode
BEFORE_END = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, np.inf)
BEFORE_REST = (np.inf, 13.0, 5.0)  # where it was late, or before it stood for good
ROUNDS = (  # width of the beam, moves
    (4, CALM_MOVES),
    (16, CALM_MOVES),
    (16, HARD_MOVES),
    (40, HARD_MOVES),
    (40, ALL_MOVES),
)
PRECISION = 3.0  # s, to which the latest beginning is found


@dataclass(frozen=True, slots=True)
class Drive:
    """An episode that has been driven: T actions, T + 1 states."""

    actions: tuple[Action, ...]
    states: tuple[WorldState, ...]
    progress: tuple[float, ...]  # T + 1, m
    outcome: Outcome

    @property
    def duration(self) -> float:
        return len(self.actions) * TICK


@dataclass(frozen=True, slots=True)
class Rescue:
    """A drive that reaches the goal."""

    first: int  # the tick of the first deviation
    moves: tuple[tuple[Move, int], ...]  # what was done from there on, each for so many ticks
    drive: Drive

    @property
    def is_hard(self) -> bool:
        """Whether it takes more than passengers bear."""
        return not all(move in CALM_MOVES for move, _ in self.moves)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search came to."""

    rescue: Rescue | None
    tried: int  # moves, until the first drive to the goal was found or the search gave up
    furthest: float  # m of progress, of the drive that got furthest


class _Witness:
    """Sits beside the driver and marks the moments in which it decides."""

    def __init__(self, world: World, agent: Agent) -> None:
        self._world = world
        self._agent = agent
        self.marks: list[Mark] = []

    def reset(self) -> None:
        self._agent.reset()

    def act(self, observation: Observation) -> Decision:
        self.marks.append(self._world.mark())
        return self._agent.act(observation)


def drive_and_mark(world: World, agent: Agent, seed: int) -> tuple[Drive, list[Mark]]:
    """What the agent does, and the moments at which each of its actions began."""
    witness = _Witness(world, agent)
    actions, progress = [], [0.0]
    for tick in drive(world, witness, seed):
        actions.append(tick.decision.action)
        progress.append(world.progress)
    assert world.outcome is not None, "the loop ends with an outcome"
    states = (*(moment.state for moment in witness.marks), world.state)
    return Drive(tuple(actions), states, tuple(progress), world.outcome), witness.marks


def drive_again(world: World, seed: int, actions: Sequence[Action]) -> Drive:
    """The episode under these actions, from its reset."""
    world.reset(seed)
    states, progress = [world.state], [world.progress]
    for action in actions:
        world.advance(action)
        states.append(world.state)
        progress.append(world.progress)
    if world.outcome is None:
        raise RuntimeError(f"drive_again: expected an end within {len(actions)} actions, got none")
    return Drive(tuple(actions), tuple(states), tuple(progress), world.outcome)


def find_rescue(
    world: World, seed: int, driven: Drive, marks: Sequence[Mark], budget: int
) -> Finding:
    """Search for a drive to the goal, and for the latest moment at which it could begin, with
    `budget` moves at most. `world` is still in the episode of `driven`."""
    beam = Beam(world, budget)
    ticks = starts(driven)
    for (width, moves), i in itertools.product(ROUNDS, range(len(ticks))):
        found = beam.search(marks[ticks[i]], moves, width)
        if found is not None:
            tried = beam.tried
            too_late = min((t for t in ticks if t > ticks[i]), default=len(driven.actions))
            first, found = _latest(beam, marks, (width, moves), ticks[i], too_late, found)
            return Finding(_rescue(world, seed, driven, first, found), tried, beam.furthest)
        if beam.spent:
            break
    return Finding(None, beam.tried, beam.furthest)


def _latest(
    beam: Beam,
    marks: Sequence[Mark],
    how: tuple[int, Sequence[Move]],
    first: int,
    too_late: int,
    found: Node,
) -> tuple[int, Node]:
    """The latest tick between `first`, where the search found the goal, and `too_late`, from which
    it still finds it, by halving; and what it finds from there."""
    width, moves = how
    while too_late - first > PRECISION / TICK and not beam.spent:
        middle = (first + too_late) // 2
        later = beam.search(marks[middle], moves, width)
        if later is None:
            too_late = middle
        else:
            first, found = middle, later
    return first, found


def starts(driven: Drive) -> list[int]:
    """The ticks of an episode from which to search, in that order."""
    end, back = len(driven.actions), BEFORE_END
    if driven.outcome.end in (End.STUCK, End.TIME_OUT):
        moving = [k for k, state in enumerate(driven.states) if abs(state.speed[EGO]) >= STANDING]
        end, back = min(max(moving, default=0) + 1, end), BEFORE_REST
    ticks = [round(max(end - seconds / TICK, 0.0)) for seconds in back]
    return list(dict.fromkeys(ticks))


def _rescue(world: World, seed: int, driven: Drive, first: int, found: Node) -> Rescue:
    chain = found.chain()
    actions = [*driven.actions[:first], *(action for node in chain for action in node.actions)]
    again = drive_again(world, seed, actions)
    if not again.outcome.success:
        raise RuntimeError(f"a search that found the goal, driven again: got {again.outcome.end}")
    steps = [(node.move, len(node.actions)) for node in chain if node.move is not None]
    moves = [
        (move, sum(ticks for _, ticks in group))
        for move, group in itertools.groupby(steps, key=lambda step: step[0])
    ]
    return Rescue(first, tuple(moves), again)
