"""Measure one part of the stack:

    uv run scripts/benchmark.py cameras --json FILE
    uv run scripts/benchmark.py traffic --json FILE
    uv run scripts/benchmark.py plan --json FILE
    uv run scripts/benchmark.py latency --json FILE

Each benchmark is a module of scripts/benchmarks with a dataclass of arguments and a `run`; a new
one is one more row of BENCHMARKS.
"""

from __future__ import annotations

import sys

import tyro

from scripts.benchmarks import cameras, data, latency, plan, traffic

BENCHMARKS = {
    "cameras": (cameras.Cameras, cameras.run),
    "data": (data.Data, data.run),
    "plan": (plan.Plan, plan.run),
    "latency": (latency.Latency, latency.run),
    "traffic": (traffic.Traffic, traffic.run),
}


def main() -> None:
    arguments = {name: arguments for name, (arguments, _) in BENCHMARKS.items()}
    chosen = tyro.extras.subcommand_cli_from_dict(arguments, description=__doc__)
    runs = dict(BENCHMARKS.values())
    try:
        runs[type(chosen)](chosen)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
