"""When a way around is looked for, and how long it is kept.

Looked for once the car hardly gets on behind somebody who has been broken down for a while on its
path: a ghost does not last that long. Kept, whatever the ordinary plans say, until it is driven,
blocked or lost, or until those in the way have gone on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from datasets.checks import BoolArray, FloatArray
from datasets.driving import MAX_ACCEL, Trajectory
from datasets.observation import EgoState
from datasets.scene import Agents, Lanes
from planning.around.ground import CELL, REACH, Ground, painted, standing
from planning.around.search import COARSE, MOVE, search
from planning.around.way import SPACE, Way, follow, way_of
from planning.boxes import HALF_WIDTH, OVERHANG, overlap, passed_too_near
from planning.detours import BROKEN_DOWN, KERB, Breakdown, poses_on
from planning.motion import Motion
from planning.paths import Paths
from planning.prediction import Forecast

SLOW = 5.0  # m/s: faster, the car is still far from where it has to stop
GONE_ON = 1.0  # s: who has got somewhere since then does not stand in the way any more
LASTING = 0.5  # s that the road has to be blocked and the car not get on
AGAIN = 1.0  # s between two searches
PATIENCE, GIVE_UP = 3.0, 8.0  # s of waiting on a way until another one is looked for, and given up
ONTO, BEYOND = 28.0, 10.0  # m of the route behind the wreck: on the first part a way may end
VERGE = 0.4  # m of grass for a wheel, where there is no other way: the middle of the car, which
# decides whether it is off the road, keeps 0.3 m of asphalt beside it
ROOM = ((0.4, 0.0), (0.2, 6.0))  # m to those who stand, and m that a way with this little counts as
# longer
ROOM_ON_VERGE = ((0.2, 0.0),)
DESPERATE = 4.0  # s without a way on asphalt
NARROW = 0.65  # m from whom the middle of the car stays at least: the search reckons with it
TOUCH = 0.05  # m: a way nearer than this to who stands is blocked
RISK = 0.15  # share of somebody's hypotheses that may hit the car
BESIDE, ALONG = 2.5, 0.6  # m, rad: who is behind the car and follows it
PACES = (5.0, 2.5, 1.0)  # m/s
CREEPS = (-0.25, 0.5)  # m/s, within which somebody who has stood for long stands on: cars in a
# jam creep to and fro
AIR_ALONG, AIR_ACROSS = 1.2, 0.3  # m to those who move


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a way is judged by at one tick."""

    t: float  # s
    ego: EgoState
    lanes: Lanes
    agents: Agents  # compact
    motion: Motion
    forecast: Forecast


