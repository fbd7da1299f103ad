"""The data engine as users run it, killed for good in one step after the other."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from datasets.learning.registry import Registry
from datasets.store.meta import load_rows
from planning.policy.driver import WEIGHTS
from scripts import collect
from scripts.engine.rounds import Round

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0  # s, for what takes half a minute on a quiet machine

# What is on disk as soon as a step is under way.
UNDER_WAY = {
    "driving": "run/round-1/driven/recording/*.arrows",
    "keeping": "run/round-1/kept/data/*/*.parquet",
    "labelling": "lessons/*/*.safetensors",
    "training": "run/round-1/trained/tensorboard/*",
    "proving": "run/driven-for-proof/*.jsonl",
}


@pytest.fixture
def command(tmp_path):
    """A round of a few seconds of driving, of a few steps, on a dataset of two episodes."""
    arguments = {"agent": "expert", "scenarios": "merge", "episodes": 2, "seed": 1000}
    collect.main(collect.Args(out=tmp_path / "data", **arguments))
    small = ["--hours", "0.003", "--scenarios", "merge", "--keep.share", "1.0", "--keep.span", "16"]
    small += ["--learn.steps", "3", "--learn.seeds", "1001", "5999", "--prove.least", "1"]
    small += ["--learn.held-out", "1000", "1000", "--prove.most", "2", "--data", "../data"]
    small += ["--out", "run", "--lessons", "lessons", "--models", "models"]
    return [sys.executable, str(ROOT / "scripts/improve.py"), *small]


def at(folder, name):
    """Where one run goes on, with folders of its own: what it keeps names the champion's."""
    (folder / name).mkdir(exist_ok=True)
    return {"cwd": folder / name, "stdout": subprocess.DEVNULL}


def outcome(place):
    now = Round(place / "run", 1)
    told = now.read("decision")
    kept = [(row.uid, row.ticks) for row in load_rows(now.kept)]
    models = Registry(place / "models", shipped=WEIGHTS)
    return told, kept, models.get("run-1").sha256["policy.safetensors"], models.champion()


@pytest.mark.slow
def test_killed_in_every_step_it_comes_to_the_same(command, tmp_path):
    subprocess.run(command, check=True, **at(tmp_path, "whole"))
    for pattern in UNDER_WAY.values():
        process = subprocess.Popen(command, **at(tmp_path, "cut"))
        began = time.monotonic()
        while not list((tmp_path / "cut").glob(pattern)):
            assert process.poll() is None, f"ended without {pattern}"
            assert time.monotonic() < began + PATIENCE, f"no {pattern}"
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert Round(tmp_path / "cut" / "run", 1).read("decision") is None
    subprocess.run(command, check=True, **at(tmp_path, "cut"))
    assert outcome(tmp_path / "cut") == outcome(tmp_path / "whole")
