"""The shape of the learned driver's network, and the format of the files that hold one."""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = "roadloop-policy-1"  # changes with the meaning of the network's inputs and outputs


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """The shape of the network."""

    heads: int = 4
    width: int = 64  # numbers that a cell is told in, and that a query brings home
    queries: int = 6  # places that a head looks at
    parts: int = 4  # of a query, each with an attention of its own
    squeezed: int = 16  # numbers of a cell in the chart
    token: int = 48  # numbers that each camera is charted in
    hidden: int = 96
    ticks: int = 1  # that are looked at, the present one the last; more than one: a memory
    spacing: int = 2  # ticks of the world between two of those
    cameras: int = 5
    channels: int = 96  # of perception's features
    rows: int = 5
    columns: int = 12

    def __post_init__(self) -> None:
        if min(self.heads, self.queries, self.ticks) < 1 or self.width % self.parts:
            raise ValueError(
                "PolicyConfig: expected heads, queries and ticks, and a width of whole parts; "
                f"got {self}"
            )

    @property
    def cells(self) -> int:
        return self.cameras * self.rows * self.columns

    @property
    def seen(self) -> int:
        """Numbers that a head brings home from a tick."""
        return self.queries * self.width + self.cameras * self.token
