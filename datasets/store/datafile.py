"""The data file of one episode: a parquet table that carries its own Head.

Rows come in groups of 20 ticks, so that reading one tick does not decode an episode; texts that
hardly change from tick to tick compress to a tenth within such a group. Pictures are stored as they
are. Every page has a checksum.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datasets.store.logged import Head
from datasets.store.schema import HEAD_KEY, IMAGES, TEXTS

ROW_GROUP = 20  # ticks


def to_parquet(table: Any) -> bytes:
    """The content of a data file."""
    sink = io.BytesIO()
    leaves = _leaves(table.schema)
    pq.write_table(
        table,
        sink,
        row_group_size=ROW_GROUP,
        compression={leaf: "none" if leaf.startswith(IMAGES) else "zstd" for leaf in leaves},
        compression_level={leaf: 1 for leaf in leaves if not leaf.startswith(IMAGES)},
        use_dictionary=["end", "driver", "reason"],
        write_statistics=["episode_index", "index", "task_index"],
        write_page_checksum=True,
    )
    return sink.getvalue()


def _leaves(schema: Any) -> list[str]:
    """The paths of parquet's columns: a struct or a list has its own below it."""
    leaves = []
    for field in schema:
        if pa.types.is_struct(field.type):
            leaves += [f"{field.name}.{child.name}" for child in field.type]
        elif pa.types.is_fixed_size_list(field.type):
            leaves.append(f"{field.name}.list.element")
        else:
            leaves.append(field.name)
    return leaves


def open_data_file(path: Path) -> Any:
    """A ParquetFile that checks every page it reads."""
    return pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)


def head_of(file: Any, path: Path) -> Head:
    """What the file says of its episode."""
    metadata = file.schema_arrow.metadata or {}
    if HEAD_KEY not in metadata:
        raise ValueError(f"{path}: expected an episode recorded by this program, got no head")
    return Head.from_json(metadata[HEAD_KEY].decode())


def text_names() -> list[str]:
    return [column.name for column in TEXTS]
