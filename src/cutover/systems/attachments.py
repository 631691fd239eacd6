"""Files that belong to rows: whether they are there, their size and their SHA-256, measured once per path."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

_FILES = pa.schema([("path", pa.string()), ("sha256", pa.string()), ("size", pa.int64())])


@dataclass(frozen=True)
class Store:
    """A folder of files; each file is read once, however often it is asked for."""

    folder: Path
    measured: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    def measure(self, paths: pa.Array) -> pa.Table:
        """Return path, sha256 and size of those of the paths that name a file below the folder.

        A path that leads out of the folder names no file.
        """
        named = paths.unique().drop_null().to_pylist()
        for path in named:
            if path not in self.measured:
                self.measured[path] = self._measure(path)
        return pa.Table.from_pylist([found for path in named if (found := self.measured[path])], _FILES)

    def _measure(self, path: str) -> dict[str, Any] | None:
        file = (self.folder / path).resolve()
        if not file.is_relative_to(self.folder.resolve()) or not file.is_file():
            return None
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"path": path, "sha256": digest, "size": file.stat().st_size}
