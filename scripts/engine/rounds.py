"""Where a round of the data engine keeps what it makes, and what has been decided in it.

    OUT/round-1/begun.json    the champion and the settings it began with
               /driven        dataset: the champion's drives
               /kept          dataset: the clips worth keeping; kept.json says why each
               /trained       the training run, and the challenger's weights
               /decision.json promoted or not, and why
               /index.html    all of it for a person
    OUT/driven-for-proof      what either has driven, by model

What is there is not made again: a killed round goes on with the first thing that is missing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.store.disk import write_whole


@dataclass(frozen=True, slots=True)
class Round:
    """One round, by its number from 1 on."""

    out: Path
    number: int

    @property
    def folder(self) -> Path:
        return self.out / f"round-{self.number}"

    @property
    def driven(self) -> Path:
        return self.folder / "driven"

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    @property
    def trained(self) -> Path:
        return self.folder / "trained"

    @property
    def page(self) -> Path:
        return self.folder / "index.html"

    @property
    def proofs(self) -> Path:
        return self.out / "driven-for-proof"

    def read(self, name: str) -> Any:
        """What a finished step wrote as NAME.json; None where it is not finished."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def write(self, name: str, content: Any) -> None:
        """A file that is whole or absent."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, indent=1, allow_nan=False)
        write_whole(self.folder / f"{name}.json", text.encode())

    def begin(self, champion: str, settings: Any) -> str:
        """The champion that this round began with; ValueError where it began with other settings,
        since half a round made with each would be of neither."""
        settings = json.loads(json.dumps(settings, default=str))  # as it will be read back
        begun = self.read("begun")
        if begun is None:
            self.write("begun", {"champion": champion, "settings": settings})
            return champion
        if begun["settings"] != settings:
            was = begun["settings"]
            changed = sorted(name for name in was | settings if was.get(name) != settings.get(name))
            raise ValueError(
                f"{self.folder}: expected the settings that it began with, got others in "
                f"{', '.join(changed)}; use another --out"
            )
        return str(begun["champion"])
