"""Several jobs behind one command: each a dataclass of arguments and the function that does it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import tyro


def run_chosen(
    jobs: Mapping[str, tuple[type, Callable[[Any], None]]], description: str | None
) -> None:
    """Do the job that the command line names; bad arguments end the process with what was wrong."""
    arguments = {name: arguments for name, (arguments, _) in jobs.items()}
    chosen = tyro.extras.subcommand_cli_from_dict(arguments, description=description)
    runs = dict(jobs.values())
    try:
        runs[type(chosen)](chosen)
    except ValueError as error:
        sys.exit(str(error))
