"""A recorder is killed 50 times at random moments, and no finished episode is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datasets.store.reader import DatasetReader
from datasets.store.writer import DatasetWriter

REPOSITORY = Path(__file__).parents[3]
KILLS = 50

# Imports once and forks a recorder per line it reads: a fresh process takes 10 ms, not a second.
# A recorder says which episode it has finished after the writer has returned from it.
RECORDERS = """
import os, sys
import pandas  # here, because pyarrow would in every recorder, at its first table
from pathlib import Path
from datasets.store.writer import DatasetWriter
from tests.datasets.store.synthetic import episode, head

def record(root, first_seed):
    with DatasetWriter(root) as writer:
        for seed in range(first_seed, first_seed + 1000):
            with writer.begin(head(seed=seed, cameras=1)) as journal:
                for one in episode(head(seed=seed, cameras=1), 15):
                    journal.add(one)
            row = writer.adopt(journal.path)
            os.write(1, f"finished {row.uid}\\n".encode())

for i, line in enumerate(sys.stdin):
    child = os.fork()
    if child == 0:
        record(Path(sys.argv[1]), 1000 * i)
    os.write(1, f"started {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"gone\\n")
"""


def test_50_kills_lose_no_finished_episode(tmp_path):
    rng = np.random.default_rng(0)
    finished: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", RECORDERS, str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as recorders:
        finished += until_finished(recorders, 1)  # waits for the imports, too
        began = time.monotonic()
        finished += until_finished(recorders, 2)
        longest_life = time.monotonic() - began
        for _ in range(KILLS):
            finished += live_and_die(recorders, rng.uniform(0, longest_life))
    with DatasetWriter(tmp_path) as writer:
        rows = writer.rows
    reader = DatasetReader(tmp_path, verify=True)
    assert not reader.damaged
    assert {row.uid for row in rows if row.end == "goal"} >= set(finished)
    assert len({row.uid for row in rows}) == len(rows)
    assert all(row.ticks in (10, 15) for row in rows), "a whole second, or a whole episode"
    for row in rows:
        assert [one.tick.index for one in reader.episode(row.index)] == list(range(row.ticks))


def until_finished(recorders: subprocess.Popen, episodes: int) -> list[str]:
    """Start a recorder, and kill it as soon as it has finished that many episodes."""
    return _life(recorders, lambda finished: len(finished) >= episodes)


def live_and_die(recorders: subprocess.Popen, seconds: float) -> list[str]:
    """Start a recorder, kill it after some time, and return what it has finished."""
    return _life(recorders, lambda _: time.sleep(seconds) is None)


def _life(recorders: subprocess.Popen, is_over: Callable[[list[str]], bool]) -> list[str]:
    recorders.stdin.write("\n")
    recorders.stdin.flush()
    finished: list[str] = []
    process = None
    while (line := recorders.stdout.readline()) != "gone\n":
        word, name = line.split()
        if word == "started":
            process = int(name)
        else:
            finished.append(name)
        if process is not None and is_over(finished):
            os.kill(process, signal.SIGKILL)
            process = None
    return finished
