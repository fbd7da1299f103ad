"""The learned driver's network: features of the pictures, a route and the ego in; a path for each
side, how likely each side is, and a target speed out.

Each of K heads is a driver of its own: it looks at all cells of all cameras with queries that it
has learned (attention pooling: position and content of a cell together decide how much it counts
and what it says) and at a chart of them that all heads share, may remember the last few ticks, and
thinks about what it saw beside the route and the ego's own speed. What it saw alone must also tell
how fast the car is: who only copies the speed that the car has would not need to look.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from planning.policy.code import HORIZON, PATH_SIZE, SIDES, SPEEDS, STATION_S
from planning.policy.config import PolicyConfig

SPEED_UNIT = 10.0  # m/s
# rad, m: what one unit of the last layer means. A step of the optimizer moves every output by about
# as much, so that what must be exact needs small units.
_HEADING_UNIT, _OFFSET_UNIT = 0.3, 0.5
_PLACE = 4.0  # m: where the path of the side begins before anything is learned


class Wish(NamedTuple):
    """What K heads want at B ticks."""

    sides: Tensor  # (B, K, SIDES) logits
    paths: Tensor  # (B, K, SIDES, PATH_SIZE), see planning.policy.code
    speeds: Tensor  # (B, K, len(SPEEDS)) logits
    own_speed: Tensor  # (B, K) what the pictures alone say of the car's speed, m/s


class Gaze(nn.Module):
    """(N, cells, channels) -> (N, K, queries * width): attention pooling, each head by its queries.

    What a cell tells depends on what is in it and on where it lies: its place scales and shifts it.
    What a query asks every cell does not depend on the pictures, so that asking is one linear map
    of what the cells tell, and a share that each query gives each place beforehand."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self._shape = (config.heads, config.parts, config.queries)
        asked = config.heads * config.parts * config.queries
        self.tell = nn.Linear(config.channels, config.width)
        self.scale = nn.Parameter(1 + 0.5 * torch.randn(config.cells, config.width))
        self.shift = nn.Parameter(0.3 * torch.randn(config.cells, config.width))
        self.ask = nn.Linear(config.width, asked)
        self.where = nn.Parameter(torch.randn(config.cells, asked))

    def forward(self, cells: Tensor) -> Tensor:
        told = F.relu(self.tell(cells) * self.scale + self.shift)
        asked = (self.ask(told) + self.where).unflatten(-1, self._shape)
        weight = torch.softmax(asked, 1).permute(0, 2, 3, 4, 1)  # (N, K, parts, queries, cells)
        parts = told.unflatten(-1, (self._shape[1], -1)).transpose(1, 2)  # (N, parts, cells, ...)
        return (weight @ parts[:, None]).flatten(2)


