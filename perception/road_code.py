"""The RoadEstimate as one vector, as the network puts it out; and back.

Positions and offsets are in metres; probabilities are logits, standard deviations logarithms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.checks import FloatArray
from perception.nouns import OWN, SLOTS, STATIONS, RoadEstimate

PLAIN = {  # field -> shape; as they are
    "xy_ego": (STATIONS, 2),
    "length": (),
    "speed_limit": (),
    "lane_offset": (SLOTS, STATIONS),
    "lane_width": (SLOTS,),
    "edge_offset": (2, STATIONS),
    "junction_begin": (),
    "junction_end": (),
}
LOG: dict[str, tuple[int, ...]] = {  # logarithms
    "lateral_std": (STATIONS,),
    "length_std": (),
    "speed_limit_std": (),
    "lane_offset_std": (SLOTS, STATIONS),
    "edge_offset_std": (2, STATIONS),
    "junction_std": (),
}
LOGIT: dict[str, tuple[int, ...]] = {  # of yes against no
    "exists": (),
    "lane_exists": (SLOTS,),
    "lane_exists_at": (SLOTS, STATIONS),
    "lane_oncoming": (SLOTS,),
    "lane_on_route": (SLOTS, STATIONS),
    "junction": (),
    "give_way": (),
}
CLASSES = {"left_marking": (SLOTS, 3), "right_marking": (SLOTS, 3)}  # logits of one out of three
SHAPES: dict[str, tuple[int, ...]] = PLAIN | LOG | LOGIT | CLASSES
_STARTS = np.concatenate([[0], np.cumsum([int(np.prod(shape)) for shape in SHAPES.values()])])
PLACE = {  # where each field lies in the vector
    name: slice(int(a), int(b))
    for name, a, b in zip(SHAPES, _STARTS[:-1], _STARTS[1:], strict=True)
}
ROAD_SIZE = int(_STARTS[-1])
_SURE = 10.0  # the logit of what is certain
_LEAST = 1e-9


def encode_road(road: RoadEstimate) -> NDArray[np.float32]:
    """(ROAD_SIZE,)"""
    vector = np.empty(ROAD_SIZE)
    for name in SHAPES:
        value = np.asarray(getattr(road, name))
        if name in LOG:
            value = np.log(np.maximum(value, _LEAST))
        elif name in LOGIT:
            value = np.clip(np.log((value + _LEAST) / (1 - value + _LEAST)), -_SURE, _SURE)
        elif name in CLASSES:
            value = np.maximum(np.log(value + _LEAST), -_SURE)
        vector[PLACE[name]] = value.ravel()
    return vector.astype(np.float32)


def decode_road(vector: NDArray[np.float32]) -> RoadEstimate:
    """The inverse of `encode_road`."""
    if vector.shape != (ROAD_SIZE,):
        raise ValueError(f"decode_road: expected shape ({ROAD_SIZE},), got {vector.shape}")
    values: dict[str, FloatArray | float] = {}
    for name, shape in SHAPES.items():
        value = vector[PLACE[name]].astype(np.float64).reshape(shape)
        if name in LOG:
            value = np.exp(value)
        elif name in LOGIT:
            value = 1 / (1 + np.exp(-value))
        elif name in CLASSES:
            value = np.exp(value - value.max(axis=-1, keepdims=True))
            value /= value.sum(axis=-1, keepdims=True)
        values[name] = value if shape else float(value)
    # The own lane is where the spine is, whatever the network says of a number nobody asks for.
    values["lane_offset"][OWN], values["lane_offset_std"][OWN] = 0.0, _LEAST  # type: ignore[index]
    return RoadEstimate(**values)  # type: ignore[arg-type]
