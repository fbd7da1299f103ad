"""The network: five pictures, a route and the ego's sensors in; vehicles and road out.

One convolutional trunk looks at every camera alike, at strides 4, 8 and 16. At stride 4, where a
car a hundred metres ahead still spans two cells, sits the vehicles' head (CenterNet, arXiv
1904.07850: middles on a map, everything else read at the middle, no box suppression). The road is
one thing seen by five cameras: its head summarises each camera in a token, position by position,
and reads the road off all tokens, the route and the ego's sensors. The spine comes out as headings
that are followed step by step, so that it is smooth and as long as it says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import Conv2dNormActivation

from datasets.learning.inputs import EGO_INPUTS, ROUTE_INPUTS
from perception.nouns import CAMERAS, OWN, SLOTS, STATION_S, STATIONS
from perception.road_code import PLACE, ROAD_SIZE
from perception.vehicle_code import CODE, CROP_TOP_PX, INDEX, STRIDE

_GREY, _CONTRAST = 110.0, 60.0  # grey levels: mean and spread of the pictures
_RARE = -4.0  # logit of a middle before anything is learned: nearly every cell is empty
_LANE_WIDTH = 4.0  # m: what offsets are told from
_LOG_STD_RANGE = 6.0  # standard deviations stay within e^-6 and e^6
_UNITS = {"edge_offset": 4.0, "speed_limit": 10.0, "length": 100.0} | dict.fromkeys(
    ("junction_begin", "junction_end"), 50.0
)
_LEAST_STD = {  # m, m/s: who says to know better pulls the whole network along when it errs
    "lateral_std": 0.02,
    "lane_offset_std": 0.02,
    "edge_offset_std": 0.05,
    "length_std": 1.0,
    "junction_std": 0.5,
    "speed_limit_std": 0.2,
}
_LAST_STRIDE = 16
_WAVES = (12, 6)  # cosines down and across a picture that say where in it a cell lies
# rad, m: what one unit of the road head's last layer means. A step of the optimizer moves every
# output by about as much, so that what must be exact needs small units.
_HEADING_UNIT, _OFFSET_UNIT = 0.3, 0.5


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The shape of the network. `width` is the one dial for size: cost grows with its square."""

    width: float = 1.0  # factor on all channels
    token: int = 64  # numbers that a camera is summarised in, for the road
    hidden: int = 256  # of the road's head
    height_px: int = 96
    width_px: int = 192

    def __post_init__(self) -> None:
        rows = self.height_px - CROP_TOP_PX
        if rows % _LAST_STRIDE or self.width_px % _LAST_STRIDE or not 0 < self.width <= 8:
            raise ValueError(
                f"NetworkConfig: expected pictures of a multiple of {_LAST_STRIDE} px below "
                f"{CROP_TOP_PX} px of sky, and a width in (0, 8]; got {self}"
            )

    def cells(self, stride: int) -> tuple[int, int]:
        """Rows and columns of a picture's features."""
        return (self.height_px - CROP_TOP_PX) // stride, self.width_px // stride

    def channels(self, base: int) -> int:
        """A multiple of 16, which is what vector units like: 20 % more channels take twice the time
        where they are none."""
        return max(16, 16 * round(base * self.width / 16))


class Output(NamedTuple):
    """What the network says of B ticks with C cameras each."""

    middles: Tensor  # (B, C, rows, columns) logits
    code: Tensor  # (B, C, CODE, rows, columns), see perception.vehicle_code
    drivable: Tensor  # (B, C, rows, columns) logits
    road: Tensor  # (B, ROAD_SIZE), see perception.road_code
    coarse: Tensor  # (B, C, channels, rows / 16, columns / 16): features, for who learns to drive


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    return Conv2dNormActivation(inputs, outputs, 3, stride)


