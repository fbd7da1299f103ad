"""The state of a world as bytes: compressed JSON, so that reading one from a stranger is safe.

Roads are not stored, the scenario and the seed make them again. Stored are all bodies with all
their attributes (class, pose, speed, target lane, route, timers, temper), the random generator, the
clock of the intersection's rules, and what the World itself keeps. JSON keeps every bit of a
double.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import orjson

from sim import highway, scripted
from sim.highway import AbstractEnv, RoadObject

_VERSION = 2
_DERIVED = {"road", "lane", "history", "log"}  # made again from the rest, or display only
_USUAL = {  # attributes with these values are not stored: most of the text of a body
    "collidable": True,
    "solid": True,
    "check_collisions": True,
    "crashed": False,
    "hit": False,
    "impact": None,
    "prediction_type": "constant_steering",
    "enable_lane_change": True,
    "route": None,
}
_PLAIN = {type(None), bool, int, float, str}  # what JSON holds as it is
_BODY_CLASSES = {
    name: kind
    for name, kind in (vars(highway) | vars(scripted)).items()
    if isinstance(kind, type) and issubclass(kind, RoadObject)
}


def pack(env: AbstractEnv, bookkeeping: dict[str, object]) -> bytes:
    """Everything that decides how the world goes on."""
    return zlib.compress(pack_text(env, bookkeeping).encode())


def pack_text(env: AbstractEnv, bookkeeping: dict[str, object]) -> str:
    """The same as plain JSON: for logs, which compress better over many ticks."""
    road = env.road
    content = {
        "version": _VERSION,
        "bookkeeping": bookkeeping,
        "random": json.dumps(road.np_random.bit_generator.state),  # holds integers of 128 bits
        "road_steps": getattr(road, "steps", None),
        "ego": road.vehicles.index(env.vehicle),
        "vehicles": [_pack_body(body) for body in road.vehicles],
        "objects": [_pack_body(body) for body in road.objects],
    }
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def bookkeeping(saved: bytes | str) -> dict[str, Any]:
    """What the World stored for itself."""
    return dict(_unpack(saved)["bookkeeping"])


def restore(env: AbstractEnv, saved: bytes | str) -> None:
    """Put the saved bodies and generators into an environment with the same roads."""
    content = _unpack(saved)
    road = env.road
    road.np_random.bit_generator.state = json.loads(content["random"])
    if content["road_steps"] is not None:
        road.steps = content["road_steps"]
    road.vehicles = [_unpack_body(env, body) for body in content["vehicles"]]
    road.objects = [_unpack_body(env, body) for body in content["objects"]]
    env.vehicle = road.vehicles[content["ego"]]


def _unpack(saved: bytes | str) -> dict[str, Any]:
    try:
        content = orjson.loads(saved if isinstance(saved, str) else zlib.decompress(saved))
    except (zlib.error, ValueError) as error:
        raise ValueError(f"saved world: expected compressed JSON, got {error}") from error
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        version = content.get("version") if isinstance(content, dict) else content
        raise ValueError(f"saved world: expected version {_VERSION}, got {version!r}")
    return content


def _pack_body(body: RoadObject) -> dict[str, Any]:
    packed: dict[str, Any] = {"class": type(body).__name__}
    for key, value in vars(body).items():
        if type(value) in _PLAIN:
            if key not in _USUAL or _USUAL[key] != value:
                packed[key] = value
        elif key not in _DERIVED:
            packed[key] = _pack_value(value)
    return packed


def _unpack_body(env: AbstractEnv, packed: dict[str, Any]) -> RoadObject:
    values = {key: _unpack_value(value) for key, value in packed.items() if key != "class"}
    kind = _BODY_CLASSES.get(packed["class"])
    if kind is None:
        raise ValueError(
            f"saved world: expected a body of {sorted(_BODY_CLASSES)}, got {packed['class']!r}"
        )
    body = kind(env.road, values["position"], values["heading"], values["speed"])
    vars(body).update({key: _USUAL[key] for key in _USUAL.keys() & vars(body).keys()} | values)
    body.lane = env.road.network.get_lane(body.lane_index)
    return body


def _pack_value(value: Any) -> Any:
    """Types that JSON lacks become {type: content}; a numpy scalar stays one, since highway-env's
    arithmetic may differ by a bit between the two."""
    if type(value) in _PLAIN:
        return value
    match value:
        case np.ndarray():
            return {"array": value.tolist()}
        case np.bool_():
            return {"bool_": bool(value)}
        case np.integer():
            return {"int64": int(value)}
        case np.floating():
            return {"float64": float(value)}
        case tuple():
            return {"tuple": [_pack_value(item) for item in value]}
        case list():
            return [_pack_value(item) for item in value]
        case dict():
            return {"dict": {key: _pack_value(item) for key, item in value.items()}}
    raise TypeError(f"saved world: expected plain values in a body, got {type(value).__name__}")


def _unpack_value(packed: Any) -> Any:
    if isinstance(packed, list):
        return [_unpack_value(item) for item in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, content),) = packed.items()
    match kind:
        case "array":
            return np.array(content)
        case "tuple":
            return tuple(_unpack_value(item) for item in content)
        case "dict":
            return {key: _unpack_value(item) for key, item in content.items()}
        case "bool_" | "int64" | "float64":
            return getattr(np, kind)(content)
    raise ValueError(f"saved world: expected a known type of value, got {kind!r}")
