"""Database servers that are read through SQLAlchemy: one transaction, each value as the text that the server writes.

What differs between servers is a `Dialect`. It says how a transaction begins that sees one instant and writes nothing,
which types the columns of a feed have, and how a column is selected so that no driver touches its value: as text, in a
form that does not depend on settings of the server. The texts become Arrow columns here, whole columns at a time.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, FromClause, Select, column, func, literal_column, select, table, text
from sqlalchemy import Connection as Opened
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import quoted_name

from cutover.core.cleansing import per_distinct
from cutover.core.types import TEXT, DataType
from cutover.errors import ConnectionLost, CutoverError, SourceError
from cutover.systems.sources.feed import Counted, Feed, Reading, check_key, check_names, suggest_table
from cutover.systems.sources.measure import Total

_BLOCK_ROWS = 10_000
# Some servers repeat the value that they could not convert, which may be personal.
_VALUE = re.compile(r"value( containing)? '[^']*'")


@dataclass(frozen=True)
class Column:
    """A column of a feed.

    type: the type it lands with.
    selected: the expression that selects it as text.
    order: the expressions that order it by bytes, the same everywhere; none for a column that cannot be ordered.
    finish: makes the landed texts of the server's, a whole column at a time.
    summed: the expression of which the server takes the control totals; the column itself when absent.
    """

    name: str
    type: DataType
    selected: ColumnElement[Any]
    order: tuple[ColumnElement[Any], ...] = ()
    finish: Callable[[pa.Array], pa.Array] | None = None
    summed: ColumnElement[Any] | None = None


class Dialect(Protocol):
    """What differs between servers."""

    def begin(self, timeout: int | None) -> Sequence[str]:
        """Return the statements that begin a transaction; `timeout` is the seconds that a statement may take."""

    def describe(self, opened: Opened, feed: Feed) -> list[Column]:
        """Return the columns of a feed, in its order.

        Raises:
            SourceError: a column is of a type that is not exact or is not landed, and is not declared.
        """

    def tables(self, opened: Opened) -> list[str]:
        """Return the names of the tables and views there are, as a mapping may write them."""

    def is_unique(self, opened: Opened, feed: Feed) -> bool:
        """Say whether the database itself guarantees that no two rows have the feed's key."""

    def check(self, opened: Opened, feed: Feed, columns: Sequence[Column]) -> dict[str, int]:
        """Return what is suspicious about a feed before it is read, counted by what it is.

        Raises:
            SourceError: the server cannot deliver a text as it is stored.
        """

    def warnings(self, opened: Opened) -> dict[str, int]:
        """Return what the server warned of while it ran the last statement, counted by what it is."""

    def explain(self, feed: Feed, error: DBAPIError) -> CutoverError | None:
        """Return the error that tells what a server refused, None when nothing more is known than its message."""

    def abandon(self, opened: Opened) -> None:
        """Close a session in whose middle something failed, without reading the rows that are still to come."""


def has_key_within(indexes: Iterable[tuple[Any, str, bool]], key: Sequence[str]) -> bool:
    """Say whether one of the unique indexes lies within a key.

    indexes: the index, a column of it, and whether that column makes it a promise: no null, and all of its value.
    """
    within: dict[Any, bool] = {}
    for index, name, promises in indexes:
        within[index] = within.get(index, True) and promises and name in key
    return any(within.values())


def itself_of(name: str) -> ColumnElement[Any]:
    """Return the expression of a column, by its exact name."""
    return column(quoted_name(name, True))


def relation(feed: Feed) -> FromClause:
    """Return the table or the extract of a feed, named `feed`."""
    if feed.source.table is not None:
        schema, _, name = feed.source.table.rpartition(".")
        return table(quoted_name(name, True), schema=quoted_name(schema, True) if schema else None).alias("feed")
    # On lines of its own, since an extract may end with a comment.
    escaped = (feed.sql or "").rstrip().rstrip(";").replace(":", r"\:")
    return text(f"\n{escaped}\n").columns().subquery("feed")


def everything(feed: Feed) -> Select[Any]:
    """Return the query for all columns of a feed and none of its rows."""
    return select(literal_column("*")).select_from(relation(feed)).where(literal_column("1") == literal_column("0"))


def rows_statement(feed: Feed, columns: Sequence[Column], *, unique: bool) -> Select[Any]:
    """Return the query for the rows of a feed, in an order that never changes.

    unique: the key names a row, so that nothing has to follow it; else rows with the same key are ordered by the rest.
    """
    by_name = {each.name: each for each in columns}
    behind = [] if unique else [each for each in columns if each.name not in feed.source.key]
    order = [term for each in [*(by_name[name] for name in feed.source.key), *behind] for term in each.order]
    selected = [each.selected.label(f"c{index}") for index, each in enumerate(columns)]
    return select(*selected).select_from(relation(feed)).order_by(*order)


