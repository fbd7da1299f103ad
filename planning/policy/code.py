"""What the learned driver says as numbers, and back: a path, a side and a target speed.

Path     PATH_SIZE numbers: how far left of the car the path runs (m, measured across the path), and
         its headings (rad, relative to the car) at STATIONS arc lengths from the point beside the
         car on. Followed heading by heading it is smooth, and it may bend back on itself.
Side     KEEP, LEFT or RIGHT: whether that path is the lane the car is in or one beside it. Each
         side has a path of its own, so that two ways past an obstacle are never averaged.
Speed    probabilities of the SPEEDS, read out as their mean and standard deviation. A speed between
         two of them is told by both, so that a sure answer has exactly its mean and no deviation.
"""

from __future__ import annotations

import numpy as np

from datasets.checks import FloatArray, IntArray
from datasets.geometry import SE2, wrap_angle
from planning.paths import STEP, Paths, frenet, nearest_on_path

STATIONS = 16
HORIZON = 60.0  # m: two seconds at the fastest that is driven
STATION_S: FloatArray = HORIZON * (np.arange(STATIONS) / (STATIONS - 1)) ** 2  # (S,) m, dense near
PATH_SIZE = 1 + STATIONS
KEEP, LEFT, RIGHT = range(3)
SIDES = 3
BESIDE = 2.0  # m, half a lane: a path further away than this is another lane's
# m/s: what is slow is told apart more finely, since there a little decides who waits
SPEEDS: FloatArray = np.concatenate([np.arange(0.0, 12.0), np.arange(12.0, 35.0, 2.0)])
SEARCH = 12  # points of a planner's path within which the place beside a moved car is looked for


def encode_path(paths: Paths, which: int, view: SE2) -> FloatArray:
    """(PATH_SIZE,) a path of the planner as it is seen from `view`, a place near the car."""
    guess = round(float(paths.start[which]) / STEP)
    return encode_line(paths.xy[which], paths.heading[which], guess, view)


def encode_line(xy: FloatArray, heading: FloatArray, guess: int, view: SE2) -> FloatArray:
    """(PATH_SIZE,) a line of (K, 2) points STEP metres apart with their (K,) unwrapped headings, as
    it is seen from `view`; `guess` is a point of it near there."""
    xy = view.inverse().apply(xy)
    heading = heading - view.heading
    s, d = frenet(xy, heading, 0.0, 0.0, nearest_on_path(xy, 0.0, 0.0, guess, SEARCH))
    at = np.interp(s + STATION_S, np.arange(len(heading)) * STEP, heading)
    at = at + float(wrap_angle(at[0])) - at[0]
    return np.append(-d, at)


def decode_path(path: FloatArray, s: FloatArray = STATION_S) -> FloatArray:
    """(1 + n,) an offset and the headings at n arc lengths `s` -> (n, 2) its points, ego frame, m.
    Between two headings the path is an arc."""
    offset, heading = path[0], path[1:]
    turn = np.diff(heading)
    # The chord of an arc is shorter than the arc: by turn^2 / 24 of its length.
    chord = np.diff(s) * (1 - turn**2 / 24)
    middle = heading[:-1] + turn / 2
    steps = chord[:, None] * np.stack([np.cos(middle), np.sin(middle)], axis=1)
    begin = offset * np.array([-np.sin(heading[0]), np.cos(heading[0])])
    return np.asarray(begin + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)]))


def side_of(offset: FloatArray) -> IntArray:
    """(...) how far left of the car a path runs, m -> which side that is."""
    return np.where(offset > BESIDE, LEFT, np.where(offset < -BESIDE, RIGHT, KEEP))


def encode_speed(speed: FloatArray) -> FloatArray:
    """(...) m/s -> (..., len(SPEEDS)) the shares of the two nearest classes."""
    speed = np.clip(speed, SPEEDS[0], SPEEDS[-1])
    low = np.clip(np.searchsorted(SPEEDS, speed, side="right") - 1, 0, len(SPEEDS) - 2)
    share = (speed - SPEEDS[low]) / (SPEEDS[low + 1] - SPEEDS[low])
    classes = np.arange(len(SPEEDS))
    below = (classes == low[..., None]) * (1 - share)[..., None]
    return np.asarray(below + (classes == low[..., None] + 1) * share[..., None])


def decode_speed(shares: FloatArray) -> FloatArray:
    """(..., len(SPEEDS)) -> (...) m/s, their mean."""
    return np.asarray(shares @ SPEEDS)


def deviation(shares: FloatArray) -> FloatArray:
    """(..., len(SPEEDS)) -> (...) m/s, their standard deviation, beyond that with which the mean
    alone would be told."""
    mean = decode_speed(shares)
    variance = shares @ SPEEDS**2 - encode_speed(mean) @ SPEEDS**2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