class WayAround:
    """At most one way, and since when one has been needed."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.way: Way | None = None
        self._t = 0.0
        self._around: frozenset[int] = frozenset()  # ids of those who stand in the way
        self._needed: float | None = None  # s, since when
        self._searched = -AGAIN
        self._good = 0.0  # s, when the way could last be driven
        self._idle = False  # whether somebody else has driven since the last plan

    def let_go(self) -> None:
        """Somebody else drives: from where the car will be, the way is another one, and it is not
        looked for before it could be driven."""
        self.way, self._idle = None, True

    def plan(
        self,
        around: Surroundings,
        paths: Paths,
        broken: Breakdown | None,
        stops: bool,
        steps: int,
    ) -> Trajectory | None:
        """The trajectory along a way around; None if none is needed or known. `broken` down are
        those on the first of the paths; `stops`: the ordinary plan comes to a stand."""
        ego, t = around.ego, around.t
        dt, self._t = t - self._t, t
        idle, self._idle = self._idle, False
        if self.way is None:
            needed = self._stuck(t, ego.speed, broken is not None and stops)
            if needed is None or broken is None or idle:
                return None
            self._searched = self._good = t
            onto = poses_on(paths, broken.passed, ONTO, SPACE)
            self.way = find_way(around, onto, needed > DESPERATE)
            if self.way is None:
                return None
            self._around = broken.ids
        else:
            self.way = self.way.moved(ego, dt).advanced()
            if self.way.done or self._gone_on(around):
                self.reset()
                self._t = t
                return None
        return self._driven(self.way, around, steps)

    def _stuck(self, t: float, speed: float, stuck: bool) -> float | None:
        """For how long, s, a way has been needed; None while it is not time to look for one."""
        if not stuck or speed > SLOW:
            self._needed = None
            return None
        if self._needed is None:
            self._needed = t
        due = t - self._needed >= LASTING and t - self._searched >= AGAIN
        return t - self._needed if due else None

    def _gone_on(self, around: Surroundings) -> bool:
        """Whether all of those whom the way leads around are seen to have gone on."""
        those = np.isin(around.agents.id, list(self._around))
        stand = around.motion.wrecked | (around.motion.still > GONE_ON)
        return int(those.sum()) == len(self._around) and not bool((those & stand).any())

    def _driven(self, way: Way, around: Surroundings, steps: int) -> Trajectory | None:
        """The trajectory along a way, or a better one where it is blocked; None once it has been
        blocked for long."""
        ego, t = around.ego, around.t
        blocked = way.lost or not _free(way, standing(around.agents, around.motion))
        if (blocked or t - self._good > PATIENCE) and t - self._searched >= AGAIN:
            self._searched = t
            another = find_way(around, way.onto, t - self._good > DESPERATE)
            if another is not None:
                self.way, way, blocked = another, another, False
        for pace in () if blocked else PACES:
            trajectory = follow(way, ego, pace, steps)
            if _risk(trajectory, around) < RISK:
                self._good = t
                return trajectory
        if t - self._good > GIVE_UP:
            self.way = self._needed = None
            return None
        stop = follow(way, ego, 0.0, steps)
        if not blocked and _risk(stop, around) < RISK:
            return stop
        return follow(way, ego, 0.0, steps, MAX_ACCEL)


def find_way(around: Surroundings, onto: FloatArray, desperate: bool) -> Way | None:
    """A way from where the car is onto one of (M, 3) poses of the route, SPACE m apart."""
    goal = onto[: -round(BEYOND / SPACE) : 2]
    boxes = standing(around.agents, around.motion)
    moves = _shortest(around.lanes, boxes, goal, KERB, ROOM)
    if moves is None and desperate:
        moves = _shortest(around.lanes, boxes, goal, KERB + VERGE, ROOM_ON_VERGE)
    return None if moves is None else way_of(moves, onto)


def _shortest(
    lanes: Lanes,
    boxes: FloatArray,
    goal: FloatArray,
    beyond: float,
    rooms: Sequence[tuple[float, float]],
) -> FloatArray | None:
    """The moves, as `search` gives them, of the best way with one of these rooms and up to `beyond`
    m outside the lanes."""
    ground = Ground(painted(lanes, beyond, CELL), boxes)
    wide = painted(lanes, beyond, COARSE) & ~_taken(boxes, COARSE)
    tried = [(search(ground, wide, goal, air), longer) for air, longer in rooms]
    found = [(len(moves) * MOVE + longer, moves) for moves, longer in tried if len(moves) > 1]
    return min(found, key=lambda way: way[0])[1] if found else None


def _free(way: Way, boxes: FloatArray) -> bool:
    """Whether nobody stands on the way ahead."""
    ahead = slice(way.at, way.end + 1)
    poses = np.column_stack([way.xy[ahead], way.heading[ahead]])
    return not passed_too_near(poses, boxes, TOUCH).any()


def _taken(boxes: FloatArray, cell: float) -> BoolArray:
    """The raster of where the middle of the car would touch somebody, whatever its heading."""
    n = round(2 * REACH / cell)
    out = np.zeros((n, n), np.bool_)
    middle = (np.arange(n) + 0.5) * cell - REACH
    for x, y, psi, length, width in boxes:
        dx, dy = middle[:, None] - x, middle[None, :] - y
        along, across = dx * np.cos(psi) + dy * np.sin(psi), dy * np.cos(psi) - dx * np.sin(psi)
        out |= (np.abs(along) < length / 2 + NARROW) & (np.abs(across) < width / 2 + NARROW)
    return out


def _risk(trajectory: Trajectory, around: Surroundings) -> float:
    """The largest share of anybody's hypotheses that the car runs into, but for those who follow
    it and those who have stood for so long that a way reckons with them anyway."""
    forecast, agents = around.forecast, around.agents
    if forecast.size == 0:
        return 0.0
    hits = _hits(
        trajectory.xy_ego, trajectory.heading, forecast.xy, forecast.heading, forecast.speed,
        forecast.length, forecast.width,
    )  # fmt: skip
    share = np.bincount(forecast.agent, hits * forecast.weight, len(agents))
    x, y = agents.xy_ego.T
    follows = (x < 0) & (np.abs(y) < BESIDE) & (np.abs(np.sin(agents.heading)) < ALONG)
    creeps = (CREEPS[0] < agents.speed) & (agents.speed < CREEPS[1])
    share[follows | (creeps & (around.motion.still > BROKEN_DOWN))] = 0.0
    return float(share.max(initial=0.0))


@njit(cache=True)
def _hits(xy, heading, axy, aheading, aspeed, length, width):  # type: ignore[no-untyped-def]
    n = axy.shape[0]
    out = np.zeros(n)
    for h in range(n):
        for t in range(0, len(xy), 2):
            moves = abs(aspeed[h, t]) > 0.3
            along, across = (AIR_ALONG, AIR_ACROSS) if moves else (TOUCH, TOUCH)
            dx, dy = axy[h, t, 0] - xy[t, 0], axy[h, t, 1] - xy[t, 1]
            if dx * dx + dy * dy < 100.0 and overlap(
                dx, dy, heading[t], 2 * (OVERHANG + along), 2 * (HALF_WIDTH + across),
                aheading[h, t], length[h], width[h],
            ):  # fmt: skip
                out[h] = 1.0
                break
    return out
