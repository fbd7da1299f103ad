"""Champion against challenger: who is promoted, who is not, and when the driving stops."""

import pytest

from scripts.engine import proof
from scripts.engine.proof import ProofConfig, prove
from tests.scripts.stand_ins import SCENARIOS, Course


@pytest.fixture
def between(tmp_path, monkeypatch):
    def run(course, champion, challenger, folder=tmp_path, **config):
        monkeypatch.setattr(proof, "make_player", course.player)
        return prove(champion, challenger, SCENARIOS, folder, ProofConfig(**config), jobs=1)

    return run


def test_a_better_challenger_is_promoted_as_soon_as_it_is_proved(between):
    told = between(Course(old=0.4, better=0.95), "old", "better", most=40)
    assert told.objections == ()
    assert len(told.course) < 40
    assert told.score.wins > told.score.losses


@pytest.mark.parametrize("seed", range(6000, 6600, 50))
def test_a_challenger_made_worse_on_purpose_is_never_promoted(between, seed):
    told = between(Course(old=0.9, worse=0.6), "old", "worse", seed=seed)
    assert told.objections
    assert len(told.course) < 40  # and nobody drives on once that is plain


def test_one_that_is_no_better_is_not_promoted_after_all_episodes(between):
    told = between(Course(old=0.8, equal=0.8), "old", "equal", most=12)
    assert len(told.course) == 12
    assert "not better beyond noise" in told.objections[0]


def test_better_overall_is_not_enough_where_one_scenario_suffers(between):
    skills = {"highway": 1.0, "merge": 1.0, "exit": 0.0}
    course = Course(old={"highway": 0.3, "merge": 0.3, "exit": 1.0}, lopsided=skills)
    told = between(course, "old", "lopsided", least=10, most=40)
    assert told.worse_in == ("exit",)
    assert "clearly worse in exit" in told.objections


def test_better_overall_is_not_enough_where_it_hits_more_often(between):
    # The champion fails without fault, the challenger hits somebody now and then.
    told = between(Course(old=0.2, reckless=0.75), "old", "reckless", least=30, most=30)
    assert "clearly more at-fault collisions" in told.objections


def test_a_killed_proof_goes_on_and_comes_to_the_same(between, tmp_path):
    course = Course(old=0.5, better=0.8)
    whole = between(course, "old", "better", tmp_path / "whole", most=6, least=6)
    count = len(course.driven)
    again = Course(old=0.5, better=0.8)
    between(again, "old", "better", tmp_path / "cut", most=2, least=2)
    resumed = between(again, "old", "better", tmp_path / "cut", most=6, least=6)
    assert len(again.driven) == count  # nothing was driven twice
    assert resumed == whole


def test_a_champion_does_not_drive_its_seeds_again(between):
    course = Course(old=0.5, one=0.5, two=0.5)
    between(course, "old", "one", most=3, least=3)
    driven = len(course.driven)
    between(course, "one", "two", most=3, least=3)
    assert {name for name, _, _ in course.driven[driven:]} == {"two"}


@pytest.mark.parametrize("wrong", [{"least": 0}, {"least": 5, "most": 4}, {"alpha": 0.0}])
def test_settings_that_prove_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        ProofConfig(**wrong)
