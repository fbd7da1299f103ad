"""What the driver believes, where that is not the truth: drawn with how sure it is.

A perceived scene carries standard deviations, a true one has none. Over the cameras a believed box
turns from yellow to red as its place gets less certain, and a lane's edges are drawn twice, TWO_STD
inside and outside of where they are thought to be: sure lanes have sharp edges, unsure ones wide.
On the map, believed agents stand against the true ones, with circles of TWO_STD.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from datasets.checks import FloatArray
from datasets.episode import Tick
from datasets.geometry import box_corners
from datasets.scene import Agents, Lanes, Scene
from sim.window import ink
from sim.window.camera_view import (
    LANE_COLOR,
    ROUTE_LANE_COLOR,
    Segments,
    box_segments_ego,
    on_ground,
)
from sim.window.ink import Color, Image
from sim.window.map_view import offset_line

SURE: Color = (255, 214, 102)
UNSURE: Color = (255, 77, 61)
LANE_ON_MAP: Color = (146, 132, 84)
TWO_STD = 2.0
WORST_STD = 2.0  # m: boxes less certain than this are all as red
BEHIND = 20.0  # m of believed lanes behind the car that are shown
_STEPS = 4  # shades from sure to unsure
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 25)), np.sin(np.linspace(0, 2 * np.pi, 25))])


def believed_scene(tick: Tick) -> Scene | None:
    """The scene the driver acts on, where it is not the truth."""
    scene = tick.decision.scene
    if scene is None:
        return None
    sees = bool((scene.agents.xy_std > 0).any() or (scene.lanes.lateral_std > 0).any())
    return scene if sees else None


def shade(std: float) -> Color:
    """The colour of something this uncertain, m."""
    step = round(min(std / WORST_STD, 1.0) * _STEPS) / _STEPS
    return ink.mix(SURE, UNSURE, step)


def belief_overlays(scene: Scene, boxes: bool, lanes: bool) -> list[tuple[Segments, Color]]:
    """What is drawn as lines into every camera."""
    overlays: list[tuple[Segments, Color]] = []
    if lanes:
        for on_route, color in ((False, LANE_COLOR), (True, ROUTE_LANE_COLOR)):
            for spread, faint in ((0.0, 1.0), (TWO_STD, 0.5), (-TWO_STD, 0.5)):
                edges = _edges(scene.lanes, on_route, spread)
                segments = on_ground(edges[:, 0]), on_ground(edges[:, 1])
                overlays.append((segments, ink.mix((90, 90, 90), color, faint)))
    if boxes:
        agents = scene.agents.compact()
        level = np.rint(np.minimum(agents.xy_std / WORST_STD, 1.0) * _STEPS)
        for step in np.unique(level):
            group = agents.where(level == step).compact()
            overlays.append((box_segments_ego(group), shade(float(step) / _STEPS * WORST_STD)))
    return overlays


def _edges(lanes: Lanes, on_route: bool, spread: float) -> FloatArray:
    """(N, 2, 2) pieces of the edges of the lanes, moved outwards by `spread` of their std."""
    pieces = [np.zeros((0, 2, 2))]
    for i in np.flatnonzero(lanes.on_route == on_route):
        line = lanes.centerline(int(i))
        if len(line) < 2:
            continue
        std = lanes.lateral_std[i, : len(line)]
        for side in (0.5, -0.5):
            unit = offset_line(line, 1.0) - line
            wide = side * lanes.width[i] + np.sign(side) * spread * std
            edge = line + wide[:, None] * unit
            near = line[:, 0] > -BEHIND
            pieces.append(np.stack([edge[:-1], edge[1:]], axis=1)[near[:-1]])
    return np.concatenate(pieces)


def draw_belief(image: Image, from_ego: Callable[[FloatArray], FloatArray], scene: Scene) -> None:
    """Believed lanes and agents on the map; `from_ego` places points of the ego frame on it."""
    for on_route in (False, True):
        ink.strokes(image, from_ego(_edges(scene.lanes, on_route, 0.0)), LANE_ON_MAP, 1)
    agents = scene.agents.compact()
    for i, outline in enumerate(_outlines(agents)):
        color = shade(float(agents.xy_std[i]))
        ink.stroke(image, from_ego(outline), color, 2, closed=True)
        circle = agents.xy_ego[i] + TWO_STD * agents.xy_std[i] * _CIRCLE.T
        ink.stroke(image, from_ego(circle), color, 1, closed=True)


def _outlines(agents: Agents) -> FloatArray:
    return box_corners(agents.xy_ego, agents.heading, agents.length, agents.width)
