"""The one compiled entry: several physics steps of a world in one call.

Compiled once, at first use, and cached on disk. numba's cache looks only at the file of the entry,
so the sources of all kernels go into its key as a digest in the entry's closure: a change in any
of them compiles anew.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from numba import njit

from sim.traffic.collisions import collide_all
from sim.traffic.decisions import act
from sim.traffic.layout import DONE, UNKNOWN
from sim.traffic.motion import move
from sim.traffic.regulation import enforce_road_rules


def _digest_of_kernels() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def _compile_entry(digest: str):
    @njit(cache=True, error_model="numpy")
    def advance(lanes, traffic, sight, vehicles, steps, acts, moves, dt, connected, rules):
        """`steps` rounds of Road.act (if `acts`) and Road.step (if `moves`) over the arrays.

        rules: (whole numbers) physics steps done before, steps between two looks at right of way
        (0: the road has no such rules), looks that a vehicle yields for. -> DONE or UNKNOWN.
        """
        assert len(digest) > 0  # keeps the digest in the closure
        clock, period, hold = rules
        for step in range(steps):
            if acts and act(lanes, traffic, sight, vehicles, step, connected) != DONE:
                return UNKNOWN
            if not moves:
                continue
            clock += 1
            if (
                period > 0
                and clock % period == 0
                and enforce_road_rules(lanes, traffic, vehicles, hold) != DONE
            ):
                return UNKNOWN
            move(lanes, traffic, vehicles, dt)
            collide_all(traffic, vehicles, dt)
        return DONE

    return advance


advance = _compile_entry(_digest_of_kernels())
