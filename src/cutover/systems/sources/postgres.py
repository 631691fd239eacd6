"""PostgreSQL as legacy: COPY out of one repeatable-read, read-only transaction, typed exactly as declared."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal

import psycopg2
import pyarrow as pa
import pyarrow.csv as pacsv
from psycopg2 import errors, sql
from psycopg2.extensions import connection as PostgresConnection

from cutover.core.types import type_of
from cutover.errors import ConnectionLost, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources.copying import copy_out
from cutover.systems.sources.feed import (
    Counted,
    Feed,
    Reading,
    check_key,
    check_names,
    suggest_table,
)
from cutover.systems.sources.measure import Total
from cutover.systems.sources.postgres_types import Column, column_of

_SETTINGS = """
    set local time zone 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601';
    set local extra_float_digits = 1; set local client_encoding = 'UTF8'; set local lc_monetary = 'C';
    set local row_security = off
"""
_TABLES = """
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'p', 'f')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""
_UNIQUE = """
    select array_agg(a.attname::text) from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = to_regclass(%s) and i.indisunique and i.indisvalid
      and i.indpred is null and i.indexprs is null
    group by i.indexrelid having bool_and(a.attnotnull)
"""


@contextmanager
def open_postgres(connection: Connection, timeout: int | None) -> Iterator["Postgres"]:
    """Open one repeatable-read, read-only transaction.

    Raises:
        ConnectionLost: the database does not answer, or refuses the login.
    """
    try:
        opened = psycopg2.connect(
            host=connection.host,
            port=connection.port,
            user=connection.login,
            password=connection.password,
            dbname=connection.schema,
            application_name="cutover land",
            connect_timeout=10,
        )
    except psycopg2.OperationalError as error:
        raise ConnectionLost(
            f"legacy database of connection {connection.conn_id!r} cannot be opened: {_first_line(error)}",
            fix="check the connection's host, port, login and password, and that the database is up",
        ) from None
    with closing(opened):
        opened.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with opened.cursor() as cursor:
            cursor.execute(_SETTINGS)
            cursor.execute("set local statement_timeout = %s", [(timeout or 0) * 1000])
            cursor.execute("select pg_current_snapshot()::text || ' of ' || current_database()")
            (instant,) = cursor.fetchone() or ("",)
        yield Postgres(opened, instant)


