"""The command that scores perception, with eyes whose errors are known."""

import json

import numpy as np
import pytest

from scripts import true_eyes
from scripts.evaluate_perception import Args, main
from scripts.true_eyes import TrueEyes
from sim.scores.record import record
from sim.world import World


def noisy_eyes(world):
    return TrueEyes(world, noise=1.0, seed=3)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("perception")

    def run(eyes):
        file = folder / "figures.json"
        main(
            Args(
                eyes=eyes, scenarios="two-way", episodes=1, weather="clear", every=10, json=file,
                report=folder / eyes.rpartition(":")[2], pictures=1,
            )
        )  # fmt: skip
        return json.loads(file.read_text())

    perfect = run("scripts.true_eyes:TrueEyes")
    noisy = run("tests.scripts.test_evaluate_perception:noisy_eyes")
    return perfect, noisy, folder


def test_perfect_eyes_reach_every_bar(results):
    perfect, _, _ = results
    vehicles, lanes = perfect["vehicles"], perfect["lanes"]
    assert vehicles["ap_60m"] > 0.97
    assert vehicles["recall_100m_front"] == 1.0
    assert vehicles["ate_30m"] < 0.1
    assert vehicles["ave"] < 0.5
    assert min(lanes["f1"], lanes["f1_painted"]) > 0.97
    assert lanes["err_50m"] < 0.05


def test_noise_of_a_known_size_is_found_at_about_that_size(results):
    perfect, noisy, _ = results
    assert perfect["vehicles"]["ate_30m"] < noisy["vehicles"]["ate_30m"] < 1.0
    assert perfect["lanes"]["err_30m"] < noisy["lanes"]["err_30m"] < 0.3
    assert noisy["calibration"]["within_2_sigma"] > 0.85


def test_figures_are_split_by_distance_camera_scenario_and_weather(results):
    perfect, _, _ = results
    assert perfect["by_scenario"].keys() == {"two-way"}
    assert perfect["by_weather"].keys() == {"clear"}
    assert list(perfect["by_distance"]) == ["0-30 m", "30-60 m", "60-100 m"]
    assert set(perfect["by_camera"]) <= {"front_narrow", "front_wide", "left", "right", "rear"}


def test_the_page_shows_the_worst_moment(results):
    _, _, folder = results
    page = folder / "TrueEyes"
    assert len(list(page.glob("*.png"))) == 1
    assert "ap_60m" in (page / "report.md").read_text()
    assert "<svg" in (page / "report.html").read_text()


@pytest.mark.parametrize("eyes", ["nobody", "no.such:module", "scripts.eyes:NoSuch"])
def test_eyes_that_do_not_exist_are_refused(eyes):
    with pytest.raises(ValueError, match="eyes: expected"):
        main(Args(eyes=eyes, scenarios="two-way"))


def test_the_rules_drive_on_what_perfect_eyes_tell():
    world = World("roundabout", cameras=False)
    log = record(world, true_eyes.rules(world), seed=1)
    assert log.outcome.success
    assert np.abs(log.ego_speed).max() < 20
