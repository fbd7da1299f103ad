"""The checksums of a dataset, in a file that sha256sum reads: `sha256sum -c SHA256SUMS`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from datasets.store.disk import sha256, write_whole

SUMS = Path("SHA256SUMS")


class Checksums:
    """What SHA256SUMS says; `write` and `note` add to it, `save` writes it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.of: dict[str, str] = {}  # path in the dataset -> checksum
        if (root / SUMS).exists():
            for line in (root / SUMS).read_text().splitlines():
                digest, _, name = line.partition("  ")
                self.of[name] = digest

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file of meta/, and note its checksum."""
        digest = hashlib.sha256(content).hexdigest()
        if self.of.get(path.as_posix()) != digest or not (self._root / path).exists():
            write_whole(self._root / path, content, durable=False)
            self.of[path.as_posix()] = digest

    def note(self, path: Path) -> None:
        """Note the checksum of a file that is there and never changes."""
        if path.as_posix() not in self.of and (self._root / path).exists():
            self.of[path.as_posix()] = sha256(self._root / path)

    def save(self) -> None:
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self.of.items())]
        write_whole(self._root / SUMS, "".join(lines).encode(), durable=False)