class _Residual(nn.Module):
    """Two convolutions and a way around them (ResNet's basic block)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = Conv2dNormActivation(channels, channels, 3, activation_layer=None)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


class Place(nn.Module):
    """Adds what the place of a cell in its picture means: convolutions see the same everywhere, but
    ground seen high in a picture is far away, and every camera looks elsewhere. Learned, for each
    camera, as a sum of slow waves; a constant when it runs."""

    def __init__(self, channels: int, rows: int, columns: int) -> None:
        super().__init__()
        down, across = _cosines(rows, _WAVES[0]), _cosines(columns, _WAVES[1])
        waves = torch.einsum("ir,jc->ijrc", down, across).flatten(0, 1)
        self.register_buffer("waves", waves, persistent=False)
        self.weight = nn.Parameter(torch.zeros(CAMERAS, channels, len(waves)))

    def forward(self, x: Tensor) -> Tensor:
        place = torch.einsum("cow,wij->coij", self.weight, self.waves)
        return x + place.repeat(len(x) // CAMERAS, 1, 1, 1)


def _cosines(count: int, waves: int) -> Tensor:
    """(waves, count) of no, half a, one, one and a half ... waves over the picture."""
    middle = (torch.arange(count) + 0.5) / count
    return torch.cos(math.pi * torch.arange(waves)[:, None] * middle)


class Trunk(nn.Module):
    """(N, 3, height, width) -> features at strides 4 and 16; those at 4 know of those at 16."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        c2, c4, c8, c16 = (config.channels(base) for base in (16, 32, 64, 96))
        place = Place(c4, *config.cells(4))
        self.stride4 = nn.Sequential(_conv(3, c2, 2), _conv(c2, c4, 2), place, _Residual(c4))
        self.stride8 = nn.Sequential(_conv(c4, c8, 2), _Residual(c8))
        self.stride16 = nn.Sequential(_conv(c8, c16, 2), _Residual(c16), _Residual(c16))
        self.from16 = nn.Conv2d(c16, c8, 1)
        self.from8 = nn.Conv2d(c8, c4, 1)
        self.fine_channels, self.coarse_channels = c4, c16

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x4 = self.stride4(x)
        x8 = self.stride8(x4)
        x16 = self.stride16(x8)
        up8 = x8 + F.interpolate(self.from16(x16), scale_factor=2.0)
        return x4 + F.interpolate(self.from8(F.relu(up8)), scale_factor=2.0), x16


class VehicleHead(nn.Module):
    """Features at stride 4 -> middles, code and drivable area, cell by cell."""

    def __init__(self, config: NetworkConfig, channels: int) -> None:
        super().__init__()
        self.look = _conv(channels, 2 * channels)
        self.tell = nn.Conv2d(2 * channels, 2 + len(CODE), 1)
        self.usual = Place(2 + len(CODE), *config.cells(STRIDE))
        bias = torch.zeros(2 + len(CODE))
        bias[0] = _RARE
        bias[2 + INDEX["range"]] = -1.0
        with torch.no_grad():
            self.tell.bias.copy_(bias)  # type: ignore[union-attr]

    def forward(self, fine: Tensor) -> Tensor:
        features = self.look(F.relu(fine))
        with torch.autocast(features.device.type, enabled=False):  # metres want all their digits
            return self.usual(self.tell(features.float()))


