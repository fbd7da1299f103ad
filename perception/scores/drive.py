"""The score of perception over many drives: rows of every tick, and the tables made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from datasets.camera import Camera
from datasets.geometry import SE2
from datasets.scene import Scene
from perception.road_truth import road_truth
from perception.scores import calibration, lanes, vehicles
from perception.scores.table import Table, labelled, rows, together
from perception.scores.vehicles import within
from perception.source import BELIEVED, Percept
from perception.tracks import Tracks

AHEAD, NEAR, FAR = 30.0, 60.0, 100.0  # m: the bounds of the distances told apart
ALIKE = 4.0  # m beyond which nothing is the same vehicle
Summary = dict[str, Any]


class PerceptionScore:
    """Collects ticks; `summary` is what JSON can hold."""

    def __init__(self) -> None:
        self._parts: defaultdict[str, list[Table]] = defaultdict(list)

    def add(
        self,
        truth: Scene,
        percept: Percept,
        odom_from_ego: SE2,
        rig: Sequence[Camera],
        labels: dict[str, str],
    ) -> float:
        """Score a tick; the labels (scenario, weather) are what it can be grouped by. Returns how
        bad it was: vehicles missed and invented within NEAR, and metres of lane error."""
        tables, badness = score_tick(truth, percept, odom_from_ego, rig)
        for name, table in tables.items():
            self._parts[name].append(labelled(table, **labels))
        return badness

    def extend(self, parts: dict[str, list[Table]]) -> None:
        """Add what another score has collected."""
        for name, tables in parts.items():
            self._parts[name] += tables

    def parts(self) -> dict[str, list[Table]]:
        """All that was collected, in one table of each kind."""
        return {name: [table] for name, table in self.tables().items()}

    def tables(self) -> dict[str, Table]:
        """All rows, by kind."""
        return {name: together(parts) for name, parts in self._parts.items()}

    def summary(self) -> Summary:
        """The figures overall and in groups."""
        tables = self.tables()
        groups = {
            name: {
                value: headline(_where(tables, name, value))
                for value in sorted(set(tables["true"][name]))
            }
            for name in ("scenario", "weather")
        }
        by_distance = {
            f"{low:g}-{high:g} m": _vehicles(tables, lambda t, a=low, b=high: within(t, a, b))
            for low, high in ((0.0, AHEAD), (AHEAD, NEAR), (NEAR, FAR))
        }
        by_camera = {
            str(camera): _vehicles(tables, lambda t, c=camera: rows(t, t["camera"] == c))
            for camera in sorted(set(tables["true"]["camera"]))
        }
        return {
            **headline(tables),
            "by_distance": by_distance,
            "by_camera": by_camera,
            "by_scenario": groups["scenario"],
            "by_weather": groups["weather"],
        }


def score_tick(
    truth: Scene, percept: Percept, odom_from_ego: SE2, rig: Sequence[Camera]
) -> tuple[dict[str, Table], float]:
    """The rows of one tick, and how bad it was."""
    tracks = percept.tracks
    told = tracks.agents(odom_from_ego)
    believed = tracks.score > BELIEVED
    tables = vehicles.score_vehicles(truth.agents, told, tracks.confidence, believed, rig)
    road = road_truth(truth)
    tables |= lanes.score_road(road, percept.road)
    tables["z"] = together([_track_z(truth, tracks, odom_from_ego), _road_z(road, percept)])
    near, all_told = within(tables["true"], 0.0, NEAR), tables["told"]
    missed = int((~near["found"]).sum())
    invented = (all_told["at 4 m"] == vehicles.WRONG) & believed & (all_told["away"] < NEAR)
    errors = tables.get("lane errors", {"error": np.zeros(0)})["error"]
    lane = float(np.minimum(errors, 2.0).sum())
    return tables, missed + float(invented.sum()) + lane


def _track_z(truth: Scene, tracks: Tracks, odom_from_ego: SE2) -> Table:
    told = tracks.agents(odom_from_ego).where(tracks.score > BELIEVED)
    agents = truth.agents.compact()
    counts = agents.visible >= vehicles.COUNTS_FROM
    owner = vehicles.match(agents, told, tracks.score, counts, ALIKE)
    hit = np.flatnonzero(owner >= 0)
    return calibration.track_errors(tracks, agents, hit, owner[hit], odom_from_ego)


def _road_z(road: Any, percept: Percept) -> Table:
    if min(road.exists, percept.road.exists) < BELIEVED:
        return {"of": np.zeros(0, dtype=object), "z": np.zeros(0)}
    return calibration.road_errors(road, percept.road)


def headline(tables: dict[str, Table]) -> Summary:
    """The figures that have a bar."""
    close = _vehicles(tables, lambda t: within(t, 0.0, AHEAD))
    far = _vehicles(tables, lambda t: within(t, AHEAD, NEAR))
    both = _vehicles(tables, lambda t: within(t, 0.0, NEAR))
    front = rows(tables["true"], tables["true"]["camera"] == "front_narrow")
    ahead = within(front, 0.0, FAR)["found"]
    road = lanes.summary(tables["lanes"], tables["lane errors"]) if "lanes" in tables else {}
    return {
        "vehicles": {
            "count": both["vehicles"],
            "ap_60m": both["ap"],
            "ate_30m": close["ate"],
            "ate_60m": far["ate"],
            "ase": both["ase"],
            "aoe": both["aoe"],
            "ave": both["ave"],
            "recall_60m": both["recall"],
            "recall_100m_front": float(ahead.mean()) if len(ahead) else None,
        },
        "lanes": road,
        "calibration": calibration.summary(tables["z"]),
    }


def _vehicles(tables: dict[str, Table], chosen: Callable[[Table], Table]) -> Summary:
    told, true, matches = (chosen(tables[name]) for name in ("told", "true", "matches"))
    return vehicles.summary(told, true, matches)


def _where(tables: dict[str, Table], label: str, value: str) -> dict[str, Table]:
    return {name: rows(table, table[label] == value) for name, table in tables.items()}