def count_statement(feed: Feed, columns: Sequence[Column]) -> Select[Any, *tuple[Any, ...]]:
    """Return the query for the number of rows, and for sum, minimum and maximum of each numeric column."""
    figures = [
        function(itself_of(each.name) if each.summed is None else each.summed)
        for each in summed(columns)
        for function in (func.sum, func.min, func.max)
    ]
    labelled = [figure.label(f"f{index}") for index, figure in enumerate(figures)]
    return select(func.count().label("total_rows"), *labelled).select_from(relation(feed))


def summed(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that have control totals."""
    return [each for each in columns if each.type.name in ("integer", "decimal")]


def write_shortest(*, single: bool) -> Callable[[pa.Array], pa.Array]:
    """Return what writes floats, given with all their digits, as the shortest decimals that read back as the same.

    single: they are single floats, which hold about seven digits, not sixteen.
    """

    def write(value: str) -> str:
        shortest = str(np.float32(value)) if single else repr(float(value))
        return format(Decimal(shortest), "f").removesuffix(".0")

    return lambda texts: per_distinct(write, texts)


@dataclass(frozen=True)
class Relational:
    """One transaction of a database server."""

    connection: Opened
    dialect: Dialect
    instant: str

    def read(self, feed: Feed) -> Reading:
        """Open a feed.

        Raises:
            SourceError: no such table, a column that is not exact or binary and not declared; and, while the blocks
                are read, no such key column, or a text that the server cannot deliver as it is stored.
            ConnectionLost: the server is gone.
        """
        notes: dict[str, int] = {}
        with self._explained(feed):
            columns = self.dialect.describe(self.connection, feed)
            check_names(feed, [each.name for each in columns])
        schema = pa.schema([(each.name, each.type.arrow) for each in columns])
        blocks = self._blocks(feed, columns, schema, notes)
        return Reading(schema, blocks, lambda: self._count(feed, columns), notes=notes)

    def objects(self) -> list[str]:
        """Return the names of all tables and views there are, as a mapping may write them."""
        return sorted(self.dialect.tables(self.connection))

    def _count(self, feed: Feed, columns: Sequence[Column]) -> Counted:
        with self._explained(feed):
            rows, *figures = self.connection.execute(count_statement(feed, columns)).one()
        numbers = [Decimal(str(figure)) if figure is not None else None for figure in figures]
        triples = zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=True)
        totals = {
            each.name: Total(total or Decimal(0), minimum, maximum)
            for each, (total, minimum, maximum) in zip(summed(columns), triples, strict=True)
        }
        return Counted(int(rows), totals)

    def _blocks(
        self, feed: Feed, columns: Sequence[Column], schema: pa.Schema, notes: dict[str, int]
    ) -> Iterator[pa.Table]:
        check_key(feed, schema.names)
        with self._explained(feed):
            notes.update(self.dialect.check(self.connection, feed, columns))
            statement = rows_statement(feed, columns, unique=self.dialect.is_unique(self.connection, feed))
            streaming = {"stream_results": True, "max_row_buffer": _BLOCK_ROWS}
            result = self.connection.execute(statement, execution_options=streaming)
            for rows in result.partitions(_BLOCK_ROWS):
                cells = zip(*rows, strict=True)
                yield pa.table([_land(feed, *pair) for pair in zip(columns, cells, strict=True)], schema)
            notes.update(self.dialect.warnings(self.connection))

    @contextmanager
    def _explained(self, feed: Feed) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if error.connection_invalidated:
                raise ConnectionLost(
                    f"the legacy database was lost while {feed.name} was read: {one_line(error)}",
                    fix="run land again",
                ) from None
            known = self.dialect.explain(feed, error)
            if known is None and not self._is_there(feed):
                there = suggest_table(feed, self.dialect.tables(self.connection))
                known = SourceError(f"{feed.name}: there is no table {feed.source.table!r}", fix=there)
            raise known or SourceError(
                f"{feed.name}: {one_line(error)}", fix="correct the table or the extract"
            ) from None

    def _is_there(self, feed: Feed) -> bool:
        return feed.source.table is None or feed.source.table in self.dialect.tables(self.connection)


def told(error: DBAPIError) -> tuple[Any, ...]:
    """Return what a server said: mostly its number and its message."""
    arguments = tuple(getattr(error.orig, "args", ()) or (error.orig,))
    return arguments[0] if isinstance(arguments[0], tuple) else arguments


def one_line(error: DBAPIError) -> str:
    """Return what a server said in one line of at most 200 characters, without the value that it could not read."""
    parts = [part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in told(error)]
    return _VALUE.sub("value", " ".join(" ".join(parts).split()))[:200] or type(error.orig).__name__


def _land(feed: Feed, each: Column, cells: tuple[str | None, ...]) -> pa.Array:
    texts = pa.array(cells, pa.string())
    if each.finish is not None:
        texts = each.finish(texts)
    try:
        return texts if each.type == TEXT else texts.cast(each.type.arrow)
    except pa.ArrowInvalid:
        # Arrow repeats the value, which may be personal: only the column is named.
        raise SourceError(
            f"{feed.name}: column {each.name!r} holds a value that is no {each.type}",
            fix="convert such values by an extract",
        ) from None