@dataclass(frozen=True)
class Postgres:
    """One transaction of a PostgreSQL database."""

    connection: PostgresConnection
    instant: str

    def read(self, feed: Feed) -> Reading:
        """Open a feed.

        Raises:
            SourceError: no such table, a column of a type that we do not carry, or no right to read it; and,
                while the blocks are read, a value that its type cannot hold (infinity, NaN).
        """
        with self._explained(feed):
            columns = self._describe(feed)
        schema = pa.schema([(column.name, column.type.arrow) for column in columns])
        return Reading(schema, self._blocks(feed, columns, schema), lambda: self._count(feed, columns))

    def objects(self) -> list[str]:
        """Return the names of all tables and views there are, each behind its schema."""
        with self.connection.cursor() as cursor:
            cursor.execute(_TABLES)
            return sorted(name for (name,) in cursor.fetchall())

    def _describe(self, feed: Feed) -> list[Column]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql.SQL("select * from {} limit 0").format(_relation(feed)))
            description = cursor.description or ()
        columns = [column_of(feed, item) for item in description]
        check_names(feed, [column.name for column in columns])
        return columns

    def _count(self, feed: Feed, columns: list[Column]) -> Counted:
        numeric = [column for column in columns if column.type.name in ("integer", "decimal")]
        sums = [
            sql.SQL("{}({})::text").format(sql.SQL(function), column.selected)
            for column in numeric
            for function in ("sum", "min", "max")
        ]
        terms = sql.SQL(", ").join([sql.SQL("count(*)"), *sums])
        with self._explained(feed), self.connection.cursor() as cursor:
            cursor.execute(sql.SQL("select {} from {}").format(terms, _relation(feed)))
            rows, *figures = cursor.fetchone() or (0,)
        numbers = [Decimal(figure) if figure is not None else None for figure in figures]
        triples = zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=True)
        totals = {
            column.name: Total(total or Decimal(0), minimum, maximum)
            for column, (total, minimum, maximum) in zip(numeric, triples, strict=True)
        }
        return Counted(rows, totals)

    def _order(self, feed: Feed, columns: list[Column]) -> sql.Composable:
        types = {column.name: column for column in columns}
        terms: list[sql.Composable] = [
            sql.SQL('{} collate "C"' if types[name].type.name == "text" else "{}").format(types[name].selected)
            for name in feed.source.key
        ]
        if not self._is_unique(feed):
            # Rows with the same key need an order of their own, or the snapshot would depend on chance.
            terms.append(sql.SQL('(feed.*)::text collate "C"'))
        return sql.SQL(", ").join(terms)

    def _is_unique(self, feed: Feed) -> bool:
        if feed.source.table is None:
            return False
        with self.connection.cursor() as cursor:
            cursor.execute(_UNIQUE, [_identifier(feed.source.table).as_string(self.connection)])
            return any(set(columns) <= set(feed.source.key) for (columns,) in cursor.fetchall())

    def _blocks(self, feed: Feed, columns: list[Column], schema: pa.Schema) -> Iterator[pa.Table]:
        check_key(feed, schema.names)
        selected = sql.SQL(", ").join(column.selected for column in columns)
        with self._explained(feed):
            statement = sql.SQL("copy (select {} from {} order by {}) to stdout (format csv)").format(
                selected, _relation(feed), self._order(feed, columns)
            )
            for block in copy_out(self.connection, statement.as_string(self.connection)):
                yield _parse(feed, block, schema)

    @contextmanager
    def _explained(self, feed: Feed) -> Iterator[None]:
        try:
            yield
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            # The failed statement ended the transaction; nothing of it was landed.
            self.connection.rollback()
            raise SourceError(f"{feed.name}: {_first_line(error)}", fix=self._nearest(feed)) from None
        except errors.InsufficientPrivilege as error:
            raise SourceError(f"{feed.name}: {_first_line(error)}", fix=_GRANT) from None
        except errors.QueryCanceled:
            raise SourceError(
                f"{feed.name} could not be read in the time that one statement may take",
                fix="raise the statement timeout, or read less by an extract",
            ) from None
        except (
            errors.DataError,
            errors.ProgrammingError,
            errors.InternalError,
            errors.NotSupportedError,
            errors.ProgramLimitExceeded,
            errors.TooManyColumns,
        ) as error:
            raise SourceError(f"{feed.name}: {_first_line(error)}", fix="correct the table or the extract") from None
        except psycopg2.OperationalError as error:
            raise ConnectionLost(
                f"the legacy database was lost while {feed.name} was read: {_first_line(error)}",
                fix="run land again",
            ) from None

    def _nearest(self, feed: Feed) -> str:
        names = self.objects()
        return suggest_table(feed, sorted({*names, *(name.removeprefix("public.") for name in names)}))


def _first_line(error: psycopg2.Error) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _relation(feed: Feed) -> sql.Composable:
    if feed.source.table is not None:
        return sql.SQL("{} as feed").format(_identifier(feed.source.table))
    # On lines of its own, since an extract may end with a comment.
    return sql.SQL("(\n{}\n) as feed").format(sql.SQL((feed.sql or "").rstrip().rstrip(";")))


def _parse(feed: Feed, block: bytes, schema: pa.Schema) -> pa.Table:
    try:
        return pacsv.read_csv(
            pa.BufferReader(block),
            read_options=pacsv.ReadOptions(column_names=schema.names, block_size=len(block) + 1),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pacsv.ConvertOptions(
                column_types={field.name: field.type for field in schema},
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
            ),
        )
    except pa.ArrowInvalid as error:
        raise SourceError(f"{feed.name}: {_unreadable(error, schema)}", fix=_CONVERT) from None


_CONVERT = (
    "declare a date or a number `text` in source.columns, so that a rule decides about such values (infinity, NaN, "
    "years before 1 and after 9999); convert others by an extract"
)
_GRANT = "grant select to the reading role; where policies hide rows of a table from it, also bypassrls"


def _unreadable(error: pa.ArrowInvalid, schema: pa.Schema) -> str:
    # Arrow repeats the value, which may be personal: only the column is named.
    match = re.search(r"column #(\d+)", str(error))
    if match is None:
        return "the rows are not readable; the database may hold text that is not in its own encoding"
    column = schema.field(int(match[1]))
    return f"column {column.name!r} holds a value that is no {type_of(column.type)}"
