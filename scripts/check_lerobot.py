"""Check a dataset with LeRobot itself: load it, index it across time, and walk an episode with the
reader of its visualiser.

    uv run --isolated --no-project --python 3.12 --with "lerobot[dataset,viz]" \
        scripts/check_lerobot.py DIR

In an environment of its own: LeRobot wants older versions of what we use, and its imports clash
with our package `datasets`. So this file imports nothing of ours.
"""

from __future__ import annotations

import argparse
import tempfile
from importlib.metadata import version
from pathlib import Path

import torch
from lerobot.datasets import LeRobotDataset
from lerobot.scripts.lerobot_dataset_viz import visualize_dataset


def main(root: Path, episode: int) -> None:
    # 1. Load everything.
    dataset = LeRobotDataset("local/roadloop", root=root)
    meta = dataset.meta
    print(f"lerobot {version('lerobot')} reads {root}: format {meta.info.codebase_version}")
    print(f"  {meta.total_episodes} episodes, {len(dataset)} ticks at {meta.fps} Hz")
    print(f"  tasks: {', '.join(meta.tasks.index)}")
    print(f"  cameras: {', '.join(meta.camera_keys)}")
    # 2. The rows are in order and belong to the episodes that meta/ tells of.
    numbers = torch.stack(dataset.hf_dataset["index"][:])
    assert torch.equal(numbers, torch.arange(len(dataset))), "index: expected 0, 1, 2, ..."
    of_rows = torch.stack(dataset.hf_dataset["episode_index"][:]).tolist()
    for i, row in enumerate(meta.episodes):
        span = set(of_rows[row["dataset_from_index"] : row["dataset_to_index"]])
        assert span == {i}, f"episode {i}: expected only its own rows, got those of {span}"
    # 3. Index it across time: a second of past pictures, two seconds of future actions.
    camera = meta.camera_keys[0]
    deltas = {camera: [-1.0, -0.5, 0.0], "action": [i / meta.fps for i in range(20)]}
    across = LeRobotDataset("local/roadloop", root=root, delta_timestamps=deltas)
    for number in (0, len(across) // 2, len(across) - 1):
        tick = across[number]
        print(
            f"  tick {number}: {camera} {tuple(tick[camera].shape)}, action "
            f"{tuple(tick['action'].shape)}, padded {int(tick['action_is_pad'].sum())}, "
            f"task {tick['task']}, driver {tick['driver']}"
        )
    assert across[0][f"{camera}_is_pad"].tolist() == [True, True, False]
    # 4. Walk an episode as its visualiser does, and keep what it would show.
    one = LeRobotDataset("local/roadloop", root=root, episodes=[episode])
    with tempfile.TemporaryDirectory() as folder:
        kept = visualize_dataset(one, episode, save=True, output_dir=Path(folder))
        assert kept is not None
        size = kept.stat().st_size
    print(
        f"  visualiser: walked {len(one)} ticks of episode {episode}, {size / 1e6:.1f} MB to show"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("root", type=Path, help="the folder of the dataset")
    parser.add_argument("--episode", type=int, default=0, help="the one to walk")
    arguments = parser.parse_args()
    main(arguments.root, arguments.episode)
