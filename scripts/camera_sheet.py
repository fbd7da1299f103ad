"""Draw a sheet of the five cameras in every weather:

uv run scripts/camera_sheet.py --out docs/images/cameras.png
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import tyro
from numpy.typing import NDArray

from datasets.driving import Action
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.weather import WEATHERS, weather_for
from sim.state import EGO
from sim.world import World

INK, PAPER = (40, 40, 44), (250, 250, 248)
TOP_PX, LEFT_PX, GAP_PX = 22, 84, 4


@dataclass(frozen=True, slots=True)
class Args:
    """A sheet of the five cameras in every weather."""

    out: Path = Path("out/cameras.png")
    """The picture to write."""
    scenario: str = "highway-dense"
    """Where."""
    seed: int = 3
    """Which episode of it."""
    seconds: float = 2.0
    """When: so long after its start, coasting."""


def main(args: Args) -> None:
    world = World(args.scenario)
    world.reset(args.seed)
    while world.outcome is None and world.state.t < args.seconds:
        world.step(Action(0.0, 0.0))
    rig = default_rig()
    rows = []
    for name in WEATHERS:
        weather = weather_for(name, args.seed)
        # The sun stands where a camera sees it; sensor noise would make the file thrice as large.
        azimuth = float(world.state.heading[EGO]) + 0.12
        weather = replace(weather, sun_azimuth=azimuth, noise_std=0.0)
        frames = Renderer(world.road_map, rig, weather, args.seed).render(world.state)
        rows.append([frame.rgb for frame in frames])
    sheet = table(rows, list(WEATHERS), [camera.name for camera in rig])
    sheet &= 0xFC  # four grey levels are not seen, but cost a third of the file
    args.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(args.out), sheet[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def table(
    pictures: list[list[NDArray[np.uint8]]], rows: list[str], columns: list[str]
) -> NDArray[np.uint8]:
    """Pictures of one size in rows and columns, with their names above and beside them."""
    height, width, _ = pictures[0][0].shape
    size = (TOP_PX + len(rows) * (height + GAP_PX), LEFT_PX + len(columns) * (width + GAP_PX), 3)
    sheet = np.full(size, PAPER, np.uint8)
    for i, name in enumerate(columns):
        _write(sheet, name, (LEFT_PX + i * (width + GAP_PX) + 2, TOP_PX - 7))
    for j, name in enumerate(rows):
        top = TOP_PX + j * (height + GAP_PX)
        _write(sheet, name, (8, top + height // 2 + 4))
        for i, picture in enumerate(pictures[j]):
            left = LEFT_PX + i * (width + GAP_PX)
            sheet[top : top + height, left : left + width] = picture
    return sheet


def _write(sheet: NDArray[np.uint8], text: str, place: tuple[int, int]) -> None:
    cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)


if __name__ == "__main__":
    main(tyro.cli(Args))
