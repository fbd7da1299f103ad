"""Many episodes in parallel, each kept as soon as it is done, so that a killed run goes on.

The cache is a text file of JSON lines: first the configuration, then one row per finished episode.
A run with another configuration (or another commit of this code) starts afresh and says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from joblib import Parallel, cpu_count, delayed
from joblib.parallel import get_active_backend
from tqdm import tqdm

from sim.scores.episode import Row

Episode = tuple[str, int]  # scenario, seed
BATCH = 4  # episodes per process


class RowCache:
    """The rows of one run on disk."""

    def __init__(self, path: Path, config: Row) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.note = ""  # what the user should know of the rows found, if anything
        config = json.loads(json.dumps(config))  # as it will be read back
        found = _whole_lines(path)
        if found and found[0] == config:
            self.rows = found[1:]
            self.note = f"{path}: going on after {len(self.rows)} finished episodes"
        elif found:
            changed = sorted(k for k in config | found[0] if config.get(k) != found[0].get(k))
            self.note = f"{path}: was made with another {', '.join(changed)}; starting afresh"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in [config, *self.rows]))

    def add(self, row: Row) -> None:
        self.rows.append(row)
        with self.path.open("a") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")

    def remove(self) -> None:
        self.path.unlink()


def _whole_lines(path: Path) -> list[Row]:
    """The lines of a file; a last one cut off by a kill does not count."""
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]
    return [json.loads(line) for line in lines]


def run_episodes(
    play: Callable[[str, int], Row],
    episodes: Sequence[Episode],
    cache: RowCache,
    jobs: int,
    progress: bool = True,
) -> list[Row]:
    """Play the episodes that the cache does not have, and return the rows of all `episodes` in
    their order. joblib's own backends decide where they run (joblib.parallel_config)."""
    have = {(row["scenario"], row["seed"]) for row in cache.rows}
    missing = [episode for episode in episodes if episode not in have]
    done = len(episodes) - len(missing)
    with tqdm(total=len(episodes), initial=done, unit="ep", disable=not progress) as bar:
        for row in _rows(play, missing, jobs):
            cache.add(row)
            bar.set_postfix_str(f"{row['scenario']} {row['seed']}: {row['outcome']}")
            bar.update()
    played = {(row["scenario"], row["seed"]): row for row in cache.rows}
    return [played[episode] for episode in episodes]


def _rows(play: Callable[[str, int], Row], episodes: Sequence[Episode], jobs: int) -> Iterator[Row]:
    """One row after the other, as soon as they are there. Where a backend gives back only whole
    lists (Ray's does), the episodes go out in batches, so that a kill loses no more than one."""
    backend, _ = get_active_backend()
    tasks = [delayed(play)(scenario, seed) for scenario, seed in episodes]
    if backend.supports_return_generator:
        yield from Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        return
    size = BATCH * (jobs if jobs > 0 else cpu_count())
    for first in range(0, len(tasks), size):
        yield from Parallel(n_jobs=jobs)(tasks[first : first + size])
