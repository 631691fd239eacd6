"""MySQL and MariaDB as legacy: one read-only transaction with a consistent snapshot, text as the server writes it.

integers, tinyint(1)                                  integer: a tinyint(1) is a number, not a boolean
bigint unsigned                                       decimal(20,0), which holds all of it
decimal(p,s)                                          as it is; wider than 38 digits: text, exact
float, double                                         refused, unless declared: then its shortest text
bit(n)                                                text of n binary digits
zerofill, year                                        text as the server shows it, with its zeros
date, datetime, time                                  text as it is stored: 0000-00-00 is a date here
timestamp                                             text in UTC with +00:00, unless it is 0000-00-00 00:00:00
binary, blob, geometry                                refused, unless declared as text: then hexadecimal
everything else (char, text, enum, set, json)         text in Unicode; refused where that would lose a character
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection as Opened
from sqlalchemy import Engine, cast, create_engine, func, literal_column, select, text
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError

from cutover.core.types import TEXT, DataType
from cutover.errors import CutoverError, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources.feed import Feed, refuse_binary, refuse_inexact
from cutover.systems.sources.relational import (
    Column,
    everything,
    has_key_within,
    itself_of,
    one_line,
    relation,
    told,
    write_shortest,
)

# What an extract may not depend on, and what would shorten a result without a word.
_SETTINGS = """
    set session time_zone = '+00:00', lc_time_names = 'en_US', sql_select_limit = 18446744073709551615,
        sql_big_selects = 1, group_concat_max_len = 16777216, net_write_timeout = 3600,
        character_set_results = utf8mb4
"""
# Groups must be exact (no row of a group is picked at random); everything else is the plain default.
_SQL_MODE = "ONLY_FULL_GROUP_BY"
_TABLES = """
    select if(table_schema = database(), table_name, concat(table_schema, '.', table_name))
    from information_schema.tables
    where table_schema not in ('information_schema', 'mysql', 'performance_schema', 'sys')
"""
_ENGINE = """
    select engine from information_schema.tables
    where table_schema = coalesce(:schema, database()) and table_name = :name and engine is not null
"""
_INVISIBLE = """
    select column_name from information_schema.columns
    where table_schema = coalesce(:schema, database()) and table_name = :name and extra like '%INVISIBLE%'
"""
_UNIQUE = """
    select index_name, column_name, nullable = '' and sub_part is null from information_schema.statistics
    where table_schema = coalesce(:schema, database()) and table_name = :name and non_unique = 0
