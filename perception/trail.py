"""Where the spine ran: the road behind the car, which the front cameras have passed.

State    the points of the spine that the car has passed, in the odometry frame, and by how many
         lanes the spine has moved since the episode began.
Input    the estimate of the road once a tick, and the pose of the car in the odometry frame.

When the spine jumps to a neighbour lane, because the car changed lane, the trail jumps with it: the
lane is taken to run beside the old one behind the car, too.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray
from datasets.geometry import SE2
from perception.nouns import OWN, RoadEstimate

SPACING = 2.0  # m between the points of the trail
REACH = 80.0  # m behind the car: followers are seen that far
JUMP = 0.5  # of a lane's width: a spine that moves more sideways in a tick is another lane's


class Trail:
    """The spine behind the car, and the number of the lane it runs in."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._xy_odom = np.zeros((0, 2))
        self.lane = 0  # lanes to the left of the one in which the episode began

    def follow(self, road: RoadEstimate, odom_from_ego: SE2) -> FloatArray:
        """(B, 2) the spine behind the car now, ego frame, in driving order: as it was passed, and
        straight on where the car has not been."""
        ego_from_odom = odom_from_ego.inverse()
        here = road.xy_ego[0]
        tangent = road.xy_ego[1:4].sum(axis=0) - 3 * here
        tangent = tangent / np.hypot(*tangent)
        normal = np.array([-tangent[1], tangent[0]])
        behind = ego_from_odom.apply(self._xy_odom)
        if len(behind):
            last = behind[-1]
            across = float((here - last) @ normal)
            width = float(road.lane_width[OWN])
            if abs(across) > JUMP * width:
                behind = behind + _normals(behind, tangent) * across
                self.lane += round(across / width)
        far = not len(behind) or float((here - behind[-1]) @ tangent) > SPACING
        kept = np.concatenate([behind, here[None]]) if far else behind
        self._xy_odom = odom_from_ego.apply(kept[-int(REACH / SPACING) :])
        if len(behind) and float((here - behind[-1]) @ tangent) < SPACING / 2:
            behind = behind[:-1]  # beside the car, not behind it
        return _lengthened(behind, here, tangent)


def _normals(xy: FloatArray, tangent: FloatArray) -> FloatArray:
    """(B, 2) to the left of a curve that goes on along `tangent`."""
    step = np.diff(xy, axis=0, append=xy[-1:] + tangent)
    step /= np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    return np.stack([-step[:, 1], step[:, 0]], axis=1)


def _lengthened(behind: FloatArray, here: FloatArray, tangent: FloatArray) -> FloatArray:
    """The trail with REACH metres in all: straight on backwards from where it begins."""
    first = behind[0] if len(behind) else here
    if len(behind) > 1:
        back = behind[1] - behind[0]
        tangent = back / np.hypot(*back)
    missing = REACH - SPACING * len(behind)
    steps = np.arange(missing, 0.5 * SPACING, -SPACING)[:, None]
    return np.concatenate([first - steps * tangent, behind])
