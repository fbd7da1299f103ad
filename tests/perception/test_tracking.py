"""Who is there, how fast, and still when hidden: made-up traffic seen through made-up eyes."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from datasets.geometry import SE2, wrap_angle
from perception.motion import HEADING, SPEED
from perception.nouns import Detections
from perception.tracking import Tracker, TrackerConfig
from perception.tracks import RIGHT_PLACE, Tracks, born
from tests.perception.made_up import HERE, detected, seen_from

DT = 0.1
STD = 0.4  # m


@dataclass
class Drive:
    """A tracker, and the cars that it is shown: (x, y, heading, speed, curvature) each."""

    cars: np.ndarray
    seed: int = 0

    def __post_init__(self):
        self.tracker = Tracker()
        self.rng = np.random.default_rng(self.seed)
        self.pose = HERE

    def tick(self, shown=None, noise=1.0, ego=(0.0, 0.0), extra=()) -> Tracks:
        """Everyone moves on; those `shown` (all of them by default) are seen."""
        x, y, heading, speed, curvature = self.cars.T
        slip = np.arcsin(2.5 * curvature)
        middle = heading + slip + speed * curvature * DT / 2
        self.cars[:, 0] = x + speed * DT * np.cos(middle)
        self.cars[:, 1] = y + speed * DT * np.sin(middle)
        self.cars[:, 2] = heading + speed * curvature * DT
        self.pose = self.pose @ SE2(ego[0] * DT, 0.0, ego[1] * DT)
        rows = self.cars[:, :4] if shown is None else self.cars[list(shown), :4]
        rows = np.concatenate([rows, np.reshape(extra, (-1, 4))])
        error = noise * self.rng.normal(size=rows.shape) * [STD, STD, 0.05, 3.0]
        seen = seen_from(detected(rows + error, std=STD), self.pose)
        return self.tracker.update(seen, self.pose, DT)


def one(speed: float = 10.0, curvature: float = 0.0, heading: float = 0.0) -> Drive:
    return Drive(np.array([[20.0, 3.0, heading, speed, curvature]]))


def believed(tracks: Tracks) -> Tracks:
    return tracks.where(tracks.score > 0.5)


@pytest.mark.parametrize("speed", [0.0, 5.0, 25.0])
@pytest.mark.parametrize("curvature", [0.0, 0.05])
@pytest.mark.parametrize("ego", [(0.0, 0.0), (12.0, 0.3)])
def test_speed_and_heading_are_measured_from_where_the_car_is(speed, curvature, ego):
    drive = one(speed, curvature)
    errors = []
    for i in range(40):
        tracks = drive.tick(ego=ego)
        if i > 15:
            assert len(tracks) == 1
            true = drive.cars[0]
            errors.append([
                np.hypot(*(tracks.mean[0, :2] - true[:2])),
                abs(tracks.mean[0, SPEED] - speed),
                abs(wrap_angle(tracks.mean[0, HEADING] - true[2])),
            ])  # fmt: skip
    place, pace, turn = np.mean(errors, axis=0)
    assert place < STD
    assert pace < 1.0
    assert turn < 0.05


def test_the_identity_stays_and_is_nobody_else_s():
    drive = Drive(np.array([[20.0, 3, 0, 10, 0], [35.0, -3, np.pi, 8, 0], [50.0, 0, 0, 6, 0]]))
    for _ in range(40):  # the first two pass each other 6 m apart
        tracks = drive.tick()
    assert sorted(tracks.id.tolist()) == [0, 1, 2]
    nearest = [int(np.argmin(np.hypot(*(tracks.mean[:, :2] - c[:2]).T))) for c in drive.cars]
    assert tracks.id[nearest].tolist() == [0, 1, 2]


@pytest.mark.parametrize("hidden_ticks", [5, 15])
def test_an_identity_survives_behind_another_car(hidden_ticks):
    drive = Drive(np.array([[25.0, 0.0, 0, 10, 0], [40.0, 0.3, 0, 10, 0]]))
    for _ in range(15):
        tracks = drive.tick(ego=(10.0, 0.0))
    before = set(tracks.id.tolist())
    for _ in range(hidden_ticks):
        tracks = drive.tick(shown=[0], ego=(10.0, 0.0))
        assert set(believed(tracks).id.tolist()) == before
    for _ in range(3):
        tracks = drive.tick(ego=(10.0, 0.0))
    assert set(tracks.id.tolist()) == before


def test_who_drives_away_out_of_plain_sight_is_forgotten():
    drive = one()
    for _ in range(15):
        drive.tick()
    for _ in range(20):
        tracks = drive.tick(shown=[])
    assert len(tracks) == 0


def test_flickering_detections_are_one_car_throughout():
    drive, seen = one(), []
    for i in range(60):
        tracks = drive.tick(shown=[0] if drive.rng.random() < 0.7 else [])
        if i > 10:
            seen.append(believed(tracks).id.tolist())
    assert all(ids == [0] for ids in seen)


def test_a_ghost_of_one_tick_is_soon_gone_and_has_taken_nobody_s_place():
    drive = one()
    for i in range(30):
        ghost = [(15.0 + i, -8.0, 0.5, 0.0)] if i % 7 == 3 else []
        tracks = drive.tick(extra=ghost)
    for _ in range(10):
        tracks = drive.tick()
    assert tracks.id.tolist() == [0]


def test_a_car_seen_the_wrong_way_round_is_turned_by_its_own_driving():
    drive = one(speed=8.0)
    wrong = drive.cars.copy()
    for _ in range(25):
        x, y, heading, speed, _ = drive.cars[0]
        drive.cars[0, 0] = x + speed * DT
        wrong = detected([(x + speed * DT, y, heading + np.pi, 0.0)], std=STD)
        wrong = replace(wrong, heading_std=np.array([0.3]), speed_std=np.array([6.0]))
        tracks = drive.tracker.update(wrong, HERE, DT)
    # It cannot tell front from rear by sight, but it moves: velocity is what counts.
    state = tracks.mean[0]
    assert state[SPEED] * np.cos(state[HEADING]) == pytest.approx(8.0, abs=1.0)


def test_moving_the_world_moves_the_tracks_with_it():
    here, there = one(curvature=0.03), one(curvature=0.03)
    shift = SE2(100.0, -40.0, 2.5)
    for _ in range(10):
        plain = here.tick(noise=0.0)
        there.tick(noise=0.0)
    moved = Tracker()
    again = one(curvature=0.03)
    for _ in range(10):
        again.tick(noise=0.0)
        seen = detected(again.cars[:, :4], std=STD)
        tracks = moved.update(seen, shift, DT)
    np.testing.assert_allclose(
        shift.inverse().apply(tracks.mean[:, :2]), plain.mean[:, :2], atol=1e-6
    )
    np.testing.assert_allclose(tracks.mean[:, SPEED], plain.mean[:, SPEED], atol=1e-6)


def test_nobody_is_no_trouble():
    tracker = Tracker()
    for _ in range(3):
        assert len(tracker.update(Detections.none(), HERE, DT)) == 0


def test_the_stated_uncertainty_is_that_of_the_errors():
    off = []
    for seed in range(30):
        drive = one(speed=12.0)
        drive.tracker = Tracker(TrackerConfig(inflation=1.0, speed_inflation=1.0))  # errors anew
        drive.rng = np.random.default_rng(seed)
        for _ in range(25):
            tracks = drive.tick()
        error = drive.cars[0, :2] - tracks.mean[0, :2]
        off.append(error @ np.linalg.solve(tracks.cov[0, :2, :2], error))
    assert 0.7 < np.median(off) < 2.0  # chi-squared of 2 degrees has the median 1.39


@pytest.mark.parametrize(("along", "across"), [(0.2, 0.1), (1.5, 0.4), (4.0, 1.0)])
def test_confidence_is_how_often_it_is_there_and_in_its_place(along, across):
    axes = SE2(0.0, 0.0, 0.7).rotation
    seen = detected([(20.0, 5.0, 0.0, 8.0)])
    cov = axes @ np.diag([along**2, across**2]) @ axes.T
    track = born(replace(seen, xy_cov=cov[None]), HERE, np.zeros(1, np.int64))
    errors = np.random.default_rng(0).normal(0, [along, across], (100_000, 2))
    in_place = (np.abs(errors) < RIGHT_PLACE).all(axis=1).mean()
    assert track.confidence == pytest.approx(track.score * in_place, abs=0.005)
