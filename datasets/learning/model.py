"""A trained model as a folder: three files, three or six more where it looks with a perception of
its own, and `model.json`, which says what they are.

The weights are safetensors, which cannot run; the ONNX file is the same network as it drives; the
card is for people. `model.json` is written last and holds the checksum of each of them and of
itself, so a folder without it is no model, and one that was changed since is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from datasets.learning.weights_file import read_about
from datasets.store.disk import sha256, write_whole

Figures = dict[str, Any]  # of one evaluation, as JSON can hold them
RECORD = "model.json"
WEIGHTS, ONNX, CARD = "policy.safetensors", "policy.onnx", "policy.md"
FILES = (WEIGHTS, ONNX, CARD)
LOOK = "perception.onnx"
EYES = ("perception.safetensors", LOOK, "perception.md")
CLOSER = ("close_up.safetensors", "close_up.onnx", "close_up.md")  # eyes need not have these
_SUM = "sum"  # the key under which JSON holds the checksum of the rest of it


class Files(NamedTuple):
    """The files of a model whose checksums hold."""

    weights: Path
    onnx: Path
    card: Path


@dataclass(frozen=True, slots=True)
class Model:
    """What is known of a model without reading its files."""

    name: str
    folder: Path
    parent: str | None  # the model that it came from
    made: str  # UTC, ISO 8601; "" where nobody wrote it down
    note: str
    eyes: str  # the trunk of perception whose features it drives by
    sha256: dict[str, str]  # of each of FILES, and of EYES and CLOSER if it has its own
    scores: dict[str, Figures] = field(default_factory=dict)  # what was measured -> its figures

    @property
    def own_eyes(self) -> Path | None:
        """The folder of the perception that it looks with, where that is its own."""
        return self.folder if LOOK in self.sha256 else None

    def check(self) -> None:
        """ValueError says which file is missing, or is not what it was when the model was made."""
        for name in self.sha256:
            wrong = self.wrong_with(name)
            if wrong is not None:
                raise ValueError(wrong)

    def wrong_with(self, file: str) -> str | None:
        """What is wrong with one of its files, if anything is."""
        path = self.folder / file
        if not path.is_file():
            return f"{path}: expected a file of the model {self.name}, found none"
        there, expected = sha256(path), self.sha256[file]
        if there == expected:
            return None
        return (
            f"{path}: expected the file of the model {self.name}, sha256 {expected[:16]}, "
            f"got {there[:16]}: it was damaged or exchanged"
        )

    def check_fits(self, eyes: str) -> None:
        """ValueError unless the model drives by the features of the trunk `eyes`."""
        if self.eyes != eyes:
            raise ValueError(
                f"model {self.name}: it fits the trunk {self.eyes} of perception, but {eyes} is "
                "there: train it again on that one"
            )

    def files(self) -> Files:
        """Where its files lie, checked."""
        self.check()
        return Files(*(self.folder / name for name in FILES))

    def write(self) -> None:
        """Write the record: from here on the folder is this model."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "folder"}
        write_sealed(self.folder / RECORD, plain)


def now() -> str:
    """The time, as records and histories have it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def eyes_in(folder: Path) -> tuple[str, ...]:
    """The names of the files of the perception in a folder, which may come without a closer look;
    ValueError where a part of one is missing."""
    missing = [name for name in CLOSER if not (folder / name).is_file()]
    if missing and len(missing) < len(CLOSER):
        raise ValueError(
            f"{folder}: expected {', '.join(CLOSER)} or none of them; missing: {', '.join(missing)}"
        )
    return EYES if missing else EYES + CLOSER


def describe(folder: Path, name: str, parent: str | None, made: str, note: str) -> Model:
    """What the files in a folder are, as they are now; ValueError where one is missing or its
    weights do not say which trunk they fit."""
    missing = [each for each in FILES if not (folder / each).is_file()]
    if missing:
        raise ValueError(f"{folder}: expected {', '.join(FILES)}; missing: {', '.join(missing)}")
    eyes = read_about(folder / WEIGHTS).get("eyes")
    if not isinstance(eyes, str):
        raise ValueError(f"{folder / WEIGHTS}: expected the trunk that it fits, got {eyes!r}")
    files = FILES + (eyes_in(folder) if (folder / LOOK).is_file() else ())
    sums = {each: sha256(folder / each) for each in files}
    return Model(name, folder, parent, made, note, eyes, sums)


def is_model(folder: Path) -> bool:
    return (folder / RECORD).is_file()


def read_model(folder: Path, name: str | None = None) -> Model:
    """The model in a folder; ValueError where there is none, its record is damaged, or it has
    another name than that. Its files are not read."""
    path = folder / RECORD
    if not path.is_file():
        raise ValueError(f"{folder}: expected a model, found no {RECORD}")
    try:
        model = Model(folder=folder, **read_sealed(path))
    except TypeError as error:
        raise ValueError(f"{path}: expected the record of a model, got {error}") from error
    if set(model.sha256) not in ({*FILES}, {*FILES, *EYES}, {*FILES, *EYES, *CLOSER}):
        raise ValueError(
            f"{path}: expected checksums of {FILES}, with {EYES} and {CLOSER} or without, got "
            f"{tuple(model.sha256)}"
        )
    if name is not None and model.name != name:
        raise ValueError(f"{folder}: expected the model {name}, got {model.name}")
    return model


def copy_files(folder: Path, to: Path, names: Sequence[str] = FILES) -> None:
    """Copy files of a model, each whole; the record is another's business."""
    for name in names:
        write_whole(to / name, (folder / name).read_bytes())


def write_sealed(path: Path, plain: dict[str, Any]) -> None:
    """Write JSON with its own checksum in it."""
    plain = json.loads(json.dumps(plain, allow_nan=False))  # as it will be read
    text = json.dumps(plain | {_SUM: _sum_of(plain)}, indent=1)
    write_whole(path, (text + "\n").encode())


def read_sealed(path: Path) -> dict[str, Any]:
    """What `write_sealed` wrote; ValueError if it was changed since."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        told = plain.pop(_SUM)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"{path}: expected JSON with its checksum, got {error!r}") from error
    if told != _sum_of(plain):
        raise ValueError(f"{path}: expected what was written there: it was changed since")
    return dict(plain)


def _sum_of(plain: dict[str, Any]) -> str:
    text = json.dumps(plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