"""
# The engines whose tables a consistent snapshot covers.
_TRANSACTIONAL = ("InnoDB", "RocksDB", "TokuDB", "ndbcluster")
# Every stored byte sequence of these has one character, and back: nothing is lost on the way to Unicode.
_LOSSLESS = ("utf8mb4", "utf8mb3", "utf8", "latin1", "ucs2", "utf16", "utf16le", "utf32", "binary")
_UNSIGNED, _ZEROFILL = 32, 64
_BINARY_CHARSET = 63
_INTEGERS = (1, 2, 3, 9)
_BIGINT, _FLOAT, _DOUBLE, _TIMESTAMP, _BIT, _JSON = 8, 4, 5, 7, 16, 245
# Vectors and geometries.
_ALWAYS_BINARY = (242, 255)
_DECIMALS, _TEXTS = (0, 246), (15, 249, 250, 251, 252, 253, 254)
_DATETIME = 12
# A sort compares no more bytes of a value than this (max_sort_length).
_COMPARED = 1024


def connect_mysql(connection: Connection, _: int | None) -> Engine:
    """Return an engine whose sessions deliver every value as the text that the server sends.

    Of the connection's extra, `ssl` (a dictionary with ca, cert and key) and `unix_socket` are used, as Airflow does.
    """
    from pymysql.converters import conversions

    # Only what turns our parameters into SQL; whatever would turn a value into a Python object is left out.
    parameters = {kind: convert for kind, convert in conversions.items() if not isinstance(kind, int)}
    arguments = {"charset": "utf8mb4", "conv": parameters, "sql_mode": _SQL_MODE, "connect_timeout": 10}
    given = {name: connection.extra[name] for name in ("ssl", "unix_socket") if name in connection.extra}
    return create_engine(connection.url, connect_args=arguments | given)


@dataclass(frozen=True)
class MySql:
    """The dialect of MySQL and MariaDB."""

    is_mariadb: bool

    def begin(self, timeout: int | None) -> Sequence[str]:
        """Return the statements that begin a transaction; `timeout` is the seconds that a statement may take."""
        limit = f"max_statement_time = {timeout or 0}" if self.is_mariadb else f"max_execution_time = {timeout or 0}000"
        return (
            _SETTINGS,
            f"set session {limit}",
            # Of the session, so that a statement that commits on its own (drop, truncate) finds no way either.
            "set session transaction isolation level repeatable read, read only",
            "start transaction with consistent snapshot, read only",
        )

    def describe(self, opened: Opened, feed: Feed) -> list[Column]:
        """Return the columns of a feed, in its order.

        Raises:
            SourceError: a column is not exact or binary, and is not declared.
        """
        result = opened.execute(everything(feed))
        # The flags (unsigned, zerofill) and the character set are not in the description of the DBAPI.
        fields = result.cursor._result.fields
        result.close()
        return [_column(feed, each) for each in fields]

    def tables(self, opened: Opened) -> list[str]:
        """Return the names of the tables and views there are, those of other databases behind their name."""
        return list(opened.execute(text(_TABLES)).scalars())

    def is_unique(self, opened: Opened, feed: Feed) -> bool:
        """Say whether a unique index without nulls and prefixes lies within the feed's key."""
        if feed.source.table is None:
            return False
        indexes = opened.execute(text(_UNIQUE), _place(feed))
        return has_key_within(((index, name, whole == "1") for index, name, whole in indexes), feed.source.key)

    def check(self, opened: Opened, feed: Feed, columns: Sequence[Column]) -> dict[str, int]:
        """Return notes on a table that the snapshot does not cover, and on columns that only an extract can select.

        Raises:
            SourceError: a text in an old character set has no Unicode, or another one than it would come back from.
        """
        texts = [each for each in columns if each.type == TEXT and each.finish is None]
        _check_characters(opened, feed, [each.name for each in texts])
        if feed.source.table is None:
            return {}
        engines = opened.execute(text(_ENGINE), _place(feed)).scalars().all()
        hidden = opened.execute(text(_INVISIBLE), _place(feed)).scalars().all()
        notes = {f"engine {each} keeps no snapshot": 1 for each in engines if each not in _TRANSACTIONAL}
        return notes | {f"{name}: an invisible column, not landed; name it in an extract": 1 for name in hidden}

    def warnings(self, opened: Opened) -> dict[str, int]:
        """Return the warnings of the last statement by their number; their messages may hold values."""
        numbers = {number for level, number, _ in opened.execute(text("show warnings")) if level != "Note"}
        # Once each: the server keeps only the first of many, and some of them twice.
        return {f"warning {number} of the database": 1 for number in sorted(numbers)}

    def explain(self, feed: Feed, error: DBAPIError) -> CutoverError | None:
        """Return the error that tells what the server refused."""
        number = told(error)[0]
        if number in (1969, 3024):
            return SourceError(
                f"{feed.name} could not be read in the time that one statement may take",
                fix="raise the statement timeout, or read less by an extract",
            )
        if number == 1412:
            return SourceError(
                f"{feed.name} was altered while the snapshot was read", fix="run land again when nobody alters tables"
            )
        if number in (1142, 1143, 1044):
            return SourceError(f"{feed.name}: {one_line(error)}", fix="grant select to the reading user")
        return None

    def abandon(self, opened: Opened) -> None:
        """Close a session in whose middle something failed, without reading the rows that are still to come."""
        driver: Any = opened.connection.dbapi_connection
        result = driver._result
        if result is not None:
            # Else the driver reads a result to its end, however long, before it closes anything.
            result.unbuffered_active = False
        opened.invalidate()


def _place(feed: Feed) -> dict[str, str | None]:
    schema, _, name = (feed.source.table or "").rpartition(".")
    return {"schema": schema or None, "name": name}


