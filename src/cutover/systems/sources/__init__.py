"""Legacy sources: one seam for databases, delimited files, workbooks and JSON."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cutover.errors import SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources.database import Database, open_database
from cutover.systems.sources.delimited import read_delimited
from cutover.systems.sources.excel import read_excel
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.fixed import read_fixed
from cutover.systems.sources.fixtures import read_json

__all__ = ["Database", "Feed", "Folder", "Legacy", "Reading", "open_legacy", "read_feed"]


@dataclass(frozen=True)
class Folder:
    """Legacy files; their instant is that of each file, which the manifest states by its hash."""

    path: Path
    instant: str = "files"

    def objects(self) -> list[str]:
        """Return the names of all files there are, folders in front."""
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file())


Legacy = Folder | Database


@contextmanager
def open_legacy(connection: Connection, *, timeout: int | None = None) -> Iterator[Legacy]:
    """Open a legacy system for reading: one consistent view of it, which nobody can write through.

    timeout: seconds that one statement may take, else those of the connection's extra `statement_timeout`, which is in
        milliseconds as for the target.

    Raises:
        InputError: the connection is of a kind we do not read. ConnectionLost: the system does not answer.
    """
    if timeout is None and connection.statement_timeout is not None:
        timeout = math.ceil(connection.statement_timeout / 1000)
    if connection.conn_type in ("fs", "file"):
        yield Folder(connection.folder)
        return
    with open_database(connection, timeout=timeout) as database:
        yield database


def read_feed(legacy: Legacy, feed: Feed) -> Reading:
    """Open a feed: its columns are known at once, its rows are read as the blocks are asked for.

    Raises:
        SourceError: the feed is not there or cannot be read as declared; the same while its blocks are read.
    """
    in_files = feed.source.file is not None
    if in_files != isinstance(legacy, Folder):
        raise SourceError(
            f"{feed.name} is {'a file' if in_files else 'a table or an extract'}, but its system is "
            f"{'a database' if in_files else 'a folder'}",
            fix="correct the connection of the system in project.yaml, or the source in the mapping",
        )
    if isinstance(legacy, Folder):
        return _read_files(feed, legacy.path)
    return legacy.read(feed)


def _read_files(feed: Feed, folder: Path) -> Reading:
    if feed.source.excel is not None:
        return read_excel(feed, folder)
    if feed.source.json_ is not None:
        return read_json(feed, folder)
    return read_fixed(feed, folder) if feed.source.fixed is not None else read_delimited(feed, folder)