class RoadHead(nn.Module):
    """Features at stride 16 of all cameras, route and ego -> the road."""

    def __init__(self, config: NetworkConfig, channels: int) -> None:
        super().__init__()
        squeezed = config.channels(32)
        cells = math.prod(config.cells(_LAST_STRIDE))
        self.squeeze = Conv2dNormActivation(channels, squeezed, 1)
        weight = torch.empty(CAMERAS, cells * squeezed, config.token)
        nn.init.normal_(weight, std=math.sqrt(2 / (cells * squeezed)))
        self.summary = nn.Parameter(weight)  # where in the picture something is matters here
        inputs = CAMERAS * config.token + ROUTE_INPUTS + (ROUTE_INPUTS - 3) + EGO_INPUTS
        self.think = nn.Sequential(
            nn.LayerNorm(inputs),
            nn.Linear(inputs, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
        )
        self.tell = nn.Linear(config.hidden, ROAD_SIZE)
        nn.init.normal_(self.tell.weight, std=0.01)
        with torch.no_grad():
            self.tell.bias.copy_(_usual_road())

    def forward(self, coarse: Tensor, route: Tensor, ego: Tensor) -> Tensor:
        cells = self.squeeze(coarse).flatten(1)  # (B * C, ...)
        cells = cells.reshape(-1, CAMERAS, cells.shape[1])
        tokens = F.relu(torch.einsum("bci,cio->bco", cells, self.summary))
        ways = _directions(route)
        thought = self.think(torch.cat([tokens.flatten(1), route, ways, ego], 1))
        with torch.autocast(thought.device.type, enabled=False):
            return as_road(self.tell(thought.float()))


class PerceptionNet(nn.Module):
    """uint8 pictures (B, C, height, width, 3), route (B, ROUTE_INPUTS), ego (B, EGO_INPUTS)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)
        self.vehicles = VehicleHead(config, self.trunk.fine_channels)
        self.road = RoadHead(config, self.trunk.coarse_channels)

    def forward(self, frames: Tensor, route: Tensor, ego: Tensor) -> Output:
        below_sky = frames[:, :, CROP_TOP_PX:].flatten(0, 1)
        x = (below_sky.permute(0, 3, 1, 2).float() - _GREY) / _CONTRAST  # channels last in memory
        fine, coarse = self.trunk(x)
        cells = self.vehicles(fine)
        cells = cells.reshape(-1, CAMERAS, *cells.shape[1:])
        road = self.road(coarse, route, ego)
        code = cells[:, :, 2:]
        spread = code[:, :, INDEX["log_std_u"] :].clamp(-_LOG_STD_RANGE, _LOG_STD_RANGE)
        code = torch.cat([code[:, :, : INDEX["log_std_u"]], spread], 2)
        coarse = coarse.reshape(-1, CAMERAS, *coarse.shape[1:])
        return Output(cells[:, :, 0], code, cells[:, :, 1], road, coarse)


def _directions(route: Tensor) -> Tensor:
    """(B, ROUTE_INPUTS) -> (B, ROUTE_INPUTS - 3) unit vectors from each point of the route to the
    next; 0 where it has ended or is not known."""
    points = route[:, 1:].reshape(len(route), -1, 2)
    steps = points[:, 1:] - points[:, :-1]
    return (steps / (steps.square().sum(2, keepdim=True) + 1e-6).sqrt()).flatten(1)


def _usual_road() -> Tensor:
    """(ROAD_SIZE,) what the road's head says before it has learned anything: a road of some lanes,
    and that it is not sure."""
    bias = torch.zeros(ROAD_SIZE)
    bias[PLACE["length"]] = 1.0
    bias[PLACE["speed_limit"]] = 2.0
    bias[PLACE["edge_offset"]] = torch.tensor([1.5, -1.0]).repeat_interleave(STATIONS)
    bias[PLACE["edge_offset_std"]] = 3.0
    for name in ("length_std", "junction_std", "speed_limit_std"):
        bias[PLACE[name]] = math.log(5.0)
    bias[PLACE["lateral_std"]] = 1.5
    bias[PLACE["lane_offset_std"]] = 1.5
    return bias


def as_road(raw: Tensor) -> Tensor:
    """(B, ROAD_SIZE) numbers about one in size -> the vector of perception.road_code."""
    told = {name: raw[:, place] for name, place in PLACE.items()}
    s = torch.tensor(STATION_S, dtype=torch.float32, device=raw.device)
    told["xy_ego"] = _spine(told["xy_ego"], s).flatten(1)
    far = torch.log(0.1 + 0.02 * s)  # m: what is far away is less certain
    for name, rows in (("lateral_std", 1), ("lane_offset_std", SLOTS), ("edge_offset_std", 2)):
        told[name] = told[name] + far.repeat(rows)
    place = _LANE_WIDTH * (OWN - torch.arange(SLOTS, device=raw.device)).repeat_interleave(STATIONS)
    told["lane_offset"] = place + _OFFSET_UNIT * told["lane_offset"]
    told["lane_width"] = _LANE_WIDTH + told["lane_width"]
    for name, unit in _UNITS.items():
        told[name] = unit * told[name]
    for name, least in _LEAST_STD.items():
        told[name] = told[name].clamp(math.log(least), _LOG_STD_RANGE)
    return torch.cat([told[name] for name in PLACE], 1)


def _spine(raw: Tensor, s: Tensor) -> Tensor:
    """(B, 2 S) offset of the first station and headings between the stations -> (B, S, 2) m."""
    offset, heading = _OFFSET_UNIT * raw[:, :1], _HEADING_UNIT * raw[:, 1 : STATIONS + 1]
    step = torch.diff(s)
    turn = torch.diff(heading, dim=1)
    # The chord of an arc is shorter than the arc: by turn^2 / 24 of its length.
    chord = step * (1 - turn**2 / 24)
    middle = heading[:, :-1] + turn / 2
    x0, y0 = -offset * torch.sin(heading[:, :1]), offset * torch.cos(heading[:, :1])
    x = torch.cat([x0, x0 + torch.cumsum(chord * torch.cos(middle), 1)], 1)
    y = torch.cat([y0, y0 + torch.cumsum(chord * torch.sin(middle), 1)], 1)
    return torch.stack([x, y], 2)
