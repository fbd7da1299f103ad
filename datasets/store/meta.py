"""Everything under meta/: LeRobot's description of the dataset.

All of it is derived. The data file of an episode carries its own Head and is the episode; whatever
here is lost or late is made again from the data files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.episode import DECISION_HZ
from datasets.store.columns import column_array
from datasets.store.disk import sha256
from datasets.store.logged import Head
from datasets.store.pictures import Picture
from datasets.store.schema import IMAGES, features
from datasets.store.stats import Stats, complete, episode_stats
from datasets.store.sums import Checksums

CODEBASE_VERSION = "v3.0"  # of the format: what lerobot 0.6 writes
PER_CHUNK = 1000  # files of a folder
PER_META_FILE = 50  # episodes of a file of meta/episodes: the last one is written at each episode
INFO, STATS = Path("meta/info.json"), Path("meta/stats.json")
TASKS = Path("meta/tasks.parquet")
_DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
_VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_PANDAS = {  # makes pandas read the column "task" as the index, as LeRobot expects it
    "index_columns": ["task"],
    "column_indexes": [],
    "columns": [
        {
            "name": name,
            "field_name": name,
            "pandas_type": pandas_type,
            "numpy_type": numpy_type,
            "metadata": None,
        }
        for name, pandas_type, numpy_type in (
            ("task_index", "int64", "int64"),
            ("task", "unicode", "object"),
        )
    ],
}


@dataclass(frozen=True)
class EpisodeRow:
    """What meta/ knows of one finished episode."""

    index: int
    uid: str  # the same for the same episode in every dataset
    head: Head
    task_index: int
    first: int  # number of its first tick in the dataset
    ticks: int
    end: str  # datasets.episode.End, "" where its recording was cut off
    at_fault: bool
    interventions: int  # ticks
    stats: Stats

    @property
    def last(self) -> int:
        """Number of the tick after its last one."""
        return self.first + self.ticks

    @property
    def data_path(self) -> Path:
        return data_path(self.index)

    @cached_property
    def cameras(self) -> tuple[str, ...]:
        return tuple(camera.name for camera in self.head.rig)


def data_path(episode: int) -> Path:
    """One data file per episode: a finished one is never written to again."""
    chunk, file = divmod(episode, PER_CHUNK)
    return Path(_DATA_PATH.format(chunk_index=chunk, file_index=file))


def video_path(episode: int, camera: str) -> Path:
    chunk, file = divmod(episode, PER_CHUNK)
    return Path(_VIDEO_PATH.format(video_key=IMAGES + camera, chunk_index=chunk, file_index=file))


def episode_uid(head: Head, table: Any) -> str:
    """Names an episode by what was driven."""
    digest = hashlib.sha256(head.to_json().encode())
    digest.update(column_array(table, "executed_action").tobytes())
    digest.update(column_array(table, "intervention").tobytes())
    return digest.hexdigest()[:16]


def describe(table: Any, head: Head, pictures: Mapping[str, Sequence[Picture]]) -> EpisodeRow:
    """The row of an episode's table with INDICES; `pictures` are a sample of each camera's."""
    return EpisodeRow(
        index=int(table["episode_index"][0].as_py()),
        uid=episode_uid(head, table),
        head=head,
        task_index=int(table["task_index"][0].as_py()),
        first=int(table["index"][0].as_py()),
        ticks=len(table),
        end=str(table["end"][-1].as_py()),
        at_fault=bool(table["at_fault"][-1].as_py()),
        interventions=int(column_array(table, "intervention").sum()),
        stats=complete(episode_stats(table, pictures), len(table)),
    )


# --- meta/episodes ---


def episodes_path(index: int) -> Path:
    """The file of meta/episodes that holds an episode's row."""
    chunk, file = divmod(index // PER_META_FILE, PER_CHUNK)
    return Path(f"meta/episodes/chunk-{chunk:03d}/file-{file:03d}.parquet")


def load_rows(root: Path) -> list[EpisodeRow]:
    """All episodes, in order; an error of Arrow or ValueError where a file is damaged."""
    rows: list[EpisodeRow] = []
    for path in sorted((root / "meta/episodes").glob("*/*.parquet")):
        rows += [_from_plain(plain) for plain in pq.read_table(path).to_pylist()]
    for i, row in enumerate(rows):
        if row.index != i:
            raise ValueError(f"{root}: expected episode {i} in meta/episodes, got {row.index}")
    return rows


def is_whole(root: Path, rows: Sequence[EpisodeRow], video: bool) -> bool:
    """Whether meta/ tells of these episodes, with the columns that there are today, and every file
    of it has its checksum."""
    sums = Checksums(root).of
    try:
        told = json.loads((root / INFO).read_text())
        kept = [sha256(root / name) == digest for name, digest in sums.items() if _is_meta(name)]
    except (OSError, ValueError, KeyError):
        return False
    return told == _info(rows, video) and len(kept) > len((INFO, STATS, TASKS)) and all(kept)


def _is_meta(name: str) -> bool:
    return name.startswith("meta/")


def _to_plain(row: EpisodeRow, video: bool) -> dict[str, Any]:
    chunk, file = divmod(row.index, PER_CHUNK)
    meta_chunk, meta_file = divmod(row.index // PER_META_FILE, PER_CHUNK)
    plain: dict[str, Any] = {
        "episode_index": row.index,
        "tasks": [row.head.scenario],
        "length": row.ticks,
        "data/chunk_index": chunk,
        "data/file_index": file,
        "dataset_from_index": row.first,
        "dataset_to_index": row.last,
        "meta/episodes/chunk_index": meta_chunk,
        "meta/episodes/file_index": meta_file,
        "uid": row.uid,
        "scenario": row.head.scenario,
        "task_index": row.task_index,
        "seed": row.head.seed,
        "weather": row.head.weather,
        "agent": row.head.agent,
        "end": row.end,
        "at_fault": row.at_fault,
        "interventions": row.interventions,
        "head": row.head.to_json(),
    }
    if video:
        for camera in row.cameras:
            key = f"videos/{IMAGES}{camera}"
            plain |= {f"{key}/chunk_index": chunk, f"{key}/file_index": file}
            plain |= {f"{key}/from_timestamp": 0.0, f"{key}/to_timestamp": row.ticks / DECISION_HZ}
    for column, stats in row.stats.items():
        plain |= {f"stats/{column}/{name}": value.tolist() for name, value in stats.items()}
    return plain


def _from_plain(plain: dict[str, Any]) -> EpisodeRow:
    stats: Stats = {}
    for key, value in plain.items():
        if key.startswith("stats/"):
            _, column, name = key.split("/")
            stats.setdefault(column, {})[name] = np.array(value)
    return EpisodeRow(
        index=plain["episode_index"],
        uid=plain["uid"],
        head=Head.from_json(plain["head"]),
        task_index=plain["task_index"],
        first=plain["dataset_from_index"],
        ticks=plain["length"],
        end=plain["end"],
        at_fault=plain["at_fault"],
        interventions=plain["interventions"],
        stats=complete(stats, plain["length"]),
    )


# --- writing ---


def write_meta(
    root: Path, rows: Sequence[EpisodeRow], stats: Stats, video: bool, changed_from: int = 0
) -> None:
    """Describe the dataset: every file whole, the checksums last. Only the files of meta/episodes
    with episodes from `changed_from` on are written again."""
    sums = Checksums(root)
    for start in range(changed_from - changed_from % PER_META_FILE, len(rows), PER_META_FILE):
        part = [_to_plain(row, video) for row in rows[start : start + PER_META_FILE]]
        sums.write(episodes_path(start), _parquet(pa.Table.from_pylist(part)))
    sums.write(TASKS, _parquet(_tasks_table(rows)))
    sums.write(STATS, _json(_plain_stats(stats)))
    sums.write(INFO, _json(_info(rows, video)))
    for row in rows[changed_from:]:
        sums.note(row.data_path)
        if video:
            for camera in row.cameras:
                sums.note(video_path(row.index, camera))
    sums.save()


def _info(rows: Sequence[EpisodeRow], video: bool) -> dict[str, Any]:
    return {
        "codebase_version": CODEBASE_VERSION,
        "fps": DECISION_HZ,
        "features": features(rows[0].head.rig if rows else (), video),
        "total_episodes": len(rows),
        "total_frames": rows[-1].last if rows else 0,
        "total_tasks": len({row.task_index for row in rows}),
        "chunks_size": PER_CHUNK,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "data_path": _DATA_PATH,
        "video_path": _VIDEO_PATH if video else None,
        "robot_type": "car",
        "splits": {"train": f"0:{len(rows)}"},
    }


def _tasks_table(rows: Sequence[EpisodeRow]) -> Any:
    tasks = {row.task_index: row.head.scenario for row in rows}
    names = [tasks[i] for i in sorted(tasks)]
    table = pa.table({"task_index": pa.array(sorted(tasks), pa.int64()), "task": names})
    return table.replace_schema_metadata({"pandas": json.dumps(_PANDAS)})


def _plain_stats(stats: Stats) -> dict[str, Any]:
    return {
        column: {name: value.tolist() for name, value in values.items()}
        for column, values in stats.items()
    }


def _parquet(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue().to_pybytes())


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()
