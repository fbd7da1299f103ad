"""The window itself: a thin shell of pygame around the picture.

It shows what `canvas` composed, scaled to the window's size, and turns keys into commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum

import pygame

from sim.window.canvas import HEIGHT, WIDTH
from sim.window.commands import ALIASES, KEYS
from sim.window.ink import PAGE, Image


class NoDisplayError(RuntimeError):
    """There is no screen to open a window on."""


# Drivers of SDL that draw nowhere. It takes one, and says nothing, where the screen it was told of
# cannot be reached.
NOWHERE = ("dummy", "offscreen")


def has_display() -> bool:
    """Whether this system names a screen at all."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def command_for(key_name: str, keys: Mapping[str, StrEnum] = KEYS) -> StrEnum | None:
    """What the key of that name asks for."""
    return keys.get(ALIASES.get(key_name, key_name))


class Window:
    """A window on the screen; NoDisplayError where there is none."""

    def __init__(self, title: str, height_px: int = HEIGHT) -> None:
        """`height_px`: of the pictures that will be shown."""
        if not has_display():
            raise NoDisplayError("no display")
        try:
            pygame.display.init()
            self._screen = pygame.display.set_mode((WIDTH, height_px), pygame.RESIZABLE)
        except pygame.error as error:
            pygame.display.quit()
            raise NoDisplayError(str(error)) from error
        if pygame.display.get_driver() in NOWHERE:
            pygame.display.quit()
            raise NoDisplayError("the display cannot be reached")
        pygame.display.set_caption(title)

    def show(self, image: Image) -> None:
        """Show a picture, as large as the window allows."""
        surface = pygame.image.frombuffer(image, image.shape[1::-1], "RGB")
        width, height = self._screen.get_size()
        scale = min(width / image.shape[1], height / image.shape[0])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        if size != surface.get_size():
            surface = pygame.transform.smoothscale(surface, size)
        self._screen.fill(PAGE)
        self._screen.blit(surface, ((width - size[0]) // 2, (height - size[1]) // 2))
        pygame.display.flip()

    def commands(self, keys: Mapping[str, StrEnum] = KEYS) -> list[StrEnum]:
        """What the viewer asked for since the last call, in the words of this table."""
        asked = []
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                asked.append(keys["q"])
            elif event.type == pygame.KEYDOWN:
                command = command_for(pygame.key.name(event.key), keys)
                if command is not None:
                    asked.append(command)
        return asked

    def close(self) -> None:
        pygame.display.quit()
