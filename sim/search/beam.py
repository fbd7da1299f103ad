"""Beam search over moves, with the world itself as the model.

Layer k holds worlds k seconds after the start of the search. Each is tried with every move; what
crashes, leaves the road, stands too long or is too late is dropped, which is the World's own
verdict; of those nearly alike one is kept; the rest are thinned to the width of the beam. The first
to reach the goal ends the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.driving import Action
from sim.marks import Mark
from sim.search.moves import Move, Ways, make
from sim.state import EGO
from sim.world import World

ALIKE = np.array([1.5, 0.75, 0.75, 0.15])  # m/s, m, m, rad: speed, place and heading of the ego
PATIENCE = 12  # layers without a new best after which a search gives up: the World allows 15 s
AHEAD = 1.0  # s for which the present speed counts as progress


@dataclass(frozen=True, slots=True)
class Node:
    """A world that a chain of moves has led to."""

    moment: Mark
    lane: int  # of the road map
    rank: float  # m, progress made and soon to be made
    move: Move | None = None  # that led here from `parent`
    actions: tuple[Action, ...] = ()  # of that move
    parent: Node | None = None

    def chain(self) -> list[Node]:
        """From the first move to this one."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.move is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]


class Beam:
    """Searches in one world; counts the moves tried and notes how far, m, the furthest of them got,
    over all its searches."""

    def __init__(self, world: World, budget: int) -> None:
        self.tried = 0
        self.furthest = 0.0
        self._world = world
        self._budget = budget

    @property
    def spent(self) -> bool:
        return self.tried >= self._budget

    def search(self, start: Mark, moves: Sequence[Move], width: int) -> Node | None:
        """The end of a chain of moves from `start` to the goal; None if none was found."""
        self._world.rewind(start)
        layer = [self._node()]
        best, waited = -np.inf, 0
        while layer and waited < PATIENCE and not self.spent:
            children: dict[tuple[int, ...], Node] = {}
            for node in layer:
                goal = self._expand(node, moves, children)
                if goal is not None or self.spent:
                    return goal
            layer = thinned(list(children.values()), width)
            furthest = max((node.rank for node in layer), default=best)
            waited = 0 if furthest > best + 1.0 else waited + 1
            best = max(best, furthest)
        return None

    def _expand(
        self, node: Node, moves: Sequence[Move], children: dict[tuple[int, ...], Node]
    ) -> Node | None:
        """Try every move from a node. Adds what goes on to `children`, returns what is there."""
        world = self._world
        world.rewind(node.moment)
        ways = Ways.of(world)
        if ways is None:
            return None
        for move in ways.possible(moves, float(world.state.speed[EGO])):
            world.rewind(node.moment)
            actions = tuple(make(world, ways, move))
            self.tried += 1
            self.furthest = max(self.furthest, world.progress)
            if world.outcome is None:
                if (key := _key(world)) not in children:
                    children[key] = self._node(move, actions, node)
            elif world.outcome.success:
                return self._node(move, actions, node)
            if self.spent:
                break
        return None

    def _node(
        self, move: Move | None = None, actions: tuple[Action, ...] = (), parent: Node | None = None
    ) -> Node:
        state = self._world.state
        rank = self._world.progress + AHEAD * float(state.speed[EGO])
        return Node(self._world.mark(), int(state.lane[EGO]), rank, move, actions, parent)


def _key(world: World) -> tuple[int, ...]:
    """The same for worlds in which the ego is at nearly the same place, as fast and as directed."""
    state = world.state
    ego = np.array([state.speed[EGO], *state.xy_world[EGO], state.heading[EGO]])
    return tuple(np.round(ego / ALIKE).astype(int).tolist())


def thinned(nodes: list[Node], width: int) -> list[Node]:
    """At most `width` of the nodes, the furthest first: as many from every lane, and in each lane
    evenly from the furthest to the last, because who hangs back may be the one who gets through."""
    lanes: dict[int, list[Node]] = {}
    for node in sorted(nodes, key=lambda node: -node.rank):
        lanes.setdefault(node.lane, []).append(node)
    share = max(width // max(len(lanes), 1), 1)
    kept = [node for group in lanes.values() for node in _spread(group, share)]
    return sorted(kept, key=lambda node: -node.rank)[:width]


def _spread(group: list[Node], count: int) -> list[Node]:
    if len(group) <= count:
        return group
    return [group[i] for i in np.linspace(0, len(group) - 1, count).round().astype(int)]
