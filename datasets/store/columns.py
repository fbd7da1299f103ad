"""Arrow columns as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def column_array(table: Any, name: str) -> NDArray[Any]:
    """A column of numbers: (N,), or (N, K) where each row holds K of them."""
    column = table[name].combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # an empty table has no chunk to combine
        return np.zeros(0)
    if pa.types.is_fixed_size_list(column.type):
        values = column.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(values.reshape(len(column), column.type.list_size))
    return np.asarray(column.to_numpy(zero_copy_only=False))
