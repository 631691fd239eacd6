"""Databases without a way of their own: read through SQLAlchemy, every value as its exact text.

SQLite types values, not columns: a text in a numeric column is landed as it is found, and typed
after cleansing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
from sqlalchemy import Connection as Opened
from sqlalchemy import (
    Engine,
    Select,
    column,
    create_engine,
    func,
    inspect,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError

from cutover.errors import ConnectionLost, InputError, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources.exact import exact_text
from cutover.systems.sources.feed import Counted, Feed, Reading, check_key, check_names, suggest_table

_BLOCK_ROWS = 10_000
# How each engine begins a transaction that sees one instant and cannot write.
_BEGIN = {
    "sqlite": ("begin", "select count(*) from sqlite_master"),
    "mysql": (
        "set session transaction isolation level repeatable read",
        "start transaction with consistent snapshot, read only",
    ),
    "oracle": ("set transaction read only",),
    "mssql": ("set transaction isolation level snapshot",),
}


@contextmanager
def open_generic(connection: Connection) -> Iterator["Generic"]:
    """Open one read-only transaction.

    Raises:
        InputError: the driver is not installed, or the SQLite file is not there. ConnectionLost: no answer.
    """
    try:
        engine = _engine(connection)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise InputError(
            f"connection {connection.conn_id!r} needs a driver: {error}", fix="install its extra"
        ) from None
    try:
        with engine.connect() as opened:
            for statement in _BEGIN[engine.dialect.name]:
                opened.exec_driver_sql(statement)
            yield Generic(opened, _instant(connection))
    except OperationalError as error:
        raise ConnectionLost(
            f"the legacy database of connection {connection.conn_id!r} was lost: {error.orig}",
            fix="run land again",
        ) from None
    finally:
        engine.dispose()


def _engine(connection: Connection) -> Engine:
    if connection.conn_type != "sqlite":
        return create_engine(connection.url)
    path = Path(connection.url.database or "")
    if not path.is_file():
        raise InputError(
            f"connection {connection.conn_id!r} names no SQLite file",
            fix="correct the path in its host or schema",
        )
    address = f"{path.absolute().as_uri()}?mode=ro"
    # Without an isolation level Python leaves BEGIN to us; with mode=ro SQLite itself refuses to write.
    return create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False),
    )


def _instant(connection: Connection) -> str:
    if connection.conn_type != "sqlite":
        # We know no way to compare two instants of such a database: none equals another.
        return uuid4().hex
    path = Path(connection.url.database or "")
    files = [path, path.with_name(f"{path.name}-wal")]
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for file in files if file.exists() and (stat := file.stat()))


@dataclass(frozen=True)
class Generic:
    """One transaction of a database."""

    connection: Opened
    instant: str

    def read(self, feed: Feed) -> Reading:
        """Open a feed.

        Raises:
            SourceError: no such table; and, while the blocks are read, no such key column, a binary value or
                a text that is not in the database's own encoding.
        """
        names = self._describe(feed)
        schema = pa.schema([(name, pa.string()) for name in names])
        return Reading(schema, self._blocks(feed, schema), lambda: self._count(feed))

    def _count(self, feed: Feed) -> Counted:
        with _explained(feed):
            return Counted(self.connection.execute(select(func.count()).select_from(_relation(feed))).scalar_one())

    def _describe(self, feed: Feed) -> list[str]:
        self._check_table(feed)
        with _explained(feed):
            names = list(self.connection.execute(_everything(feed).limit(0)).keys())
        check_names(feed, names)
        return names

    def _check_table(self, feed: Feed) -> None:
        if feed.source.table is None:
            return
        inspector = inspect(self.connection)
        schema, _, name = feed.source.table.rpartition(".")
        there = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        if name not in there:
            raise SourceError(f"{feed.name}: there is no table {feed.source.table!r}", fix=suggest_table(feed, there))

    def _blocks(self, feed: Feed, schema: pa.Schema) -> Iterator[pa.Table]:
        check_key(feed, schema.names)
        collation = {"sqlite": "BINARY"}.get(self.connection.dialect.name)
        names = [*feed.source.key, *(name for name in schema.names if name not in feed.source.key)]
        # Behind the key all other columns: rows with the same key need an order of their own.
        order = [column(name).collate(collation) if collation else column(name) for name in names]
        selected: list[Any] = [column(name) for name in schema.names]
        statement: Select[Any] = select(*selected).select_from(_relation(feed)).order_by(*order)
        with _explained(feed):
            result = self.connection.execution_options(stream_results=True).execute(statement)
            for rows in result.partitions(_BLOCK_ROWS):
                columns = zip(*rows, strict=True)
                arrays = [_texts(feed, name, values) for name, values in zip(schema.names, columns, strict=True)]
                yield pa.table(arrays, schema)


def _relation(feed: Feed) -> Any:
    if feed.source.table is not None:
        schema, _, name = feed.source.table.rpartition(".")
        return table(name, schema=schema or None)
    escaped = (feed.sql or "").rstrip().rstrip(";").replace(":", r"\:")
    return text(f"(\n{escaped}\n) as feed")


def _everything(feed: Feed) -> Select[Any]:
    return select(literal_column("*")).select_from(_relation(feed))


def _texts(feed: Feed, name: str, values: Any) -> pa.Array:
    try:
        return pa.array([exact_text(value) for value in values], pa.string())
    except TypeError:
        raise SourceError(
            f"{feed.name}: column {name!r} holds binary data, which is not landed",
            fix="leave it out: read the table by an extract in sql/ that selects the other columns",
        ) from None


@contextmanager
def _explained(feed: Feed) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        problem = str(error.orig).splitlines()[0]
        if "Could not decode" in problem:
            # The driver repeats the text, which may be personal.
            problem = "a text is not in the database's own encoding"
        raise SourceError(
            f"{feed.name}: {problem}", fix="correct the table or the extract, or mend the text there"
        ) from None
