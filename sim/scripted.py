"""Traffic that plays a part: driven by cues instead of by IDM and MOBIL."""

from __future__ import annotations

from typing import Any

from sim.highway import ControlledVehicle, Vehicle

_SPEED_GAIN, _GAP_GAIN = 1.0, 0.4  # 1/s, 1/s^2: how a follower closes in on its place


class ScriptedVehicle(ControlledVehicle):
    """At each cue it takes on another speed, lane, place across its lane or place behind the ego.
    It sees nobody else.

    A cue is a dict of plain values (sim.manoeuvres.stage.Cue), so that a saved world can hold it.
    Axes are highway-env's: y points to the right.
    """

    cues: tuple[dict[str, Any], ...] = ()
    clock = 0.0  # s since it entered
    right = 0.0  # m off the centre of its lane
    behind: float | None = None  # m between its front and the ego's rear that it keeps, if any
    max_accel = 3.0  # m/s^2, either way

    def act(self, action: dict[str, float] | None = None) -> None:  # noqa: ARG002, it has a script
        if self.crashed:
            return
        while self.cues and self._is_due(self.cues[0]):
            self._take(self.cues[0])
            self.cues = self.cues[1:]
        self.follow_road()
        accel = min(max(self._wanted_accel(), -self.max_accel), self.max_accel)
        steering = self._steering_beside(self.target_lane_index)
        Vehicle.act(self, {"acceleration": accel, "steering": steering})

    def step(self, dt: float) -> None:
        self.clock += dt
        super().step(dt)

    def _ego(self) -> Vehicle:
        """The one body without a mind of its own."""
        return next(body for body in self.road.vehicles if type(body) is Vehicle)

    def _to_ego(self) -> float:
        """m from centre to centre along its own heading, positive while the ego is ahead."""
        return float((self._ego().position - self.position) @ self.direction)

    def _is_due(self, cue: dict[str, Any]) -> bool:
        on_road = cue["road"] is None or tuple(self.target_lane_index[:2]) == tuple(cue["road"])
        return self.clock >= cue["after"] and on_road and abs(self._to_ego()) <= cue["within"]

    def _take(self, cue: dict[str, Any]) -> None:
        self.target_speed = self.target_speed if cue["speed"] is None else cue["speed"]
        self.max_accel = cue["accel"]
        self.behind = cue["behind"]
        self.right = -cue["left"]
        start, end, number = self.target_lane_index
        self.target_lane_index = (start, end, number - cue["lanes_left"])

    def _wanted_accel(self) -> float:
        if self.behind is None:
            return float(self.speed_control(self.target_speed))
        ego = self._ego()
        gap = self._to_ego() - (ego.LENGTH + self.LENGTH) / 2
        return float(_SPEED_GAIN * (ego.speed - self.speed) + _GAP_GAIN * (gap - self.behind))

    def _steering_beside(self, lane_index: tuple[str, str, int]) -> float:
        """Steering to its place across a lane: what highway-env would do if the lane ran there."""
        here, lane = self.position, self.road.network.get_lane(lane_index)
        s, across = lane.local_coordinates(here)
        self.position = lane.position(s, across - self.right)
        steering = self.steering_control(lane_index)
        self.position = here
        return float(steering)
