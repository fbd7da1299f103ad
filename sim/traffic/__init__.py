"""Traffic at speed: highway-env's own worlds, computed over all vehicles at once from arrays."""

from sim.traffic.road import accelerate, advance, restore

__all__ = ["accelerate", "advance", "restore"]
