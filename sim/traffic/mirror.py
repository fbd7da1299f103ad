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
        return True

    def _rebuild(self, bodies: list[Any], vehicles: int) -> None:
        self.bodies, self.vehicles = bodies, vehicles
        kinds = kinds_of(bodies)
        one_each = len({id(body) for body in bodies}) == len(bodies)
        movers_first = kinds is not None and all(kind <= at.LINEAR for kind in kinds[:vehicles])
        self.known = one_each and movers_first
        if not self.known:
            return
        count, lanes = len(bodies), len(self.network.lanes)
        self.traffic = at.Traffic(
            body=np.zeros((at.BODY_ROWS, count)),
            tag=np.zeros((at.TAG_ROWS, count), np.int64),
            habit=np.zeros((at.HABIT_ROWS, count)),
            route=np.zeros((0, 1, 2), np.int64),
            route_span=np.zeros((0, 2), np.int64),
            record=np.zeros((1, 0, 7)),
        )
        self.sight = at.Sight(
            count=np.zeros(lanes, np.int64),
            key=np.zeros((lanes, count)),
            who=np.zeros((lanes, count), np.int64),
        )
        self.traffic.tag[at.KIND] = kinds
        self.kinds = kinds
        self.blocks = Blocks(self.traffic, bodies, kinds)
        self.routes = RouteTable()
        self.moving = bodies[:vehicles]
        self.controlled = [i for i in range(count) if at.CONTROLLED <= kinds[i] <= at.LINEAR]
        self.idm = [i for i in range(vehicles) if kinds[i] >= at.IDM]
        self.passive = [i for i in range(vehicles) if kinds[i] < at.CONTROLLED]

    def _read_places(self) -> None:
        tag, body, network = self.traffic.tag, self.traffic.body, self.network
        rows = [_places(thing) for thing in self.bodies]
        lanes, indices, impacts, self.positions = zip(*rows, strict=True)
        body[: at.Y + 1] = np.concatenate(self.positions).reshape(-1, 2).T
        column_of_lane, column = network.column_of_lane, network.column
        tag[at.LANE] = [column_of_lane[id(lane)] for lane in lanes]
        tag[at.LANE_INDEX] = [column[index] for index in indices]
        tag[at.IMPACT] = at.NO_IMPACT
        for i, impact in enumerate(impacts):
            if impact is not None:
                tag[at.IMPACT, i] = at.OLD_IMPACT
                body[at.IMPACT_X, i], body[at.IMPACT_Y, i] = impact
        targets = [column[self.bodies[i].target_lane_index] for i in self.controlled]
        tag[at.TARGET_LANE] = -1
        tag[at.TARGET_LANE, self.controlled] = targets
        self.before = tag.copy()

    def _read_actions(self) -> None:
        self.actions = [vehicle.action for vehicle in self.moving]
        pairs = [(action["steering"], action["acceleration"]) for action in self.actions]
        values = np.array(pairs, np.float64).reshape(-1, 2)
        self.traffic.body[at.STEERING : at.ACCEL + 1, : self.vehicles] = values.T

    def _read_routes(self, steps: int) -> None:
        lists = [self.bodies[i].route for i in self.controlled]
        if not self.routes.is_current(lists):
            self.routes.read(lists, self.network)
            self.traffic.tag[at.ROUTE] = -1
            self.traffic.tag[at.ROUTE, self.controlled] = self.routes.row
            self.traffic = self.traffic._replace(
                route=self.routes.route, route_span=self.routes.span
            )
        if self.blocks.linear and len(self.traffic.record) < steps:
            self.traffic = self.traffic._replace(record=np.zeros((steps, len(self.bodies), 7)))

    def write_decisions(self, steps: int) -> None:
        """After Road.act: actions, target lanes, timers, routes, collected data."""
        traffic, tag = self.traffic, self.traffic.tag
        actions = traffic.body[at.STEERING : at.ACCEL + 1].T.tolist()
        bodies, crashed = self.bodies, self.before[at.CRASHED].tolist()
        for i in self.controlled:
            if i < self.vehicles and not (crashed[i] and self.kinds[i] >= at.IDM):
                steering, accel = actions[i]
                bodies[i].action = {"steering": steering, "acceleration": accel}
        index = self.network.index
        for i in np.flatnonzero(tag[at.TARGET_LANE] != self.before[at.TARGET_LANE]).tolist():
            bodies[i].target_lane_index = index[tag[at.TARGET_LANE, i]]
        self._write_timers()
        self.routes.write()
        for step in range(steps if self.blocks.linear else 0):
            for i in self.blocks.linear:
                if tag[at.COLLECTS_DATA, i] and i < self.vehicles:
                    _collect(bodies[i].data, traffic.record[step, i])

    def _write_timers(self) -> None:
        timers = self.traffic.body[at.TIMER].tolist()
        bodies = self.bodies
        for i in self.idm:
            bodies[i].timer = timers[i]

    def write_motion(self) -> None:
        """After Road.step: where everything is and what has collided."""
        traffic, tag, before = self.traffic, self.traffic.tag, self.before
        body, bodies = traffic.body, self.bodies
        rows = body[[at.X, at.Y, at.HEADING, at.SPEED, at.STEERING, at.ACCEL]].T.tolist()
        for vehicle, position, (x, y, heading, speed, steering, accel) in zip(
            self.moving, self.positions, rows, strict=False
        ):
            position[0], position[1] = x, y
            vehicle.heading, vehicle.speed = heading, speed
            action = vehicle.action
            action["steering"], action["acceleration"] = steering, accel
        self._write_timers()
        for i in self.passive:
            if self.kinds[i] == at.BICYCLE:  # makes a new position each step
                bodies[i].position = body[: at.Y + 1, i].copy()
                bodies[i].lateral_speed = float(body[at.LATERAL_SPEED, i])
                bodies[i].yaw_rate = float(body[at.YAW_RATE, i])
        moved = (tag[at.LANE] != before[at.LANE]) | (tag[at.LANE_INDEX] != before[at.LANE_INDEX])
        for i in np.flatnonzero(moved).tolist():
            lane = tag[at.LANE, i]
            bodies[i].lane_index, bodies[i].lane = self.network.index[lane], self.network.lanes[lane]
        self._write_collisions()

    def _write_collisions(self) -> None:
        tag, before, bodies = self.traffic.tag, self.before, self.bodies
        changed = np.flatnonzero((tag != before)[[at.CRASHED, at.HIT]].any(axis=0)).tolist()
        for i in changed:
            bodies[i].crashed, bodies[i].hit = bool(tag[at.CRASHED, i]), bool(tag[at.HIT, i])
        if changed:
            self.blocks.flags_written()
        news = (tag[at.IMPACT] != before[at.IMPACT]) | (tag[at.IMPACT] == at.NEW_IMPACT)
        for i in np.flatnonzero(news).tolist():
            impact = self.traffic.body[[at.IMPACT_X, at.IMPACT_Y], i]
            bodies[i].impact = impact if tag[at.IMPACT, i] == at.NEW_IMPACT else None


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
