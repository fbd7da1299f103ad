"""Train what learns:

    uv run scripts/train.py perception --data runs/data --out runs/perception
    uv run scripts/train.py close-up --data runs/data --out runs/close-up
    uv run scripts/train.py policy --data runs/data --out runs/policy
    torchrun --nproc-per-node=4 scripts/train.py perception --data runs/data --out runs/perception

A run that is killed goes on where it was when the same command is given again. Watch it with
`uv run tensorboard --logdir runs`.
"""

from __future__ import annotations

from scripts.subcommands import run_chosen
from scripts.training.close_up import CloseUp, train_close_up
from scripts.training.perception import Perception, train_perception
from scripts.training.policy import Policy, train_policy

TRAININGS = {
    "perception": (Perception, train_perception),
    "close-up": (CloseUp, train_close_up),
    "policy": (Policy, train_policy),
}


def main() -> None:
    run_chosen(TRAININGS, __doc__)


if __name__ == "__main__":
    main()
