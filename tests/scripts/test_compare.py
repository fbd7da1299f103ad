"""Two runs on paper, compared."""

import json

import pytest

from scripts.compare import FIGURES, Args, compare_figure, main, paired, sentence


def run(agent, successes, seeds=None, weather="clear"):
    seeds = range(len(successes)) if seeds is None else seeds
    rows = [
        {
            "scenario": "merge",
            "seed": seed,
            "outcome": "goal" if success else "collision",
            "success": bool(success),
            "at_fault": not success,
            **dict.fromkeys(("carla_ds", "carla_ds_21", "nuplan_cls", "pdms"), float(success)),
        }
        for seed, success in zip(seeds, successes, strict=True)
    ]
    return {"agent": agent, "config": {"weather": weather}, "episodes": rows}


def told(a, b, figure=FIGURES[0]):
    return sentence(compare_figure(figure, paired(a, b)))


def test_pairs_are_matched_by_scenario_and_seed_not_by_order():
    a = run("a", [1, 0, 1], seeds=[1, 2, 3])
    b = run("b", [1, 0, 1, 1], seeds=[3, 2, 9, 1])
    pairs = paired(a, b)
    assert [(x["seed"], y["seed"]) for x, y in pairs] == [(1, 1), (2, 2), (3, 3)]
    assert "no difference was seen" in told(a, b)


def test_verdicts_in_plain_words():
    bad, good = run("a", [0] * 15 + [1] * 5), run("b", [1] * 20)
    assert told(bad, good).startswith("B is better (B - A = +0.75")
    assert told(good, bad).startswith("B is worse")
    assert told(bad, good, FIGURES[1]).startswith("B is better")  # fewer collisions


def test_cannot_tell_says_how_many_more_episodes():
    a, b = run("a", [1] * 18 + [0, 0]), run("b", [1] * 17 + [0, 1, 1])
    text = told(a, b)
    assert text.startswith("cannot tell")
    assert "it takes about 468 more episodes" in text  # (2.80 * 0.394 / 0.05)^2 - 20


def test_what_was_not_measured_is_not_compared():
    assert "fewer than 2" in told(run("a", [1, 1]), run("b", [1, 1]), FIGURES[8])


def test_runs_that_do_not_compare_are_refused():
    with pytest.raises(ValueError, match="same weather, got clear and rain"):
        paired(run("a", [1, 1]), run("b", [1, 1], weather="rain"))
    with pytest.raises(ValueError, match="at least 2 common episodes, got 0"):
        paired(run("a", [1, 1]), run("b", [1, 1], seeds=[8, 9]))


@pytest.mark.parametrize("text", [None, "[1]", "{}", "no results"])
def test_what_holds_no_results_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=r"a\.json: expected the results of evaluate, got"):
        main(Args(path, path))


def test_the_command_prints_a_verdict_per_figure(tmp_path, capsys):
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, agent in zip(paths, ("idm", "policy"), strict=True):
        path.write_text(json.dumps(run(agent, [1] * 10)))
    main(Args(*paths))
    text = capsys.readouterr().out
    assert "policy (B) against idm (A), on 10 episodes" in text
    assert all(f"- {figure.name}: " in text for figure in FIGURES)
