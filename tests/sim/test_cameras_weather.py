"""Weather by name, and by chance."""

import pytest

from sim.cameras.weather import WEATHERS, weather_for


def test_the_weathers_of_the_project():
    assert list(WEATHERS) == ["clear", "overcast", "dusk", "night", "rain", "fog", "low-sun"]
    assert all(weather_for(name, 0) is weather for name, weather in WEATHERS.items())


def test_an_unknown_weather_names_the_known_ones():
    with pytest.raises(ValueError, match=r"clear, overcast, .*, random; got 'snow'"):
        weather_for("snow", 0)


def test_random_weather_depends_on_the_seed_alone_and_varies():
    assert weather_for("random", 5) == weather_for("random", 5)
    assert len({weather_for("random", seed) for seed in range(50)}) == 50