class Chart(nn.Module):
    """(N, cells, channels) -> (N, C * token): each camera in short, cell by cell. Where exactly the
    road runs is learned much faster from this than from what queries bring home."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self._cameras = config.cameras
        self.squeeze = nn.Linear(config.channels, config.squeezed)
        numbers = config.cells // config.cameras * config.squeezed
        weight = torch.randn(config.cameras, numbers, config.token) * math.sqrt(2 / numbers)
        self.summary = nn.Parameter(weight)

    def forward(self, cells: Tensor) -> Tensor:
        squeezed = F.relu(self.squeeze(cells)).unflatten(1, (self._cameras, -1)).flatten(2)
        return F.relu(torch.einsum("bci,cio->bco", squeezed, self.summary)).flatten(1)


class Driver(nn.Module):
    """One head."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.sum_up = nn.Sequential(
            nn.LayerNorm(config.seen), nn.Linear(config.seen, config.hidden), nn.ReLU()
        )
        self.memory: nn.GRU | None = None
        if config.ticks > 1:
            self.memory = nn.GRU(config.hidden, config.hidden, batch_first=True)
        self.own_speed = nn.Linear(config.hidden, 1)
        inputs = config.hidden + ROUTE_INPUTS + (ROUTE_INPUTS - 3) + EGO_INPUTS + len(SPEEDS)
        self.think = nn.Sequential(
            nn.Linear(inputs, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
        )
        self.tell = nn.Linear(config.hidden, SIDES + SIDES * PATH_SIZE + len(SPEEDS))
        nn.init.normal_(self.tell.weight, std=0.01)
        nn.init.zeros_(self.tell.bias)

    def forward(self, seen: Tensor, route: Tensor, ego: Tensor) -> Wish:
        """`seen` (B, ticks, seen) what was brought home from each tick."""
        summary = self.sum_up(seen)
        if self.memory is not None:
            summary = self.memory(summary)[0]
        summary = summary[:, -1]
        known = torch.cat([route, _directions(route), ego, _in_classes(ego)], 1)
        thought = self.think(torch.cat([summary, known], 1))
        with torch.autocast(thought.device.type, enabled=False):  # metres want all their digits
            told = self.tell(thought.float())
            own_speed = SPEED_UNIT * self.own_speed(summary.float())[:, 0]
        sides, paths, speeds = told.split([SIDES, SIDES * PATH_SIZE, len(SPEEDS)], 1)
        return Wish(sides, _as_paths(paths.unflatten(1, (SIDES, PATH_SIZE))), speeds, own_speed)


class PolicyNet(nn.Module):
    """The ensemble: `coarse` (B, ticks, C, channels, rows, columns), of the present tick last."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.config = config
        self.gaze = Gaze(config)
        self.chart = Chart(config)
        self.drivers = nn.ModuleList(Driver(config) for _ in range(config.heads))

    def forward(self, coarse: Tensor, route: Tensor, ego: Tensor) -> Wish:
        seen = self.look(coarse.flatten(0, 1))
        return self.decide(seen.unflatten(0, coarse.shape[:2]), route, ego)

    def look(self, coarse: Tensor) -> Tensor:
        """(N, C, channels, rows, columns) -> (N, K, seen) what the heads bring home from a tick."""
        cells = coarse.transpose(1, 2).flatten(2).transpose(1, 2)  # (N, cells, channels)
        chart = self.chart(cells)[:, None].expand(-1, self.config.heads, -1)
        return torch.cat([self.gaze(cells), chart], 2)

    def decide(self, seen: Tensor, route: Tensor, ego: Tensor) -> Wish:
        """`seen` (B, ticks, K, seen)."""
        wishes = [driver(seen[:, :, k], route, ego) for k, driver in enumerate(self.drivers)]
        return Wish(*(torch.stack(parts, 1) for parts in zip(*wishes, strict=True)))


def points_of(path: Tensor) -> Tensor:
    """(..., PATH_SIZE) -> (..., STATIONS, 2) m: planning.policy.code.decode_path, to learn by."""
    s = torch.tensor(STATION_S, dtype=torch.float32, device=path.device)
    offset, heading = path[..., :1], path[..., 1:]
    turn = torch.diff(heading)
    chord = torch.diff(s) * (1 - turn**2 / 24)
    middle = heading[..., :-1] + turn / 2
    x0, y0 = -offset * torch.sin(heading[..., :1]), offset * torch.cos(heading[..., :1])
    x = torch.cat([x0, x0 + torch.cumsum(chord * torch.cos(middle), -1)], -1)
    y = torch.cat([y0, y0 + torch.cumsum(chord * torch.sin(middle), -1)], -1)
    return torch.stack([x, y], -1)


def _as_paths(raw: Tensor) -> Tensor:
    """(B, SIDES, PATH_SIZE) numbers about one in size -> m and rad."""
    begin = torch.tensor([0.0, _PLACE, -_PLACE], device=raw.device)
    far = torch.tensor(1 + 3 * STATION_S / HORIZON, dtype=torch.float32, device=raw.device)
    return torch.cat(
        [begin[:, None] + _OFFSET_UNIT * raw[..., :1], _HEADING_UNIT * far * raw[..., 1:]], -1
    )


def _directions(route: Tensor) -> Tensor:
    """(B, ROUTE_INPUTS) -> (B, ROUTE_INPUTS - 3) unit vectors from each point of the route to the
    next; 0 where it has ended or is not known."""
    points = route[:, 1:].unflatten(1, (-1, 2))
    steps = points[:, 1:] - points[:, :-1]
    return (steps / (steps.square().sum(2, keepdim=True) + 1e-6).sqrt()).flatten(1)


def _in_classes(ego: Tensor) -> Tensor:
    """(B, EGO_INPUTS) -> (B, len(SPEEDS)) the car's speed as the shares of the two nearest classes,
    as planning.policy.code.encode_speed; 0 where it is not known. From a bare number the classes
    of the target speed are learned slowly."""
    classes = torch.tensor(SPEEDS, dtype=torch.float32, device=ego.device)
    speed = (SPEED_UNIT * ego[:, 1:2]).clamp(classes[0], classes[-1])
    step = torch.diff(classes)
    rise = torch.cat([step[:1], step])
    fall = torch.cat([step, step[-1:]])
    away = speed - classes
    shares = torch.minimum(1 + away / rise, 1 - away / fall).clamp(min=0.0)
    return shares * ego[:, :1]
