"""What an evaluation says of a model, short enough to be kept with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets.learning.model import ONNX, Figures, Model
from scripts.results import read_results

TUNING = "tuning"  # the usual key: measured on seeds that one may tune on


def figures_of(model: Model, results: Path) -> Figures:
    """The figures in a JSON file of evaluate; ValueError if another model drove there."""
    run = results_by(model, results)
    overall, seeds, config = run["overall"], run["seeds"], run["config"]
    scenarios = ",".join(run["scenarios"])
    command = (
        f"scripts/evaluate.py --agent {run['agent']} --scenarios {scenarios} "
        f"--episodes {len(seeds)} --seed {seeds[0]} --weather {config['weather']}"
    )
    return {
        "agent": run["agent"],
        "success_rate": overall["success_rate"],
        "ci95": overall["success_ci95"],
        "episodes": overall["episodes"],
        "seeds": [seeds[0], seeds[-1]],
        "at_fault_rate": overall["at_fault_rate"],
        "nuplan_cls": overall["nuplan_cls"],
        "by_scenario": {name: s["success_rate"] for name, s in run["scenarios"].items()},
        "commit": run["commit"],
        "command": command + (f" --fault {run['fault']}" if run["fault"] else ""),
        "path": str(results),
    }


def results_of(model: Model, key: str) -> Path:
    """The file that a score came from; ValueError if it does not say of which, or the file is gone
    or of another model by now."""
    path = model.scores[key].get("path")
    if path is None:
        raise ValueError(f"score {key} of {model.name} does not say of which file it is")
    results_by(model, Path(path))
    return Path(path)


def results_by(model: Model, path: Path) -> dict[str, Any]:
    """The results in a JSON file of evaluate, if that model drove there; ValueError else."""
    run = read_results(path)
    drove = run.get("model")
    if drove != model.sha256[ONNX]:
        raise ValueError(
            f"{path}: expected results of the model {model.name}, {model.sha256[ONNX][:16]}, got "
            f"those of {run['agent']}, {str(drove)[:16]}"
        )
    return run


def in_short(figures: Figures | None) -> str:
    """Figures in a line: the success rate, its interval, and of how many episodes."""
    if figures is None or "success_rate" not in figures:
        return "-"
    text = f"{figures['success_rate']:.3f}"
    if "ci95" in figures:
        text += " [{:.3f}, {:.3f}]".format(*figures["ci95"])
    return text + (f" of {figures['episodes']}" if "episodes" in figures else "")