def _column(feed: Feed, described: Any) -> Column:
    name, kind, unsigned = described.name, described.type_code, described.flags & _UNSIGNED
    itself, declared = itself_of(name), feed.columns.get(name)
    if kind in _ALWAYS_BINARY or (kind in _TEXTS and described.charsetnr == _BINARY_CHARSET):
        if declared is None or declared.name != "text":
            raise refuse_binary(feed, name)
        return Column(name, TEXT, func.lower(func.hex(itself)), (itself,))
    if kind in (_FLOAT, _DOUBLE):
        if declared is None:
            raise refuse_inexact(feed, name, "float" if kind == _FLOAT else "double")
        # As a double, because the server shows only six digits of a float.
        double = itself.op("*")(literal_column("1e0"))
        return Column(name, TEXT, double, (itself,), write_shortest(single=kind == _FLOAT))
    if kind == _BIT:
        digits = func.lpad(func.bin(itself), literal_column(str(described.length)), literal_column("'0'"))
        return Column(name, TEXT, digits, (itself,))
    if kind == _TIMESTAMP:
        return Column(name, TEXT, itself, (itself,), _in_utc)
    if kind == _DATETIME and declared is not None and declared.name == "timestamp":
        raise SourceError(
            f"{feed.name}: column {name!r} is a datetime, which has no time zone",
            fix="leave it out of source.columns, and read it by a rule of kind cast with its formats and its zone",
        )
    if kind in (*_INTEGERS, _BIGINT, *_DECIMALS) and not described.flags & _ZEROFILL:
        return Column(name, _number(described, unsigned), itself, (itself,))
    return Column(name, TEXT, itself, _order_of_text(itself, described) if kind in (*_TEXTS, _JSON) else (itself,))


def _number(described: Any, unsigned: int) -> DataType:
    if described.type_code == _BIGINT and unsigned:
        return DataType("decimal", precision=20, scale=0)
    if described.type_code not in _DECIMALS:
        return DataType("integer")
    # The length counts a sign and a point.
    digits = described.length - (1 if described.scale else 0) - (0 if unsigned else 1)
    return DataType("decimal", precision=digits, scale=described.scale) if digits <= 38 else TEXT


def _order_of_text(itself: Any, described: Any) -> tuple[Any, ...]:
    by_bytes = cast(cast(itself, mysql.CHAR(charset="utf8mb4")), mysql.BINARY)
    return (by_bytes,) if described.length <= _COMPARED else (by_bytes, func.sha2(itself, literal_column("256")))


def _in_utc(texts: pa.Array) -> pa.Array:
    zero = pc.starts_with(texts, "0000-00-00")
    return pc.if_else(zero, texts, pc.binary_join_element_wise(texts, "+00:00", ""))


def _check_characters(opened: Opened, feed: Feed, names: Sequence[str]) -> None:
    """Return when each text that is not stored as Unicode comes back from Unicode as it is stored.

    The server itself replaces a character that has no Unicode by a question mark, without a word.
    """
    charsets = select(*[func.charset(itself_of(name)) for name in names]).select_from(relation(feed)).limit(1)
    first = opened.execute(charsets).one_or_none() if names else None
    old = [(name, each) for name, each in zip(names, first or (), strict=False) if each and each not in _LOSSLESS]
    if not old:
        return
    counts = [func.coalesce(func.sum(_differs(name, charset)), 0) for name, charset in old]
    counted = opened.execute(select(*counts).select_from(relation(feed))).one()
    for (name, charset), lost in zip(old, counted, strict=True):
        if int(lost):
            raise SourceError(
                f"{feed.name}: column {name!r} holds {lost} texts that are no {charset}, as which it is declared there",
                fix=f"mend them there, or read its bytes: hex(`{name}`) in an extract",
            )


def _differs(name: str, charset: str) -> Any:
    itself = itself_of(name)
    returned = cast(cast(itself, mysql.CHAR(charset="utf8mb4")), mysql.CHAR(charset=charset))
    # Equal also where both are null.
    same = func.hex(returned).op("<=>")(func.hex(itself))
    return func.if_(same, literal_column("0"), literal_column("1"))
