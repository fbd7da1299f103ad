"""The whole picture: (720, 1280, 3) RGB of one tick, the same for the window, video and screenshot.

+--------------------------------------------------------------+
| scenario, seed, weather, agent                  time, rate   |
+--------------+------------------------------+----------------+
|              |  front                       |  narrow        |
|  map         |                              +----------------+
|  (ego's      |                              |  who and why   |
|  heading up) +-------------------+----------+-------+--------+
|              |  left             |  rear            | right  |
|              +---------+---------+--+-------+-------+--------+
|              |  speed  | steering   | last 10 s              |
+--------------+---------+------------+------------------------+
| keys                                                         |
+--------------------------------------------------------------+
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from datasets.driving import MAX_ACCEL
from datasets.episode import DECISION_HZ, Outcome, Tick
from sim.state import EGO, RoadMap, WorldState
from sim.window import gauges, ink
from sim.window.belief import belief_overlays, believed_scene, draw_belief
from sim.window.camera_view import CameraView, Carpet, line_overlays, slot_of
from sim.window.commands import KEYS, Command
from sim.window.ink import Box, Color, Font, Image
from sim.window.map_view import GROUND, MapView, speed_color

WIDTH, HEIGHT = 1280, 720
MAP = Box(12, 52, 464, 628)
HERO = Box(488, 52, 522, 261)
CAMERAS = {
    "front": HERO,
    "narrow": Box(1018, 52, 250, 125),
    "left": Box(488, 321, 254, 127),
    "rear": Box(751, 321, 254, 127),
    "right": Box(1014, 321, 254, 127),
}
DRIVER = Box(1018, 185, 250, 128)
DIALS = {
    "speed": Box(488, 456, 196, 224),
    "steering": Box(692, 456, 150, 224),
    "accel": Box(842, 456, 70, 224),
}
CHARTS = Box(920, 456, 348, 224)
KEYS_TOP = 684  # px: the keys are below
TRAIL_TICKS = 60
FIRST_TIME = "The first time on a computer this takes a minute: it compiles."


@dataclass(frozen=True, slots=True)
class Status:
    """What the picture says besides the tick: the run, and what the viewer asked for."""

    scenario: str = ""
    seed: int = 0
    weather: str = ""
    agent: str = ""
    time_limit: float = 60.0  # s
    progress: float = 0.0  # share of the way to the goal
    boxes: bool = True  # overlays on the cameras
    lanes: bool = True
    plan: bool = True
    paused: bool = False
    speed_up: int = 1
    frame_rate_hz: float = DECISION_HZ
    late_ticks: int = 0
    live: bool = False  # in a window, for somebody at the keys; else only for a file
    taken: bool = False  # a person wants the wheel


class Canvas:
    """Draws ticks in the order in which they happen; `reset` begins a new episode."""

    def __init__(self, keys: Mapping[str, StrEnum] = KEYS) -> None:
        self._keys = keys
        self._background = draw_background()
        self._map: MapView | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the last seconds."""
        self._history: deque[Tick] = deque(maxlen=int(gauges.CHART_SECONDS * DECISION_HZ) + 1)
        self._trail: deque[tuple[float, float]] = deque(maxlen=TRAIL_TICKS)

    def draw(self, tick: Tick, state: WorldState, road_map: RoadMap, status: Status) -> Image:
        """The picture of a tick. `state` is the world at that moment, or, for the last tick of an
        episode, after it. A tick drawn again is not remembered twice."""
        if self._map is None or self._map.road.road_map is not road_map:
            self._map = MapView(road_map, MAP)
        if not self._history or self._history[-1] is not tick:
            self._history.append(tick)
            self._trail.append(tuple(state.xy_world[EGO]))
        limit = self._map.road.road_map.lanes[int(state.lane[EGO])].speed_limit
        image = self._background.copy()
        draw_header(image, status, tick.observation.t)
        draw_keys(image, status, self._keys)
        self._draw_map(image, tick, state)
        self._draw_cameras(image, tick, status)
        gauges.draw_driver(image, DRIVER, tick.decision)
        gauges.draw_dials(image, DIALS, tick.observation.ego, limit)
        self._draw_charts(image, limit)
        if tick.outcome is not None:
            draw_banner(image, tick.outcome)
        return image

    def draw_waiting(self, status: Status) -> Image:
        """The picture while a world is being built."""
        image = self._background.copy()
        draw_header(image, status, 0.0)
        draw_keys(image, status, self._keys)
        MAP.of(image)[:] = GROUND
        middle = (MAP.x + MAP.width / 2, MAP.y + MAP.height / 2)
        ink.text(image, middle, "building the road ...", ink.BODY, ink.MUTED, align=0.5)
        below = (middle[0], middle[1] + 24)
        ink.text(image, below, FIRST_TIME, ink.SMALL, ink.MUTED, align=0.5)
        return image

    def _draw_map(self, image: Image, tick: Tick, state: WorldState) -> None:
        assert self._map is not None
        pixels = MAP.of(image)
        view = self._map.viewport(state)
        self._map.draw_roads(pixels, view, state.xy_world[EGO])
        self._map.draw_route(pixels, view, tick.observation.route.xy_ego)
        self._map.draw_trail(pixels, view, np.array(self._trail))
        plan, shadow = tick.decision.trajectory, tick.decision.shadow
        if plan is not None and tick.outcome is None:
            self._map.draw_plan(pixels, view, plan)
        if shadow is not None and shadow.trajectory is not None and tick.outcome is None:
            self._map.draw_shadow(pixels, view, shadow.trajectory)
        self._map.draw_bodies(pixels, view, state, tick.truth)
        belief = believed_scene(tick)
        if belief is not None:
            draw_belief(pixels, view.from_ego, belief)
        draw_scale(pixels, view.px_per_m, self._map.road.speed_limit)

    def _draw_cameras(self, image: Image, tick: Tick, status: Status) -> None:
        frames = tick.observation.frames
        cameras = [frame.camera for frame in frames]
        belief = believed_scene(tick)
        lines = (
            line_overlays(tick.truth, status.boxes, status.lanes)
            if belief is None
            else belief_overlays(belief, status.boxes, status.lanes)
        )
        plan = tick.decision.trajectory if status.plan else None
        carpet = Carpet.of(plan, self._map.road.speed_limit) if plan and self._map else None
        for frame in frames:
            box = CAMERAS[slot_of(frame.camera, cameras)]
            view = CameraView(frame, box.of(image))
            if carpet is not None:
                view.draw_carpet(carpet)
            for segments, color in lines:
                view.draw_lines(segments, color)
            draw_tag(image, box, frame.camera.name.replace("_", " "))

    def _draw_charts(self, image: Image, limit: float) -> None:
        t = [tick.observation.t for tick in self._history]
        egos = [tick.observation.ego for tick in self._history]
        top, bottom = chart_boxes()
        speeds, accels = [ego.speed for ego in egos], [ego.accel for ego in egos]
        gauges.draw_chart(image, top, t, speeds, (0, limit * 4 / 3), limit, ink.ACCENT)
        gauges.draw_chart(image, bottom, t, accels, (-MAX_ACCEL, MAX_ACCEL), 0.0, ink.GOOD)


