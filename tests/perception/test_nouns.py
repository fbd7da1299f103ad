"""What the nouns of perception refuse."""

from dataclasses import replace

import numpy as np
import pytest

from perception.nouns import HORIZON, STATION_S, Detections


def test_stations_are_dense_near_and_reach_the_horizon():
    steps = np.diff(STATION_S)
    assert STATION_S[0] == 0
    assert STATION_S[-1] == HORIZON
    assert np.all(np.diff(steps) > 0)


def test_detections_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"Detections.heading: expected shape \(0\), got \(2,\)"):
        replace(Detections.none(), heading=np.zeros(2))


def test_no_detections_can_be_selected_from():
    assert len(Detections.none().where(np.zeros(0, np.bool_))) == 0
