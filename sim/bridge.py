"""Between highway-env's world and ours: lanes and bodies in, actions out.

The only place where the y axis is flipped. highway-env has y pointing down, so that its headings
and steering angles are clockwise positive; ours follow ISO 8855. The flip is its own inverse:
(x, y, heading, steering) <-> (x, -y, -heading, -steering).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets.checks import FloatArray
from datasets.driving import Action
from datasets.episode import TICK
from datasets.geometry import wrap_angle
from datasets.scene import AgentKind, Indicator, Marking
from sim.highway import (
    AbstractEnv,
    AbstractLane,
    IDMVehicle,
    Landmark,
    LineType,
    RoadNetwork,
    RoadObject,
    SineLane,
    StraightLane,
    Vehicle,
)
from sim.roads import LaneKey, joined_roads
from sim.scenarios import Scenario
from sim.signals import TurnSignals
from sim.state import Lane, WorldState

_FLIP = np.array([1.0, -1.0])
_STRAIGHT_SPACING, _CURVE_SPACING = 2.0, 1.0  # m between centerline points
_MARKING = {
    LineType.NONE: Marking.NONE,
    LineType.STRIPED: Marking.DASHED,
    LineType.CONTINUOUS: Marking.SOLID,
    LineType.CONTINUOUS_LINE: Marking.SOLID,
}
_START_STREAM = 3  # separates this use of the episode's seed from others
_START_ALONG, _START_MARGIN, _START_HEADING = 20.0, 0.5, 0.1  # m, m, rad: a scattered start
_SEAM = 0.7  # m to either side: two racetrack lanes, 5 m wide, lie up to 6.2 m apart
_BRAKE_LIGHT_ACCEL = -1.0  # m/s^2: lifting the foot slows a car, too, and lights nothing


class LaneTable:
    """The lanes of a highway-env network as a RoadMap, and which lane is which."""

    def __init__(self, network: RoadNetwork, give_way: Sequence[tuple[str, str]] = ()) -> None:
        native = {
            key: Lane(
                node_from=key[0],
                node_to=key[1],
                xy_world=_centerline(lane),
                width=float(lane.width_at(0)),
                speed_limit=float(lane.speed_limit),
                left_marking=_MARKING[lane.line_types[0]],
                right_marking=_MARKING[lane.line_types[1]],
                priority=lane.priority - (key[:2] in give_way),
            )
            for key, lane in network.lanes_dict().items()
        }
        self.road_map, self._pieces = joined_roads(native)
        self.signals = TurnSignals(self.road_map)

    def index(self, key: LaneKey, s: float = 0.0) -> int:
        """Of the lane of the map at `s` metres along a lane of highway-env."""
        pieces = self._pieces[key]
        return (
            pieces[0][1] if len(pieces) == 1 else max(piece for piece in pieces if piece[0] <= s)[1]
        )

    def of_body(self, body: Vehicle) -> int:
        """Index of the lane of the map a body is on."""
        if len(self._pieces[body.lane_index]) == 1:
            return self._pieces[body.lane_index][0][1]
        s = max(body.lane.local_coordinates(body.position)[0], 0.0)
        return self.index(body.lane_index, s)


def _centerline(lane: AbstractLane) -> FloatArray:
    straight = isinstance(lane, StraightLane) and not isinstance(lane, SineLane)
    spacing = _STRAIGHT_SPACING if straight else _CURVE_SPACING
    s = np.linspace(0, lane.length, max(2, int(np.ceil(lane.length / spacing)) + 1))
    if straight:
        start, end = lane.position(0, 0), lane.position(lane.length, 0)
        return (start + (s / lane.length)[:, None] * (end - start)) * _FLIP
    return np.array([lane.position(along, 0) for along in s]) * _FLIP


def start_episode(env: AbstractEnv, scenario: Scenario, seed: int) -> None:
    """Fill the environment for this seed."""
    env.reset(seed=seed)
    if scenario.stage is not None:
        scenario.stage(env, seed)
    if not scenario.scatter_start:
        return
    ego = env.vehicle
    rng = np.random.default_rng([seed, _START_STREAM])
    s, _ = ego.lane.local_coordinates(ego.position)
    s += rng.uniform(-_START_ALONG, _START_ALONG)
    room = (ego.lane.width_at(s) - ego.WIDTH) / 2 - _START_MARGIN
    ego.position = ego.lane.position(s, rng.uniform(-room, room))
    ego.heading = ego.lane.heading_at(s) + rng.uniform(-_START_HEADING, _START_HEADING)
    ego.speed *= rng.uniform(0.7, 1.3)
    ego.on_state_update()


def xy_world(body: RoadObject) -> FloatArray:
    """(2,) position of a body of highway-env in our axes, m."""
    return np.asarray(body.position * _FLIP)


def on_road(env: AbstractEnv) -> bool:
    """Whether the middle of the ego is on some lane, or on the seam between two of one road."""
    ego = env.vehicle
    if ego.on_road:
        return True
    roads = [lanes for ends in env.road.network.graph.values() for lanes in ends.values()]
    return any(lane.on_lane(ego.position) for lanes in roads for lane in lanes) or any(
        sum(lane.on_lane(ego.position, margin=_SEAM) for lane in lanes) > 1 for lanes in roads
    )


def drive_ego(env: AbstractEnv, action: Action) -> None:
    """Hand the ego its action for the coming tick. Brakes stop a car, they do not reverse it."""
    ego = env.vehicle
    accel = max(action.accel, -max(ego.speed, 0.0) / TICK)
    ego.act({"acceleration": accel, "steering": -action.steering_angle})


def native_action(env: AbstractEnv, driver: IDMVehicle) -> Action:
    """What a driver of highway-env would do in the ego's place. It takes the ego's seat for the
    moment, so that it does not see the ego as another car."""
    ego, vehicles = env.vehicle, env.road.vehicles
    driver.position, driver.heading, driver.speed = ego.position, ego.heading, ego.speed
    driver.on_state_update()
    seat = vehicles.index(ego)
    vehicles[seat] = driver
    driver.act()
    vehicles[seat] = ego
    return Action.clipped(driver.action["acceleration"], -driver.action["steering"])


def read_state(env: AbstractEnv, table: LaneTable, t: float) -> WorldState:
    """Every body of the environment, the ego first."""
    ego = env.vehicle
    vehicles = [ego, *(v for v in env.road.vehicles if v is not ego)]
    obstacles = [body for body in env.road.objects if not isinstance(body, Landmark)]
    bodies = vehicles + obstacles
    n, moving = len(bodies), len(vehicles)
    position = np.array([body.position for body in bodies]).reshape(n, 2)
    heading = np.array([body.heading for body in bodies], dtype=np.float64)
    accel, steering = np.zeros(n), np.zeros(n)
    accel[:moving] = [v.action["acceleration"] for v in vehicles]
    steering[:moving] = [v.action["steering"] for v in vehicles]
    lane = [table.of_body(body) for body in bodies]
    target = [_target_index(body, index, table) for body, index in zip(bodies, lane, strict=True)]
    kind = np.full(n, int(AgentKind.VEHICLE))
    kind[moving:] = int(AgentKind.OBSTACLE)
    return WorldState(
        t=t,
        id=np.array([body.body_id for body in bodies]),
        kind=kind,
        xy_world=position * _FLIP,
        heading=wrap_angle(-heading),
        speed=np.array([body.speed for body in bodies], dtype=np.float64),
        accel=accel,
        steering_angle=-steering,
        length=np.array([body.LENGTH for body in bodies], dtype=np.float64),
        width=np.array([body.WIDTH for body in bodies], dtype=np.float64),
        lane=np.array(lane),
        target_lane=np.array(target),
        indicator=np.array(
            [_indicator(*each, table) for each in zip(bodies, lane, target, strict=True)]
        ),
        braking=accel < _BRAKE_LIGHT_ACCEL,
        crashed=np.array([bool(body.crashed) for body in bodies]),
    )


def _target_index(body: Vehicle, lane: int, table: LaneTable) -> int:
    target = getattr(body, "target_lane_index", None)
    if target is None or target == body.lane_index:
        return lane
    return table.index((target[0], target[1], int(target[2])))


def _indicator(body: RoadObject, lane: int, target: int, table: LaneTable) -> int:
    """For a lane change; or else, of who follows a route, for a turn."""
    left_of = table.road_map.left_of
    if left_of[lane, target]:
        return int(Indicator.LEFT)
    if left_of[target, lane]:
        return int(Indicator.RIGHT)
    route = [tuple(each[:2]) for each in getattr(body, "route", None) or ()]
    if not route or body.crashed:
        return int(Indicator.OFF)
    here = body.target_lane_index[:2]
    then = route[route.index(here) + 1 :] if here in route else []
    return int(table.signals.of(target, then[0] if then else None, xy_world(body)))
