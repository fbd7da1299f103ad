"""Which trunk a file of perception's weights holds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from datasets.learning.weights_file import read_weights
from perception.runtime import TORCH_FILE, WEIGHTS

_TRUNK = "trunk."  # how the names of its numbers begin


def trunk_of(eyes: Path = WEIGHTS) -> str:
    """Tells the features of the trunk in the folder `eyes` from those of others, in 16 hex digits:
    who has learned to drive by the one cannot drive by the other. ValueError where none is."""
    return trunk_hash(eyes / TORCH_FILE.name)


def trunk_hash(weights: Path) -> str:
    """The same for a file of weights."""
    _, arrays = read_weights(weights)
    trunk = {name: each for name, each in arrays.items() if name.startswith(_TRUNK)}
    if not trunk:
        raise ValueError(f"{weights}: expected the weights of a perception, found no trunk")
    digest = hashlib.sha256()
    for name, values in sorted(trunk.items()):
        digest.update(name.removeprefix(_TRUNK).encode())
        with np.errstate(over="ignore"):  # counts of steps
            digest.update(values.astype(np.float16).tobytes())
    return digest.hexdigest()[:16]
