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
    def advance(
        network,
        bodies,
        sight,
        routes,
        spans,
        records,
        vehicles,
        steps,
        acts,
        moves,
        dt,
        connected,
        rules,
    ):
        """`steps` rounds of Road.act (if `acts`) and Road.step (if `moves`) over the arrays.

        rules: (whole numbers) physics steps done before, steps between two looks at right of way
        (0: the road has no such rules), looks that a vehicle yields for. -> DONE or UNKNOWN.
        """
        assert len(digest) > 0  # keeps the digest in the closure
        lanes, _, roads, _ = network
        clock, period, hold = rules
        status = DONE
        for step in range(steps):
            if acts:
                status = act(
                    network, bodies, sight, routes, spans, records[step], vehicles, connected
                )
            clock += 1
            if moves and status == DONE and period > 0 and clock % period == 0:
                status = enforce_road_rules(lanes, roads, bodies, routes, spans, vehicles, hold)
            if status != DONE:
                return UNKNOWN
            if moves:
                move(lanes, bodies, vehicles, dt)
                collide_all(bodies, vehicles, dt)
        return DONE

    return advance


advance = _compile_entry(_digest_of_kernels())
