"""What the nouns check when they are made: shapes, dtypes and finite values, with errors that say
what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def check_array(name: str, array: Any, shape: Sequence[int | None], dtype: type) -> None:
    """Raise ValueError unless `array` is an ndarray of `dtype` and `shape` (None: any length)."""
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name}: expected a numpy array, got {type(array).__name__}")
    fits = len(shape) == array.ndim and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        want_text = ", ".join("*" if n is None else str(n) for n in shape)
        raise ValueError(f"{name}: expected shape ({want_text}), got {array.shape}")
    if array.dtype != dtype:
        raise ValueError(f"{name}: expected dtype {np.dtype(dtype)}, got {array.dtype}")


def check_finite(name: str, value: float | FloatArray) -> None:
    """Raise ValueError unless every number is finite."""
    if not np.all(np.isfinite(value)):
        raise ValueError(f"{name}: expected finite numbers, got {value!r}")


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError unless low <= value <= high; NaN is outside every range."""
    if not low <= value <= high:
        raise ValueError(f"{name}: expected a number in [{low:g}, {high:g}], got {value!r}")
