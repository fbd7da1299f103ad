"""The road steadied over time: each estimate is blended with the one before, moved along.

State    the last estimate, in the ego frame of its tick.
Input    a new estimate, and how the car moved since.
Model    the road stands still in the world: the old spine, moved by dead reckoning, is compared
         with the new one across it, station by station, and so are the lanes beside it; each counts
         with its inverse variance, within bounds. The variance of the old one grows from tick to
         tick. Probabilities are averaged as log-odds.

The errors of one picture are those of the next, more or less: the blended standard deviation is the
mean of both and never shrinks as that of independent measurements would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from datasets.checks import FloatArray
from datasets.frenet import Polyline
from datasets.geometry import SE2
from perception.curve import fine
from perception.nouns import OWN, STATION_S, RoadEstimate

LEAST = 1e-4  # probability: nothing is impossible or certain
Value = TypeVar("Value", float, FloatArray)


@dataclass(frozen=True, slots=True)
class RoadFilterConfig:
    """Everything that can be tuned."""

    least_new: float = 0.3  # weight of the new estimate, at least
    most_new: float = 0.8  # and at most
    forgetting: float = 1.3  # growth of the old standard deviation from tick to tick
    probability: float = 0.4  # weight of new log-odds
    jump: float = 0.5  # of a lane's width: a spine further off is another lane's


class RoadFilter:
    """Holds the estimate of the tick before."""

    def __init__(self, config: RoadFilterConfig | None = None) -> None:
        self.config = config or RoadFilterConfig()
        self.reset()

    def reset(self) -> None:
        self._old: RoadEstimate | None = None

    def update(self, new: RoadEstimate, before_from_now: SE2) -> RoadEstimate:
        """The road now, from the new estimate and what is remembered of the old one."""
        old = self._old
        self._old = new
        if old is not None and min(new.exists, old.exists) > 0.5:
            self._old = self._blended(old, new, before_from_now)
        return self._old

    def _blended(self, old: RoadEstimate, new: RoadEstimate, before_from_now: SE2) -> RoadEstimate:
        config = self.config
        line = Polyline(before_from_now.inverse().apply(fine(old.xy_ego)))
        s, d = line.project(new.xy_ego)  # d: the new spine left of the old one
        if abs(float(d[0])) > config.jump * float(new.lane_width[OWN]):
            return new
        passed = float(s[0])  # m of the old spine that lie behind the car now

        def moved(values: FloatArray) -> FloatArray:
            """(..., S) values along the old spine -> those at the new stations."""
            flat = values.reshape(-1, values.shape[-1])
            rows = [np.interp(s, STATION_S, row) for row in flat]
            return np.array(rows).reshape(values.shape)

        old_std = moved(old.lateral_std)
        weight = self._weight(old_std, new.lateral_std)
        heading = line.heading(s)
        normal = np.stack([-np.sin(heading), np.cos(heading)], axis=1)
        old_beside, new_beside = moved(old.lane_offset_std), new.lane_offset_std
        beside = self._weight(old_beside, new_beside)
        # A slot that was not there before has no old offset worth keeping.
        beside = np.where(moved(old.lane_exists_at) > 0.5, beside, 1.0)
        edges = self._weight(moved(old.edge_offset_std), new.edge_offset_std)
        begin, end = old.junction_begin - passed, old.junction_end - passed
        same_junction = min(old.junction, new.junction) > 0.5 and abs(
            begin - new.junction_begin
        ) < 3 * (old.junction_std + new.junction_std)
        junction = config.probability if same_junction else 1.0
        odds = config.probability
        return replace(
            new,
            exists=_odds_mean(old.exists, new.exists, odds),
            xy_ego=new.xy_ego - ((1 - weight) * d)[:, None] * normal,
            lateral_std=_mean(old_std, new.lateral_std, weight),
            length=_mean(old.length - passed, new.length, odds),
            speed_limit=_mean(old.speed_limit, new.speed_limit, odds),
            lane_exists=_odds_mean(old.lane_exists, new.lane_exists, odds),
            lane_exists_at=_odds_mean(moved(old.lane_exists_at), new.lane_exists_at, odds),
            lane_offset=_mean(moved(old.lane_offset), new.lane_offset, beside),
            lane_offset_std=_mean(old_beside, new_beside, beside),
            lane_oncoming=_odds_mean(old.lane_oncoming, new.lane_oncoming, odds),
            lane_on_route=_odds_mean(moved(old.lane_on_route), new.lane_on_route, odds),
            edge_offset=_mean(moved(old.edge_offset), new.edge_offset, edges),
            edge_offset_std=_mean(moved(old.edge_offset_std), new.edge_offset_std, edges),
            junction=_odds_mean(old.junction, new.junction, odds),
            junction_begin=_mean(begin, new.junction_begin, junction),
            junction_end=_mean(end, new.junction_end, junction),
            give_way=_odds_mean(old.give_way, new.give_way, odds),
        )

    def _weight(self, old_std: FloatArray, new_std: FloatArray) -> FloatArray:
        """How much the new value counts against the old one."""
        old_var = (self.config.forgetting * old_std) ** 2
        weight = old_var / (old_var + new_std**2)
        return np.clip(weight, self.config.least_new, self.config.most_new)


def _mean(old: Value, new: Value, weight: FloatArray | float) -> Value:
    return old + weight * (new - old)  # type: ignore[return-value]


def _odds_mean(old: Value, new: Value, weight: float) -> Value:
    """The mean of two probabilities as log-odds; of floats a float."""
    inside = [np.clip(each, LEAST, 1 - LEAST) for each in (old, new)]
    was, is_ = (np.log(each / (1 - each)) for each in inside)
    mean = 1 / (1 + np.exp(-(was + weight * (is_ - was))))
    return float(mean) if isinstance(new, float) else mean
