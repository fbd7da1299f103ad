"""What can be said to every training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Arguments:
    """On which episodes, and how; each training adds its own."""

    seeds: tuple[int, int] = (1000, 1026)
    """the first and the last of the episodes to train on; those held out are left out"""
    held_out: tuple[int, int] = (1027, 1029)
    """the same to validate on"""
    jobs: int = 1
    """processes that prepare what is learned from"""
    every: int = 500
    """steps between validations, which also save"""
    threads: int = 1
    """that torch may use on the processor"""
    device: str = "auto"
    """cpu or cuda; auto takes a GPU if there is one"""
    compile: bool = False
    """fuse operations first: takes a minute and a C++ compiler, makes every step shorter"""
    ship: bool = False
    """put the result where the agents find it"""
