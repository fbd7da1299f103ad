"""The instruments: speed, steering wheel, acceleration, the last seconds, who drives and why."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from datasets.checks import FloatArray
from datasets.driving import EASED, MAX_ACCEL, POLICY, Decision, Shadow
from datasets.observation import EgoState
from sim.window import ink
from sim.window.ink import Box, Color, Font, Image

STEERING_RATIO = 15.0  # turns of the wheel for one of the front wheels, as in a passenger car
CHART_SECONDS = 10.0
DRIVER_COLORS: dict[str, Color] = {
    "expert": ink.GOOD,
    POLICY: ink.ACCENT,
    EASED: ink.mix(ink.ACCENT, ink.WARN, 0.5),
    "rules": ink.WARN,
    "emergency": ink.BAD,
}


def arc(centre: tuple[float, float], radius: float, begin: float, end: float) -> FloatArray:
    """(P, 2) uv of an arc; angles clockwise from above, rad."""
    angle = np.linspace(begin, end, max(2, int(abs(end - begin) * radius / 4)))
    return np.array(centre) + radius * np.stack([np.sin(angle), -np.cos(angle)], axis=1)


def draw_speed(image: Image, box: Box, speed: float, limit: float) -> None:
    """A dial to a third above the limit, with the limit as a mark and a road sign."""
    centre = (box.x + box.width / 2, box.y + 116.0)
    radius, sweep, top = 74.0, np.deg2rad(130), limit * 4 / 3
    turn = sweep * (2 * np.clip(np.array([speed, limit]) / top, 0, 1) - 1)
    color = ink.WARN if speed > 1.05 * limit else ink.ACCENT
    ink.stroke(image, arc(centre, radius, -sweep, sweep), ink.EDGE, 8)
    if speed > 0.01 * top:
        ink.stroke(image, arc(centre, radius, -sweep, float(turn[0])), color, 8)
    direction = np.array([np.sin(turn[1]), -np.cos(turn[1])])
    mark = np.array(centre) + direction * np.array([[radius - 10], [radius + 8]])
    ink.stroke(image, mark, ink.BAD, 3)
    ink.text(image, (centre[0], centre[1] + 14), f"{speed * 3.6:z.0f}", Font(46, 500), align=0.5)
    ink.text(image, (centre[0], centre[1] + 36), "km/h", ink.BODY, ink.MUTED, align=0.5)
    speed_text = f"{speed:z.1f} m/s"
    ink.text(image, (centre[0], centre[1] + 74), speed_text, ink.BODY, ink.MUTED, align=0.5)
    sign = (box.x + box.width - 27.0, box.y + 27.0)
    ink.disc(image, sign, 17, ink.BAD)
    ink.disc(image, sign, 13, (244, 244, 240))
    limit_text = f"{limit * 3.6:.0f}"
    ink.text(image, (sign[0], sign[1] + 4), limit_text, Font(11, 600), (24, 24, 24), align=0.5)


def draw_steering(image: Image, box: Box, steering_angle: float) -> None:
    """The wheel as a passenger sees it: it turns left for a left bend."""
    centre = (box.x + box.width / 2, box.y + 104.0)
    radius, turn = 52.0, -steering_angle * STEERING_RATIO
    ink.stroke(image, arc(centre, radius, 0, 2 * np.pi), ink.mix(ink.EDGE, ink.MUTED, 0.35), 10)
    for spoke in (0.5 * np.pi, np.pi, 1.5 * np.pi):
        direction = np.array([np.sin(turn + spoke), -np.cos(turn + spoke)])
        line = np.array(centre) + direction * np.array([[10.0], [radius - 4]])
        ink.stroke(image, line, ink.mix(ink.EDGE, ink.MUTED, 0.35), 9)
    ink.disc(image, centre, 15, ink.mix(ink.EDGE, ink.MUTED, 0.35))
    ink.stroke(image, arc(centre, radius, turn - 0.22, turn + 0.22), ink.ACCENT, 10)
    angle_deg = float(np.rad2deg(steering_angle))
    side = "" if abs(angle_deg) < 0.05 else " left" if angle_deg > 0 else " right"
    angle_text = f"{abs(angle_deg):.1f}°{side}"
    ink.text(image, (centre[0], box.y + 192), angle_text, ink.BODY, ink.MUTED, align=0.5)


def draw_accel(image: Image, box: Box, accel: float) -> None:
    """A bar from the middle: up for the accelerator, down for the brake."""
    u, top, bottom = box.x + box.width // 2, box.y + 44, box.y + 164
    middle, half = (top + bottom) / 2, (bottom - top) / 2
    ink.panel(image, Box(u - 7, top, 14, bottom - top), ink.EDGE, 4)
    reach = half * float(np.clip(accel / MAX_ACCEL, -1, 1))
    if abs(reach) >= 1:
        y = round(min(middle, middle - reach))
        bar = Box(u - 7, y, 14, max(2, round(abs(reach))))
        ink.panel(image, bar, ink.GOOD if accel > 0 else ink.BAD, 1)
    ink.stroke(image, np.array([[u - 11.0, middle], [u + 11.0, middle]]), ink.TEXT, 1)
    ink.text(
        image, (u, box.y + 192), f"{round(accel, 1) + 0.0:+.1f}", ink.BODY, ink.MUTED, align=0.5
    )


def draw_chart(
    image: Image,
    box: Box,
    t: Sequence[float],
    values: Sequence[float],
    span: tuple[float, float],
    mark: float,
    color: Color,
) -> None:
    """The last seconds of one value, now at the right; `mark` is a line to compare with."""
    low, high = span

    def v(value: FloatArray | float) -> FloatArray:
        share = (np.asarray(value) - low) / (high - low)
        return np.asarray(box.y + box.height * (1 - np.clip(share, 0, 1)))

    across = np.array([[box.x, v(mark)], [box.x + box.width, v(mark)]], dtype=np.float64)
    ink.dashes(image, across, ink.mix(ink.EDGE, ink.MUTED, 0.4), 1, 4, 4)
    if len(t) < 2:
        return
    u = box.x + box.width * (1 + (np.array(t) - t[-1]) / CHART_SECONDS)
    line = np.stack([u, v(np.array(values))], axis=1)
    zero = float(v(max(low, 0.0)))
    under = np.concatenate([line, [[line[-1, 0], zero], [line[0, 0], zero]]])
    ink.fill(image, under, ink.mix(ink.PANEL, color, 0.22))
    ink.stroke(image, line, color, 2)
    ink.disc(image, (float(line[-1, 0]), float(line[-1, 1])), 3, color)


def draw_driver(image: Image, box: Box, decision: Decision) -> None:
    """Who holds the wheel, and why; who rides along, and how far it is from agreeing."""
    driver, shadow = decision.driver, decision.shadow
    color = DRIVER_COLORS.get(driver, ink.MUTED)
    cv2.rectangle(image, (box.x, box.y + 12), (box.x + 3, box.y + box.height - 13), color, -1)
    ink.text(image, (box.x + 18, box.y + 50), driver, Font(24, 500), color)
    room = 3 if shadow is None else 2  # lines
    for i, line in enumerate(ink.wrapped(decision.reason, ink.BODY, box.width - 34, room)):
        ink.text(image, (box.x + 18, box.y + 74 + 19 * i), line, ink.BODY)
    if shadow is not None:
        draw_shadow(image, Box(box.x + 18, box.y + 101, box.width - 34, 20), shadow)


def draw_shadow(image: Image, box: Box, shadow: Shadow) -> None:
    """Who rides along, in a line; a long name loses its end, never the number."""
    apart = f": {shadow.apart:.1f} m apart"
    room = box.width - ink.text_width(apart, ink.SMALL)
    name = f"shadow {shadow.model}"
    ink.text(box._replace(width=room).of(image), (0, 14), name, ink.SMALL, ink.SHADOW)
    u = box.x + min(room, ink.text_width(name, ink.SMALL))
    ink.text(image, (u, box.y + 14), apart, ink.SMALL, ink.SHADOW)


def draw_dials(image: Image, boxes: dict[str, Box], ego: EgoState, limit: float) -> None:
    draw_speed(image, boxes["speed"], ego.speed, limit)
    draw_steering(image, boxes["steering"], ego.steering_angle)
    draw_accel(image, boxes["accel"], ego.accel)
