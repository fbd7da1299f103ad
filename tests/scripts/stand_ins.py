"""Models nobody trained and drivers that only say how they did: for what is around them."""

from __future__ import annotations

import numpy as np

from datasets.learning.model import FILES, ONNX
from perception.trunk import trunk_of
from planning.policy.export import export_onnx
from planning.policy.weights import save_weights, write_card
from tests.planning.policy.made_up import network

SMALL = {"heads": 2, "width": 8, "queries": 3, "parts": 2, "squeezed": 4, "token": 4, "hidden": 16}
SCENARIOS = ("highway", "merge", "exit")


def trained(folder, config, seed=0, trunk=None):
    """What `train.py policy` leaves behind."""
    folder.mkdir()
    net = network(config, seed)
    about = {
        "command": "none",
        "data": "none",
        "data_hash": "0" * 64,
        "held_out": "none",
        "step": 1,
        "train": {"batch_size": 1},
        "figures": {"path_error": 0.5},
        "eyes": trunk or trunk_of(),
    }
    save_weights(folder / FILES[0], net, about)
    export_onnx(net, folder / ONNX)
    write_card(folder / FILES[0], about)
    return folder


class Course:
    """Drivers with a given chance to reach each goal, the same for the same seed."""

    def __init__(self, **skills):
        self.skills = skills
        self.driven = []

    def player(self, evaluation):
        name = evaluation.agent.partition("@")[2].rpartition("/")[2]

        def play(scenario, seed):
            self.driven.append((name, scenario, seed))
            rng = np.random.default_rng([seed, len(name), SCENARIOS.index(scenario)])
            skill = self.skills[name]
            chance = skill.get(scenario, 0.0) if isinstance(skill, dict) else skill
            success = bool(rng.random() < chance)
            fault = not success and name == "reckless"
            outcome = "goal" if success else "collision"
            scores = dict.fromkeys(("carla_ds", "carla_ds_21", "nuplan_cls", "pdms"), 1.0)
            row = {"scenario": scenario, "seed": seed, "success": success, "outcome": outcome}
            return row | scores | {"at_fault": fault}

        return play