def chart_boxes() -> tuple[Box, Box]:
    x, width = CHARTS.x + 16, CHARTS.width - 32
    return Box(x, CHARTS.y + 36, width, 68), Box(x, CHARTS.y + 140, width, 68)


def draw_background() -> Image:
    """What is the same in every picture: cards and titles."""
    image = np.full((HEIGHT, WIDTH, 3), ink.PAGE, dtype=np.uint8)
    dials = Box(692, 456, 220, 224)  # the wheel and the pedals share a card
    for box in (*CAMERAS.values(), DRIVER, DIALS["speed"], dials, CHARTS):
        ink.panel(image, box)
    top, bottom = chart_boxes()
    titles = [
        (DRIVER.x + 18, DRIVER.y + 22, "WHO DRIVES, AND WHY"),
        (DIALS["speed"].x + 16, DIALS["speed"].y + 22, "SPEED"),
        (DIALS["steering"].x + 16, DIALS["steering"].y + 22, "STEERING"),
        (DIALS["accel"].x + 10, DIALS["accel"].y + 22, "M/S²"),
        (top.x, top.y - 14, "SPEED, LAST 10 S"),
        (bottom.x, bottom.y - 14, "ACCELERATION"),
    ]
    for u, v, title in titles:
        ink.text(image, (u, v), title, ink.LABEL, ink.MUTED)
    for name, box in CAMERAS.items():
        middle = (box.x + box.width / 2, box.y + box.height / 2)
        ink.text(image, middle, f"no {name} camera", ink.SMALL, ink.MUTED, align=0.5)
    return image


def draw_tag(image: Image, box: Box, name: str) -> None:
    """The name of a camera, readable on any picture."""
    width = ink.text_width(name, ink.LABEL) + 12
    ink.veil(image, Box(box.x, box.y, width, 18), ink.PAGE, 0.55)
    ink.text(image, (box.x + 6, box.y + 13), name, ink.LABEL)


