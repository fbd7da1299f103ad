"""What a person drives with: the arrow keys, or the first gamepad that is plugged in."""

from __future__ import annotations

import pygame

_DEAD_ZONE = 0.08  # of a stick that rests: it never rests at zero
_STEER_AXIS, _BRAKE_AXIS, _GAS_AXIS = 0, 2, 5  # left stick, left and right trigger of SDL's layout


class KeysAndPad:
    """Reads (forwards, left), both in [-1, 1]; whichever of keys and pad is moved further counts.
    Needs an open window, since that is what has the keyboard."""

    def __init__(self) -> None:
        pygame.joystick.init()
        self._pad = pygame.joystick.Joystick(0) if pygame.joystick.get_count() else None

    def read(self) -> tuple[float, float]:
        pygame.event.pump()
        return tuple(max(pair, key=abs) for pair in zip(self._keys(), self._stick(), strict=True))

    def _keys(self) -> tuple[float, float]:
        down = pygame.key.get_pressed()
        return (
            float(down[pygame.K_UP]) - float(down[pygame.K_DOWN]),
            float(down[pygame.K_LEFT]) - float(down[pygame.K_RIGHT]),
        )

    def _stick(self) -> tuple[float, float]:
        if self._pad is None:
            return 0.0, 0.0
        gas, brake = (_trigger(self._pad, axis) for axis in (_GAS_AXIS, _BRAKE_AXIS))
        steer = self._pad.get_axis(_STEER_AXIS)
        return gas - brake, 0.0 if abs(steer) < _DEAD_ZONE else -steer


def _trigger(pad: pygame.joystick.JoystickType, axis: int) -> float:
    """A trigger from 0 to 1; SDL reports -1 at rest, and 0 before it was first touched."""
    value = pad.get_axis(axis) if axis < pad.get_numaxes() else -1.0
    return 0.0 if value == 0.0 else (value + 1) / 2
