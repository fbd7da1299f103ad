"""Measure one part of the stack:

    uv run scripts/benchmark.py cameras --json FILE
    uv run scripts/benchmark.py traffic --json FILE
    uv run scripts/benchmark.py plan --json FILE
    uv run scripts/benchmark.py latency --json FILE
    uv run scripts/benchmark.py faults --json FILE
    uv run scripts/benchmark.py training --json FILE

Each benchmark is a module of scripts/benchmarks with a dataclass of arguments and a `run`; a new
one is one more row of BENCHMARKS.
"""

from __future__ import annotations

from scripts.benchmarks import cameras, data, latency, plan, senses, traffic, training
from scripts.subcommands import run_chosen

BENCHMARKS = {
    "cameras": (cameras.Cameras, cameras.run),
    "data": (data.Data, data.run),
    "plan": (plan.Plan, plan.run),
    "latency": (latency.Latency, latency.run),
    "faults": (senses.Faults, senses.run),
    "traffic": (traffic.Traffic, traffic.run),
    "training": (training.Training, training.run),
}


def main() -> None:
    run_chosen(BENCHMARKS, __doc__)


if __name__ == "__main__":
    main()
