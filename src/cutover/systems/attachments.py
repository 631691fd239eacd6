"""Files that belong to rows: whether they are there, their size and their SHA-256, measured once per path."""

import hashlib
from pathlib import Path

import pyarrow as pa

_FILES = pa.schema([("path", pa.string()), ("sha256", pa.string()), ("size", pa.int64())])


def measure_files(folder: Path, paths: pa.Array) -> pa.Table:
    """Return path, sha256 and size of those of the paths that name a file below the folder.

    A path that leads out of the folder names no file.
    """
    found = []
    for path in paths.unique().drop_null().to_pylist():
        file = (folder / path).resolve()
        if file.is_relative_to(folder.resolve()) and file.is_file():
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found.append({"path": path, "sha256": digest, "size": file.stat().st_size})
    return pa.Table.from_pylist(
        found, pa.schema([("path", pa.string()), ("sha256", pa.string()), ("size", pa.int64())])
    )
