"""The objects of a road, mirrored in arrays: read before a kernel runs, written back after it.

The objects are the truth between two calls, because anybody may change them: spawning, clearing,
rendering, saving, other code. So everything is read at every call, cheaply; only the tables that
follow from who is on the road are kept until the road's lists change.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from sim.highway import Road
from sim.traffic import layout as at
from sim.traffic.blocks import Blocks, kinds_of
from sim.traffic.network import NetworkTables
from sim.traffic.routes import RouteTable

_places = attrgetter("lane", "lane_index", "impact", "position")


class Mirror:
    """The arrays of one road."""

    def __init__(self) -> None:
        self.bodies: list[Any] | None = None
        self.network: NetworkTables | None = None
        self.known = False
        self.vehicles = 0

    def read(self, road: Road, steps: int) -> bool:
        """Bring the arrays up to date. False: there is something that the kernels do not know."""
        if self.network is None or not self.network.is_current(road.network):
            self.network, self.bodies = NetworkTables(road.network), None
        bodies = road.vehicles + road.objects
        if bodies != self.bodies or len(road.vehicles) != self.vehicles:
            self._rebuild(bodies, len(road.vehicles))
        if not (self.known and self.network.known) or not bodies:
            return False
        try:
            self._read_places()
            self._read_actions()
            self.blocks.read()
            self._read_routes(steps)
        except (AttributeError, KeyError, TypeError, ValueError):
            # A missing attribute, a lane outside the network, a position that is no vector: what
            # happens then is for stock highway-env to say.
            self.bodies = None
            return False
        self.before = self.rows.view(np.int64).copy().view(at.BODY)  # faster than by fields
        return True

    def _rebuild(self, bodies: list[Any], vehicles: int) -> None:
        self.bodies, self.vehicles = bodies, vehicles
        kinds = kinds_of(bodies)
        one_each = len({id(body) for body in bodies}) == len(bodies)
        self.known = (
            kinds is not None and one_each and all(k <= at.LINEAR for k in kinds[:vehicles])
        )
        if not self.known:
            return
        self.rows = np.zeros(len(bodies), at.BODY)
        self.rows["kind"] = kinds
        self.rows["target_lane"] = self.rows["route"] = at.ANY
        self.sight = np.zeros((len(self.network.lanes), len(bodies)), at.SIGHT)
        self.records = np.zeros((0, 0, 7))
        self.blocks = Blocks(self.rows, bodies, kinds)
        self.routes = RouteTable()
        self.moving = bodies[:vehicles]
        self.controlled = [i for i, k in enumerate(kinds) if at.CONTROLLED <= k <= at.LINEAR]
        self.deciding = [i for i in range(vehicles) if kinds[i] >= at.CONTROLLED]
        self.timed = [i for i in range(vehicles) if kinds[i] >= at.IDM]
        self.collecting = [i for i in range(vehicles) if kinds[i] == at.LINEAR]
        self.dynamic = [i for i in range(vehicles) if kinds[i] == at.BICYCLE]

    def _read_places(self) -> None:
        rows, network = self.rows, self.network
        found = [_places(body) for body in self.bodies]
        lanes, indices, impacts, self.positions = zip(*found, strict=True)
        xy = np.concatenate(self.positions).reshape(-1, 2)
        rows["x"], rows["y"] = xy[:, 0], xy[:, 1]
        column_of_lane, column = network.column_of_lane, network.column
        rows["lane"] = [column_of_lane[id(lane)] for lane in lanes]
        rows["lane_index"] = [column[index] for index in indices]
        rows["target_lane"][self.controlled] = [
            column[self.bodies[i].target_lane_index] for i in self.controlled
        ]
        rows["impact"] = at.NO_IMPACT
        for i, impact in enumerate(impacts):
            if impact is not None:
                rows[i]["impact"] = at.OLD_IMPACT
                rows[i]["impact_x"], rows[i]["impact_y"] = impact

    def _read_actions(self) -> None:
        actions = [vehicle.action for vehicle in self.moving]
        self.rows["steering"][: self.vehicles] = [action["steering"] for action in actions]
        self.rows["accel"][: self.vehicles] = [action["acceleration"] for action in actions]

    def _read_routes(self, steps: int) -> None:
        lists = [self.bodies[i].route for i in self.controlled]
        if not self.routes.is_current(lists):
            self.routes.read(lists, self.network)
            self.rows["route"][self.controlled] = self.routes.row
        width = len(self.bodies) if self.collecting else 0
        if len(self.records) < steps:
            self.records = np.zeros((steps, width, 7))

    def write_decisions(self, steps: int) -> None:
        """After Road.act: actions, target lanes, timers, routes, collected data."""
        rows, bodies, before = self.rows, self.bodies, self.before
        steering, accel = rows["steering"].tolist(), rows["accel"].tolist()
        passive = ((before["kind"] >= at.IDM) & (before["crashed"] != 0)).tolist()
        for i in self.deciding:
            if not passive[i]:
                bodies[i].action = {"steering": steering[i], "acceleration": accel[i]}
        for i in np.flatnonzero(rows["target_lane"] != before["target_lane"]).tolist():
            bodies[i].target_lane_index = self.network.index[rows[i]["target_lane"]]
        self._write_timers()
        self.routes.write()
        for record in self.records[: steps if self.collecting else 0]:
            for i in self.collecting:
                if rows[i]["collecting_data"]:
                    _collect(bodies[i].data, record[i])

    def _write_timers(self) -> None:
        timers, bodies = self.rows["timer"].tolist(), self.bodies
        for i in self.timed:
            bodies[i].timer = timers[i]

    def write_motion(self) -> None:
        """After Road.step: where everything is and what has collided."""
        rows, bodies, before = self.rows, self.bodies, self.before
        columns = [rows[name].tolist() for name in ("x", "y", "heading", "speed")]
        commands = [rows[name].tolist() for name in ("steering", "accel")]
        for vehicle, place, x, y, heading, speed, steering, accel in zip(
            self.moving, self.positions, *columns, *commands, strict=False
        ):
            place[0], place[1] = x, y
            vehicle.heading, vehicle.speed = heading, speed
            action = vehicle.action
            action["steering"], action["acceleration"] = steering, accel
        self._write_timers()
        for i in self.dynamic:  # these make a new position and leave the old one as it was
            row = rows[i]
            self.positions[i][:] = before[i]["x"], before[i]["y"]
            bodies[i].position = np.array([row["x"], row["y"]])
            bodies[i].lateral_speed = float(row["lateral_speed"])
            bodies[i].yaw_rate = float(row["yaw_rate"])
        network = self.network
        moved = rows["lane"] != before["lane"]
        moved |= rows["lane_index"] != before["lane_index"]
        for i in np.flatnonzero(moved).tolist():
            lane = rows[i]["lane"]
            bodies[i].lane_index, bodies[i].lane = network.index[lane], network.lanes[lane]
        self._write_collisions()

    def _write_collisions(self) -> None:
        rows, bodies, before = self.rows, self.bodies, self.before
        changed = (rows["crashed"] != before["crashed"]) | (rows["hit"] != before["hit"])
        for i in np.flatnonzero(changed).tolist():
            bodies[i].crashed, bodies[i].hit = bool(rows[i]["crashed"]), bool(rows[i]["hit"])
        if changed.any():
            self.blocks.flags_written()
        impact = rows["impact"]
        for i in np.flatnonzero(impact != before["impact"]).tolist():
            new = np.array([rows[i]["impact_x"], rows[i]["impact_y"]])
            bodies[i].impact = new if impact[i] == at.NEW_IMPACT else None


def _collect(data: dict[str, Any], record: np.ndarray) -> None:
    """Append to LinearVehicle.data as LinearVehicle.add_features does."""
    for rule, features, output in (
        ("longitudinal", record[:3].copy(), float(record[3])),
        ("lateral", record[4:6].copy(), float(record[6])),
    ):
        if rule not in data:
            data[rule] = {"features": [], "outputs": []}
        data[rule]["features"].append(features)
        data[rule]["outputs"].append(output)
