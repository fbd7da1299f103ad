"""Routes of vehicles as a table.

A route is a Python list on the vehicle, shortened as stretches are finished, and it may be shared
between vehicles: one row per list. The table is built again only when a list has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.traffic.layout import ANY
from sim.traffic.network import NetworkTables


class RouteTable:
    """Rows of (road, lane id) and who follows which."""

    def __init__(self) -> None:
        self.table = np.zeros((0, 1, 2), np.int64)
        self.span = np.zeros((0, 2), np.int64)
        self.lists: list[Any] = []  # one per vehicle, as found last
        self.copies: list[Any] = []
        self.distinct: list[list[Any]] = []
        self.row: list[int] = []  # per vehicle

    def read(self, lists: Sequence[Any], network: NetworkTables) -> None:
        """Take the routes; ValueError if one leads along roads that do not exist."""
        self.lists, self.copies = list(lists), []
        row_of: dict[int, int] = {}
        self.distinct, self.row = [], []
        for route in lists:
            if route is None:
                self.row.append(-1)
                continue
            if id(route) not in row_of:
                row_of[id(route)] = len(self.distinct)
                self.distinct.append(route)
            self.row.append(row_of[id(route)])
        self.copies = [list(route) for route in self.distinct]
        self._encode(network)

    def is_current(self, lists: Sequence[Any]) -> bool:
        """Whether these are the lists read last, unchanged."""
        return (
            len(lists) == len(self.lists)
            and all(a is b for a, b in zip(lists, self.lists, strict=True))
            and self.distinct == self.copies
        )

    def _encode(self, network: NetworkTables) -> None:
        longest = max((len(route) for route in self.distinct), default=1)
        self.table = np.zeros((len(self.distinct), longest, 2), np.int64)
        self.span = np.zeros((len(self.distinct), 2), np.int64)
        for row, route in enumerate(self.distinct):
            for k, (start, end, lane_id) in enumerate(route):
                road = network.road.get((start, end))
                if road is None or (lane_id is not None and lane_id < 0):
                    raise ValueError(f"route: expected roads of the network, got {route!r}")
                self.table[row, k] = road, ANY if lane_id is None else lane_id
            self.span[row, 1] = len(route)

    def write(self) -> None:
        """Drop the finished stretches from the lists."""
        for row in np.flatnonzero(self.span[:, 0]):
            del self.distinct[row][: self.span[row, 0]]
        if self.span[:, 0].any():
            self.forget()

    def forget(self) -> None:
        """Read everything again next time."""
        self.lists = []
