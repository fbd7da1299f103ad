"""The whole rig against one top-down frame of highway-env, in its highway with 51 vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from scripts.benchmarks.timing import interleaved_ms, p50, report
from sim.cameras.renderer import Renderer
from sim.cameras.rig import default_rig
from sim.cameras.weather import weather_for
from sim.highway import make_stock
from sim.world import World


@dataclass(frozen=True, slots=True)
class Cameras:
    """Time of the five camera frames as a multiple of highway-env's own frame."""

    json: Path | None = None
    """Also write the figures here."""
    weather: str = "clear"
    """What the cameras look through."""
    rounds: int = 200
    """How often each is drawn."""
    seed: int = 0
    """Of the episode whose first state is drawn."""


def run(args: Cameras) -> None:
    cv2.setNumThreads(1)  # one thread against one thread
    world = World("highway")
    world.reset(args.seed)
    renderer = Renderer(
        world.road_map, default_rig(), weather_for(args.weather, args.seed), args.seed
    )
    stock = make_stock("highway-v0", {"offscreen_rendering": True}, render_mode="rgb_array")
    stock.reset(seed=args.seed)
    vehicles = {"rig": len(world.state.id), "stock": len(stock.road.vehicles)}
    if set(vehicles.values()) != {51}:
        raise RuntimeError(f"expected 51 vehicles in both worlds, got {vehicles}")
    spent = interleaved_ms(
        {"rig": lambda: renderer.render(world.state), "stock": stock.render}, args.rounds
    )
    report(
        {
            "benchmark": "cameras",
            "weather": args.weather,
            "vehicles": 51,
            "rounds": args.rounds,
            "rig_ms_p50": round(p50(spent["rig"]), 3),
            "stock_frame_ms_p50": round(p50(spent["stock"]), 3),
            "ratio": round(float(np.median(spent["rig"]) / np.median(spent["stock"])), 3),
        },
        args.json,
    )
