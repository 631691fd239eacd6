"""SQLite as legacy: one read transaction of a file that is opened read-only, each value as its exact text.

SQLite types values, not columns. A text in a numeric column is landed as it is found, and typed after cleansing, where
a row that holds no value of the declared type is rejected under its key. A number lands as the shortest decimal that
reads back as the same number; what no text can carry (bytes, infinity, text in another encoding) is refused under the
row's key.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection as Opened
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError, OperationalError

from cutover.errors import ConnectionLost, InputError, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources.exact import exact_text
from cutover.systems.sources.feed import Counted, Feed, Reading, check_key, check_names, suggest_table
from cutover.systems.sources.relational import everything, itself_of, one_line, relation

_BLOCK_ROWS = 10_000
_TABLES = "select name from sqlite_master where type in ('table', 'view')"
# A decimal of so many digits goes through a double and comes back as it was; one of more may not.
_FAITHFUL_DIGITS = 15
_UNFAITHFUL = "numbers of 16 digits or more, which a float may have changed"


@contextmanager
def open_sqlite(connection: Connection) -> Iterator["Sqlite"]:
    """Open one read transaction.

    Raises:
        InputError: the file is not there. ConnectionLost: the file cannot be read.
    """
    path = Path(connection.url.database or "")
    if not path.is_file():
        raise InputError(
            f"connection {connection.conn_id!r} names no SQLite file",
            fix="correct the path in its host or schema",
        )
    engine = create_engine("sqlite://", creator=lambda: _connect(path))
    try:
        with engine.connect() as opened:
            opened.exec_driver_sql("begin")
            _check_is_database(connection, opened)
            yield Sqlite(opened, _instant(path))
    except OperationalError as error:
        raise ConnectionLost(
            f"the SQLite file of connection {connection.conn_id!r} cannot be read: {error.orig}", fix="run land again"
        ) from None
    finally:
        engine.dispose()


def _check_is_database(connection: Connection, opened: Opened) -> None:
    try:
        opened.exec_driver_sql("select count(*) from sqlite_master")
    except DBAPIError as error:
        if isinstance(error, OperationalError):
            raise
        raise InputError(
            f"connection {connection.conn_id!r} cannot be read as SQLite: {error.orig}",
            fix="correct the path in its host or schema, or restore the file",
        ) from None


def _connect(path: Path) -> sqlite3.Connection:
    # Without an isolation level Python leaves BEGIN to us; with mode=ro SQLite itself refuses to write.
    address = f"{path.absolute().as_uri()}?mode=ro"
    opened = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    # A text that is no UTF-8 is kept apart, to be refused under its row's key.
    opened.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return opened


def _instant(path: Path) -> str:
    files = [path, path.with_name(f"{path.name}-wal")]
    return " ".join(f"{stat.st_size}:{stat.st_mtime_ns}" for file in files if file.exists() and (stat := file.stat()))


@dataclass(frozen=True)
class Sqlite:
    """One read transaction of a SQLite file."""

    connection: Opened
    instant: str

    def read(self, feed: Feed) -> Reading:
        """Open a feed.

        Raises:
            SourceError: no such table; and, while the blocks are read, no such key column, or a value that no text
                carries, under its row's key.
        """
        notes: dict[str, int] = {}
        with _explained(feed):
            self._check_table(feed)
            names = list(self.connection.execute(everything(feed)).keys())
        check_names(feed, names)
        schema = pa.schema([(name, pa.string()) for name in names])
        return Reading(schema, self._blocks(feed, schema, notes), lambda: self._count(feed), notes=notes)

    def objects(self) -> list[str]:
        """Return the names of all tables and views there are."""
        return sorted(self.connection.exec_driver_sql(_TABLES).scalars())

    def _count(self, feed: Feed) -> Counted:
        with _explained(feed):
            return Counted(self.connection.execute(select(func.count()).select_from(relation(feed))).scalar_one())

    def _check_table(self, feed: Feed) -> None:
        if feed.source.table is None:
            return
        there = self.objects()
        if feed.source.table.rpartition(".")[2] not in there:
            raise SourceError(f"{feed.name}: there is no table {feed.source.table!r}", fix=suggest_table(feed, there))

    def _blocks(self, feed: Feed, schema: pa.Schema, notes: dict[str, int]) -> Iterator[pa.Table]:
        check_key(feed, schema.names)
        # Behind the key all other columns: rows with the same key need an order of their own.
        names = [*feed.source.key, *(name for name in schema.names if name not in feed.source.key)]
        statement = (
            select(*[itself_of(name) for name in schema.names])
            .select_from(relation(feed))
            .order_by(*[itself_of(name).collate("BINARY") for name in names])
        )
        with _explained(feed):
            result = self.connection.execution_options(stream_results=True).execute(statement)
            for rows in result.partitions(_BLOCK_ROWS):
                yield _table(feed, schema, rows, notes)


@contextmanager
def _explained(feed: Feed) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise SourceError(f"{feed.name}: {one_line(error)}", fix="correct the table or the extract") from None


def _table(feed: Feed, schema: pa.Schema, rows: Sequence[Any], notes: dict[str, int]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    arrays = []
    for name, values in zip(schema.names, columns, strict=True):
        try:
            arrays.append(_texts(name, values, notes))
        except ValueError:
            place = next(index for index, value in enumerate(values) if _problem(value))
            keys = "|".join(str(exact_text(columns[schema.names.index(key)][place])) for key in feed.source.key)
            raise SourceError(
                f"{feed.name}: column {name!r} holds {_problem(values[place])} in the row with the key {keys!r}",
                fix="mend it there, or leave it out or convert it in an extract, such as by hex(...)",
            ) from None
    return pa.table(arrays, schema)


def _texts(name: str, values: tuple[Any, ...], notes: dict[str, int]) -> pa.Array:
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if kinds == {int}:
        return pa.array(values, pa.int64()).cast(pa.string())
    floats = Counter(value for value in values if type(value) is float)
    if bytes in kinds or not all(map(isfinite, floats)):
        raise ValueError
    changed = sum(count for value, count in floats.items() if not _is_faithful(value))
    if changed:
        notes[f"{name}: {_UNFAITHFUL}"] = notes.get(f"{name}: {_UNFAITHFUL}", 0) + changed
    # Of equal numbers one text: 2 and 2.0, 0.0 and -0.0.
    written = {value: "0" if value == 0 else exact_text(value) for value in set(values)}
    return pa.array([written[value] for value in values], pa.string())


def _is_faithful(value: float) -> bool:
    # Of a whole number beyond 2^53, such as an identifier that went through a float, the last digits may be others.
    digits = len(Decimal(repr(value)).normalize().as_tuple().digits)
    return digits <= _FAITHFUL_DIGITS and abs(value) < 2**53


def _problem(value: Any) -> str | None:
    """Return what no text can carry in a value, None when there is nothing."""
    if isinstance(value, bytes):
        return "binary data, which is not landed,"
    if isinstance(value, float) and not isfinite(value):
        return "an infinite number"
    if isinstance(value, str) and not value.isprintable() and any("\ud800" <= char <= "\udfff" for char in value):
        return "a text that is not in the database's own encoding"
    return None
