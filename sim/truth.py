"""True scenes: the map and the bodies around the ego, in the ego frame."""

from __future__ import annotations

import numpy as np

from datasets.checks import BoolArray, FloatArray
from datasets.geometry import wrap_angle
from datasets.observation import EgoState, Route
from datasets.scene import Agents, Lanes, Scene
from sim.state import EGO, RoadMap, WorldState

AHEAD, BEHIND, BESIDE = 160.0, 80.0, 90.0  # m around the ego that a scene covers


class TruthView:
    """Cuts scenes out of one road map."""

    def __init__(self, road_map: RoadMap, on_route: BoolArray) -> None:
        lanes = road_map.lanes
        self._map = road_map
        self._on_route = on_route
        self._xy_world = np.concatenate([lane.xy_world for lane in lanes])  # (T, 2)
        counts = np.array([len(lane.xy_world) for lane in lanes])
        self._start = np.concatenate([[0], np.cumsum(counts)])  # (L + 1,) of each lane's points
        self._lane_of_point = np.repeat(np.arange(len(lanes)), counts)  # (T,)
        self._width = np.array([lane.width for lane in lanes])
        self._speed_limit = np.array([lane.speed_limit for lane in lanes])
        self._left_marking = np.array([lane.left_marking for lane in lanes])
        self._right_marking = np.array([lane.right_marking for lane in lanes])
        self._priority = np.array([lane.priority for lane in lanes])

    def scene(self, state: WorldState, ego: EgoState, route: Route, visible: FloatArray) -> Scene:
        """`visible` (M,) is the share of every body that the cameras see."""
        return Scene(state.t, ego, _agents(state, visible), self._lanes(state), route)

    def _lanes(self, state: WorldState) -> Lanes:
        xy_ego = state.world_from_ego.inverse().apply(self._xy_world)  # (T, 2)
        x, y = xy_ego[:, 0], xy_ego[:, 1]
        near = np.flatnonzero((x > -BEHIND) & (x < AHEAD) & (np.abs(y) < BESIDE))
        if len(near) == 0:
            return Lanes.none()
        # A lane's part in the scene: from its first point near the ego to its last one.
        lane, first_at = np.unique(self._lane_of_point[near], return_index=True)
        first = near[first_at]
        last = near[np.append(first_at[1:], len(near)) - 1]
        count = last - first + 1
        offset = np.arange(count.max())
        point = np.minimum(first[:, None] + offset, last[:, None])  # (L, P)
        whole_start = first == self._start[lane]
        whole_end = last == self._start[lane + 1] - 1
        among = np.ix_(lane, lane)
        return Lanes(
            id=lane.astype(np.int64),
            xy_ego=xy_ego[point],
            valid=offset < count[:, None],
            lateral_std=np.zeros(point.shape),
            width=self._width[lane],
            speed_limit=self._speed_limit[lane],
            left_marking=self._left_marking[lane],
            right_marking=self._right_marking[lane],
            on_route=self._on_route[lane],
            priority=self._priority[lane],
            leads_to=self._map.leads_to[among] & whole_end[:, None] & whole_start,
            left_of=self._map.left_of[among],
        )


def _agents(state: WorldState, visible: FloatArray) -> Agents:
    ego_from_world = state.world_from_ego.inverse()
    xy_ego = ego_from_world.apply(state.xy_world)
    near = (xy_ego[:, 0] > -BEHIND) & (xy_ego[:, 0] < AHEAD) & (np.abs(xy_ego[:, 1]) < BESIDE)
    near[EGO] = False
    n = int(near.sum())
    return Agents(
        id=state.id[near],
        kind=state.kind[near],
        xy_ego=xy_ego[near],
        heading=wrap_angle(state.heading[near] - state.heading[EGO]),
        speed=state.speed[near],
        length=state.length[near],
        width=state.width[near],
        braking=state.braking[near],
        indicator=state.indicator[near],
        visible=visible[near],
        xy_std=np.zeros(n),
        valid=np.ones(n, np.bool_),
    )
