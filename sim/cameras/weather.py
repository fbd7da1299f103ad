"""Weather and light: what the sky, the sun, the air and the sensor do to a picture.

Colours are RGB, 0 to 255; light is a factor on them per channel, so 1 shows a surface as its paint
says. Everything a scene is lit by is a number of one frozen Weather, which is why a recorded state
and its Weather give the same picture again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.checks import check_range

RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Weather:
    """One kind of weather and light, and one sensor that looks at it."""

    name: str
    sky_zenith: RGB
    sky_horizon: RGB  # also the colour that distance fades to
    ambient: RGB  # light from everywhere
    sun: RGB  # light from the sun, on a surface that faces it
    sun_elevation: float  # rad
    sun_azimuth: float = 0.9  # rad in the world frame
    clouds: float = 0.3  # share of the sky
    sight: float = 2500.0  # m, where 95 % of the light is the air's own
    rain: float = 0.0  # 0 dry to 1 heavy: streaks, wet road
    lamps: float = 0.0  # 0 off to 1: head lamps, tail lamps, lit windows
    exposure: float = 1.0  # factor on all light
    noise_std: float = 1.5  # grey levels, each pixel and channel
    blur_px: float = 0.0  # standard deviation of the lens' point spread
    mount_std: float = 0.0  # m, position error of each camera
    mount_angle_std: float = 0.0  # rad, yaw, pitch and roll error of each camera
    ground: RGB = (104, 122, 66)  # paint of the verge
    asphalt: RGB = (96, 97, 100)  # paint of the road

    def __post_init__(self) -> None:
        check_range("Weather.sight", self.sight, 1.0, np.inf)
        for name in ("clouds", "lamps"):
            check_range(f"Weather.{name}", getattr(self, name), 0.0, 1.0)
        for name in ("rain", "exposure", "noise_std", "blur_px", "mount_std", "mount_angle_std"):
            check_range(f"Weather.{name}", getattr(self, name), 0.0, np.inf)


_CLEAR = Weather(
    "clear",
    sky_zenith=(84, 138, 206),
    sky_horizon=(190, 212, 230),
    ambient=(0.52, 0.56, 0.64),
    sun=(0.66, 0.62, 0.52),
    sun_elevation=0.85,
)

WEATHERS: dict[str, Weather] = {
    weather.name: weather
    for weather in (
        _CLEAR,
        Weather(
            "overcast",
            sky_zenith=(150, 156, 164),
            sky_horizon=(196, 199, 202),
            ambient=(0.80, 0.81, 0.84),
            sun=(0.06, 0.06, 0.06),
            sun_elevation=0.9,
            clouds=1.0,
            sight=1500.0,
            noise_std=2.0,
        ),
        Weather(
            "dusk",
            sky_zenith=(52, 60, 104),
            sky_horizon=(214, 142, 104),
            ambient=(0.46, 0.41, 0.47),
            sun=(0.22, 0.13, 0.08),
            sun_elevation=0.03,
            clouds=0.4,
            sight=1200.0,
            lamps=0.7,
            noise_std=3.5,
        ),
        Weather(
            "night",
            sky_zenith=(10, 13, 28),
            sky_horizon=(38, 40, 56),
            ambient=(0.12, 0.13, 0.18),
            sun=(0.03, 0.04, 0.06),  # the moon
            sun_elevation=0.6,
            clouds=0.2,
            sight=900.0,
            lamps=1.0,
            noise_std=5.0,
        ),
        Weather(
            "rain",
            sky_zenith=(112, 118, 126),
            sky_horizon=(158, 163, 168),
            ambient=(0.58, 0.60, 0.63),
            sun=(0.0, 0.0, 0.0),
            sun_elevation=0.9,
            clouds=1.0,
            sight=320.0,
            rain=0.8,
            lamps=0.5,
            noise_std=2.5,
            blur_px=0.45,
            asphalt=(70, 71, 75),
        ),
        Weather(
            "fog",
            sky_zenith=(186, 189, 192),
            sky_horizon=(200, 202, 204),
            ambient=(0.78, 0.79, 0.80),
            sun=(0.0, 0.0, 0.0),
            sun_elevation=0.9,
            clouds=0.0,
            sight=130.0,
            lamps=0.6,
            noise_std=2.0,
        ),
        Weather(
            "low-sun",
            sky_zenith=(96, 132, 186),
            sky_horizon=(250, 216, 160),
            ambient=(0.54, 0.51, 0.50),
            sun=(0.95, 0.72, 0.42),
            sun_elevation=0.14,
            sun_azimuth=0.18,
            clouds=0.2,
            sight=1500.0,
        ),
    )
}


def weather_for(name: str, seed: int) -> Weather:
    """The weather of that name; "random" draws weather, light, sensor, mounting and colours."""
    if name == "random":
        return _draw(np.random.default_rng(seed))
    if name not in WEATHERS:
        raise ValueError(f"weather: expected one of {', '.join(WEATHERS)}, random; got {name!r}")
    return WEATHERS[name]


def kind_of(name: str, seed: int) -> str:
    """Which of the named weathers it is, or for "random" which of them was drawn and varied."""
    return _base(np.random.default_rng(seed)).name if name == "random" else name


def _base(rng: np.random.Generator) -> Weather:
    return list(WEATHERS.values())[rng.integers(len(WEATHERS))]


def _draw(rng: np.random.Generator) -> Weather:
    """One weather out of all of them, with everything about it varied."""
    base = _base(rng)
    warmth = rng.uniform(0.92, 1.08)  # white balance: red up is blue down
    light = np.array([warmth, 1.0, 1 / warmth]) * rng.uniform(0.8, 1.2)
    return replace(
        base,
        name="random",
        ambient=_rgb(np.array(base.ambient) * light),
        sun=_rgb(np.array(base.sun) * light),
        sky_zenith=_rgb(np.array(base.sky_zenith) * light),
        sky_horizon=_rgb(np.array(base.sky_horizon) * light),
        sun_elevation=base.sun_elevation * rng.uniform(0.6, 1.3),
        sun_azimuth=rng.uniform(-np.pi, np.pi),
        clouds=float(np.clip(base.clouds + rng.uniform(-0.3, 0.3), 0, 1)),
        sight=base.sight * rng.uniform(0.6, 1.6),
        rain=base.rain * rng.uniform(0.4, 1.25),
        exposure=rng.uniform(0.7, 1.3),
        noise_std=rng.uniform(0.5, 7.0),
        blur_px=rng.uniform(0.3, 0.9) if rng.random() < 0.4 else base.blur_px,
        mount_std=0.02,
        mount_angle_std=float(np.deg2rad(0.4)),
        ground=_rgb(np.array(base.ground) * rng.uniform(0.7, 1.3, 3)),
        asphalt=_rgb(np.array(base.asphalt) * rng.uniform(0.75, 1.25)),
    )


def _rgb(colour: np.ndarray) -> RGB:
    r, g, b = (float(channel) for channel in colour)
    return r, g, b