def draw_keys(image: Image, status: Status, keys: Mapping[str, StrEnum] = KEYS) -> None:
    """The legend along the bottom edge, for whoever sits there; the keys of what is switched on are
    lit."""
    if not status.live:
        return
    lit = {
        Command.PAUSE: status.paused,
        Command.BOXES: status.boxes,
        Command.LANES: status.lanes,
        Command.PLAN: status.plan,
        Command.SPEED_UP: status.speed_up > 1,
        Command.TAKE: status.taken,
    }
    u, v = 12, KEYS_TOP + 20
    for key, command in keys.items():
        cap = Box(u, v - 14, ink.text_width(key, ink.SMALL) + 12, 19)
        on = lit.get(command, False)
        ink.panel(image, cap, ink.ACCENT if on else ink.EDGE, 4)
        ink.text(image, (u + 6, v), key, ink.SMALL, ink.PAGE if on else ink.TEXT)
        ink.text(image, (u + cap.width + 7, v), command.value, ink.SMALL, ink.MUTED)
        u += cap.width + 7 + ink.text_width(command.value, ink.SMALL) + 24


def draw_header(image: Image, status: Status, t: float) -> None:
    """What runs, from the left; how it runs, from the right."""
    u = 14.0
    ink.text(image, (u, 33), status.scenario, Font(22, 500))
    u += ink.text_width(status.scenario, Font(22, 500)) + 22
    for name, value in (
        ("seed", str(status.seed)),
        ("weather", status.weather),
        ("agent", status.agent),
    ):
        ink.text(image, (u, 32), name, ink.BODY, ink.MUTED)
        u += ink.text_width(name, ink.BODY) + 6
        ink.text(image, (u, 32), value, ink.STRONG)
        u += ink.text_width(value, ink.STRONG) + 18
    late: Color = ink.WARN if status.late_ticks else ink.MUTED
    running = "paused" if status.paused else f"x{status.speed_up}"
    pace = (
        (f"{status.late_ticks} late", late),
        (f"{status.frame_rate_hz:.1f} Hz", ink.MUTED),
        (running, ink.WARN if status.paused or status.speed_up > 1 else ink.MUTED),
    )
    u = WIDTH - 14.0
    for string, color in (
        *(pace if status.live else ()),
        (f"{t:.1f} s of {status.time_limit:.0f} s", ink.TEXT),
        (f"{100 * min(1.0, max(0.0, status.progress)):.0f} % of the way", ink.TEXT),
    ):
        ink.text(image, (u, 32), string, ink.STRONG, color, align=1.0)
        u -= ink.text_width(string, ink.STRONG) + 20
    bar = Box(HERO.x, 44, WIDTH - 12 - HERO.x, 2)
    bar.of(image)[:] = ink.EDGE
    bar.of(image)[:, : round(bar.width * min(1.0, max(0.0, status.progress)))] = ink.ACCENT


def draw_scale(pixels: Image, px_per_m: float, speed_limit: float) -> None:
    """A ruler, and what the colours of the plan mean, in the corners of the map."""
    ink.veil(pixels, Box(0, MAP.height - 44, MAP.width, 44), ink.PAGE, 0.6)
    metres = 20 if px_per_m < 7 else 10
    u, v = 16.0, MAP.height - 16.0
    ruler = np.array(
        [[u, v - 5], [u, v], [u + metres * px_per_m, v], [u + metres * px_per_m, v - 5]]
    )
    ink.stroke(pixels, ruler, ink.MUTED, 1)
    ink.text(pixels, (u + 6, v - 6), f"{metres} m", ink.SMALL, ink.MUTED)
    right = MAP.width - 16
    for i in range(72):
        pixels[MAP.height - 20 : MAP.height - 16, right - 72 + i] = speed_color(i / 71, 1.0)
    legend = f"plan  0 - {speed_limit * 3.6:.0f} km/h"
    ink.text(pixels, (right, v - 10), legend, ink.SMALL, ink.MUTED, align=1.0)


def draw_banner(image: Image, outcome: Outcome) -> None:
    """How the episode ended, across the map."""
    color = ink.GOOD if outcome.success else ink.BAD
    box = Box(MAP.x, MAP.y + 120, MAP.width, 72)
    ink.veil(image, box, ink.PAGE, 0.82)
    cv_edge = Box(box.x, box.y, 4, box.height)
    cv_edge.of(image)[:] = color
    middle = box.x + box.width / 2
    title = {"goal": "Goal reached", "collision": "Collision", "off-road": "Off the road",
             "stuck": "Stuck", "time-out": "Out of time"}[outcome.end.value]  # fmt: skip
    ink.text(image, (middle, box.y + 38), title, Font(26, 600), color, align=0.5)
    below = {True: "at fault", False: "not at fault"}[outcome.at_fault]
    if outcome.end.value != "collision":
        below = "success" if outcome.success else "no success"
    ink.text(image, (middle, box.y + 60), below, ink.BODY, ink.MUTED, align=0.5)
