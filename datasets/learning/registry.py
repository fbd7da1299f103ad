"""The registry: trained models by name in one folder, and who of them is the champion.

    ROOT/NAME/            a model (datasets/learning/model.py)
    ROOT/champions.jsonl  who became champion, when and why: a line each, and none is ever taken out
    ROOT/shipped.json     scores of the shipped model, which has no folder here

Two names are always there: `shipped`, the model that comes with the code, and `champion`, whoever
that is now; before anybody was promoted it is `shipped`. Models are never changed but for their
scores. One process writes at a time, the others wait; readers need no lock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from datasets.learning.model import (
    RECORD,
    Figures,
    Model,
    copy_files,
    describe,
    eyes_in,
    is_model,
    now,
    read_model,
    read_sealed,
    write_sealed,
)
from datasets.store.disk import write_whole

ROOT = Path("runs/models")
SHIPPED, CHAMPION = "shipped", "champion"
HISTORY, SHIPPED_SCORES, LOCK = "champions.jsonl", "shipped.json", ".registry.lock"
PATIENCE = 60.0  # s to wait for another writer, who needs far less than one
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Promotion:
    """One line of the history: from `time` on, `name` was champion."""

    time: str  # UTC, ISO 8601
    name: str
    why: str
    back: bool = False  # a roll-back: the champion before took over again


class Registry:
    """Adds, finds, scores and crowns models.

    registry = Registry(Path("runs/models"), shipped=WEIGHTS)
    registry.add("round-1", Path("runs/policy"), parent="shipped", note="what it learned from")
    registry.get("round-1").files().onnx
    registry.promote("round-1", why="better on 200 episodes")
    """

    def __init__(self, root: Path = ROOT, *, shipped: Path) -> None:
        """`shipped`: the folder of the model that comes with the code."""
        self.root = root
        self._shipped = shipped

    # --- finding ---

    def get(self, name: str) -> Model:
        """The model of that name; its files are not read (Model.files). ValueError if there is
        none, or its record is damaged."""
        if name == CHAMPION:
            name = self.champion()
        if name == SHIPPED:
            return self._shipped_model()
        check_name(name)
        folder = self.root / name
        if not is_model(folder):
            names = ", ".join([CHAMPION, *self.names()])
            raise ValueError(f"model: expected one of {names} in {self.root}; got {name!r}")
        return read_model(folder, name)

    def names(self) -> list[str]:
        """All names, `shipped` first; also of models whose record is damaged."""
        return [SHIPPED, *sorted(path.parent.name for path in self.root.glob(f"*/{RECORD}"))]

    def models(self) -> list[Model]:
        """`shipped`, then the others in the order in which they were made."""
        first, *others = (self.get(name) for name in self.names())
        return [first, *sorted(others, key=lambda model: (model.made, model.name))]

    def lineage(self, name: str) -> list[Model]:
        """The model, its parent, the parent's parent: to the first of the line."""
        line = [self.get(name)]
        while (parent := line[-1].parent) is not None:
            line.append(self.get(parent))
        return line

    def _shipped_model(self) -> Model:
        if is_model(self._shipped):
            model = read_model(self._shipped, SHIPPED)
        else:  # as it came out of a training: nobody has written down what it was
            model = describe(self._shipped, SHIPPED, None, made="", note="comes with the code")
        path = self.root / SHIPPED_SCORES
        if path.exists():
            told = read_sealed(path)
            if told["sha256"] == model.sha256:  # else they are of what was shipped before
                model = replace(model, scores=model.scores | told["scores"])
        return model

    # --- adding ---

    def add(
        self,
        name: str,
        folder: Path,
        parent: str | None = None,
        note: str = "",
        eyes: Path | None = None,
    ) -> Model:
        """Copy the model in `folder` into the registry, and the perception in `eyes`, if it looks
        with one of its own. A kill leaves it whole or not there. ValueError if there is one of that
        name, the parent is not there, or a file is missing."""
        check_name(name)
        with self._writing():
            there = self.root / name
            if is_model(there):
                raise ValueError(f"model: expected a new name, but {there} is there")
            if parent is not None:
                parent = self.get(parent).name
            if is_model(folder):
                read_model(folder).check()
            model = describe(folder, name, parent, now(), note)
            copy_files(folder, there)
            if eyes is not None:
                copy_files(eyes, there, eyes_in(eyes))
                model = describe(there, name, parent, model.made, note)
            model = replace(model, folder=there)
            model.check()
            model.write()
        return model

    def score(self, name: str, key: str, figures: Figures) -> Model:
        """Keep what was measured of a model under a key; the same key again replaces it."""
        with self._writing():
            model = self.get(name)
            model = replace(model, scores=model.scores | {key: figures})
            if model.name == SHIPPED:
                kept = {"sha256": model.sha256, "scores": model.scores}
                write_sealed(self.root / SHIPPED_SCORES, kept)
            else:
                model.write()
            return self.get(name)

    def ship(self, name: str) -> Model:
        """Put a model where the code looks for its own. A kill in between leaves there what is
        refused until somebody ships again."""
        with self._writing():
            model = self.get(name)
            if model.name == SHIPPED:
                raise ValueError("ship: expected a model of the registry, got the shipped one")
            model.check()
            if model.own_eyes is not None:
                raise ValueError(f"ship: expected a model on the shipped eyes, {name} has its own")
            line = " <- ".join(each.name for each in self.lineage(name))
            note = f"{line}: {model.note}" if model.note else line
            copy_files(model.folder, self._shipped)
            shipped = replace(model, name=SHIPPED, folder=self._shipped, parent=None, note=note)
            shipped.write()
        return shipped

    # --- the champion ---

    def champion(self) -> str:
        """Who is champion now."""
        return self._reigns()[-1]

    def promote(self, name: str, why: str) -> str:
        """Make a model champion; nothing changes if it is. Its files are checked first."""
        with self._writing():
            model = self.get(name)
            model.check()
            if model.name != self.champion():
                self._append(Promotion(now(), model.name, why))
        return model.name

    def roll_back(self, why: str = "rolled back") -> str:
        """Make the champion before champion again; ValueError if there was none."""
        with self._writing():
            reigns = self._reigns()
            if len(reigns) < 2:
                raise ValueError(f"roll-back: expected a champion before {reigns[-1]}, got none")
            before = reigns[-2]
            self.get(before).check()
            self._append(Promotion(now(), before, why, back=True))
        return before

    def history(self) -> list[Promotion]:
        """Every promotion and roll-back, the first one first; ValueError if a line is damaged."""
        path = self.root / HISTORY
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").splitlines()
        try:
            return [Promotion(**json.loads(line)) for line in lines]
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: expected a promotion a line, got {error}") from error

    def _reigns(self) -> list[str]:
        """The champion, last, and behind it those that rolling back would bring."""
        reigns = [SHIPPED]
        for line in self.history():
            if line.back:
                reigns.pop()
            else:
                reigns.append(line.name)
        return reigns

    def _append(self, promotion: Promotion) -> None:
        lines = [*self.history(), promotion]
        text = "".join(json.dumps(asdict(line)) + "\n" for line in lines)
        write_whole(self.root / HISTORY, text.encode())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.root / LOCK, timeout=PATIENCE, is_singleton=False):
                yield
        except Timeout as error:
            raise ValueError(f"{self.root}: another process writes to this registry") from error


def check_name(name: str) -> None:
    """ValueError unless a new model may have that name: it is a folder's, and part of an agent's
    (`pilot@NAME`)."""
    if name in (SHIPPED, CHAMPION) or not _NAME.fullmatch(name):
        raise ValueError(
            f"model: expected a name of letters, digits, '.', '_' and '-', "
            f"not {SHIPPED} or {CHAMPION}; got {name!r}"
        )
