"""Files that are made of recorded episodes, one of each, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from joblib import Parallel, delayed
from tqdm import tqdm

from datasets.store.meta import EpisodeRow
from datasets.store.reader import DatasetReader

Make = Callable[[Path, Path, int], None]  # a file, of the dataset's episode of that index


def episode_files(
    datasets: Sequence[Path],
    seeds: tuple[int, int],
    path_of: Callable[[EpisodeRow], Path],
    make: Make,
    what: str,
    jobs: int = 1,
    quiet: bool = False,
) -> list[Path]:
    """The files of all episodes with these seeds, made first where they are missing, in `jobs`
    processes; ValueError where there is no such episode. `what` they hold, for people."""
    wanted: list[tuple[Path, Path, int]] = []
    for dataset in datasets:
        reader = DatasetReader(dataset)
        for row in reader.rows:
            if row.index not in reader.damaged and seeds[0] <= row.head.seed <= seeds[1]:
                wanted.append((path_of(row), dataset, row.index))
    if not wanted:
        raise ValueError(f"{what}: expected episodes with seeds {seeds}, got none")
    missing = [each for each in wanted if not each[0].exists()]
    work = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(make)(*each) for each in missing
    )
    for _ in tqdm(work, total=len(missing), desc=what, disable=quiet or not missing):
        pass
    return [path for path, _, _ in wanted]
