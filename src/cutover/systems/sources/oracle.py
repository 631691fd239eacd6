"""Oracle as legacy: one read-only transaction, every value written as text by the server.

number(p,0) up to 18 digits            integer            number(p,s)   decimal(p,s), up to 38 digits
number, float, number with more digits text, exact
binary_float, binary_double            refused, unless declared: then its shortest text
date                                   text with its time of day: an Oracle date has one
timestamp                              text; with a time zone: text in UTC with +00:00
raw, blob, long raw, bfile             refused; raw declared as text: hexadecimal
everything else (varchar2, clob ...)   text; an empty one is no value there; char(n) without the blanks that pad it
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Opened
from sqlalchemy import Engine, create_engine, event, func, literal_column, text
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
    write_shortest,
)

# `set transaction` must be the first statement of a transaction; it sees one instant and refuses to write.
_BEGIN = (
    "alter session set time_zone = '+00:00' nls_numeric_characters = '.,' nls_sort = binary nls_comp = binary",
    "set transaction read only",
)
_TABLES = """
    select case when owner = sys_context('userenv', 'current_schema') then '' else owner || '.' end || object_name
    from all_objects where object_type in ('TABLE', 'VIEW', 'MATERIALIZED VIEW') and oracle_maintained = 'N'
"""
_UNIQUE = """
    select i.index_name, c.column_name, t.nullable from all_indexes i
    join all_ind_columns c on c.index_owner = i.owner and c.index_name = i.index_name
    left join all_tab_columns t
        on t.owner = i.table_owner and t.table_name = i.table_name and t.column_name = c.column_name
    where i.uniqueness = 'UNIQUE' and i.status = 'VALID' and i.table_name = :name
      and i.table_owner = coalesce(:schema, sys_context('userenv', 'current_schema'))
"""
_NUMBER_FORMAT = ("'TM9'", "'nls_numeric_characters=''.,'''")
_FLOATS = {"BINARY_FLOAT": True, "BINARY_DOUBLE": False}
_BINARY = ("RAW", "BLOB", "LONG_RAW", "BFILE")
_PADDED = ("CHAR", "NCHAR")
_LARGE = ("CLOB", "NCLOB")


def connect_oracle(connection: Connection, timeout: int | None) -> Engine:
    """Return an engine whose calls end after `timeout` seconds."""
    engine = create_engine(connection.url, connect_args={"tcp_connect_timeout": 10})

    @event.listens_for(engine, "connect")
    def limit(opened: Any, _: Any) -> None:
        opened.call_timeout = (timeout or 0) * 1000

    return engine


@dataclass(frozen=True)
class Oracle:
    """The dialect of Oracle."""

    def begin(self, _: int | None) -> Sequence[str]:
        """Return the statements that begin a transaction; the driver stops a call that takes too long."""
        return _BEGIN

    def describe(self, opened: Opened, feed: Feed) -> list[Column]:
        """Return the columns of a feed, in its order.

        Raises:
            SourceError: a column is not exact or binary, and is not declared.
        """
        result = opened.execute(everything(feed))
        described = list(result.cursor.description)
        result.close()
        return [column_of(feed, each) for each in described]

    def tables(self, opened: Opened) -> list[str]:
        """Return the names of the tables and views there are, those of other schemas behind their name."""
        return list(opened.execute(text(_TABLES)).scalars())

    def is_unique(self, opened: Opened, feed: Feed) -> bool:
        """Say whether a unique index without nulls lies within the feed's key."""
        if feed.source.table is None:
            return False
        schema, _, name = feed.source.table.rpartition(".")
        indexes = opened.execute(text(_UNIQUE), {"schema": schema or None, "name": name})
        return has_key_within(((index, column, null == "N") for index, column, null in indexes), feed.source.key)

    def check(self, opened: Opened, feed: Feed, columns: Sequence[Column]) -> dict[str, int]:
        """Return nothing: a read-only transaction covers every table."""
        return {}

    def warnings(self, opened: Opened) -> dict[str, int]:
        """Return nothing: Oracle fails where others warn."""
        return {}

    def explain(self, feed: Feed, error: DBAPIError) -> CutoverError | None:
        """Return the error that tells what the server refused."""
        message = str(error.orig)
        if "ORA-01555" in message:
            return SourceError(
                f"{feed.name}: the database no longer knows the instant at which the snapshot began",
                fix="let its owner raise undo_retention, or land at a quieter time",
            )
        if "ORA-01031" in message or "ORA-41900" in message:
            return SourceError(f"{feed.name}: the user may not read it", fix="grant select to the reading user")
        return None

    def abandon(self, opened: Opened) -> None:
        """Close a session in whose middle something failed."""
        opened.invalidate()


def column_of(feed: Feed, described: Any) -> Column:
    """Return a column from what the driver says of it: name, type_code, precision, scale.

    Raises:
        SourceError: it is not exact or binary, and is not declared.
    """
    name, kind = described.name, described.type_code.name.removeprefix("DB_TYPE_")
    itself, declared = itself_of(name), feed.columns.get(name)
    if kind in _BINARY:
        if kind != "RAW" or declared is None or declared.name != "text":
            raise refuse_binary(feed, name)
        return Column(name, TEXT, func.lower(func.rawtohex(itself)), (itself,))
    if kind in _FLOATS:
        if declared is None:
            raise refuse_inexact(feed, name, kind.lower())
        written = func.to_char(itself, literal_column("'TM9'"), literal_column(_NUMBER_FORMAT[1]))
        return Column(name, TEXT, written, (itself,), write_shortest(single=_FLOATS[kind]))
    if kind in ("NUMBER", "BINARY_INTEGER"):
        written = func.to_char(itself, *map(literal_column, _NUMBER_FORMAT))
        return Column(name, _number(described.precision or 0, described.scale or 0), written, (itself,))
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return _time(name, kind, described.scale or 0)
    return _text(feed, name, kind)


def _number(precision: int, scale: int) -> DataType:
    if not precision or scale == -127:
        return TEXT
    # number(2,-3) and number(3,5) have digits before or after the point beyond the precision.
    digits = max(precision, scale) if scale >= 0 else precision - scale
    if digits > 38:
        return TEXT
    if scale <= 0 and digits <= 18:
        return DataType("integer")
    return DataType("decimal", precision=digits, scale=max(scale, 0))


def _time(name: str, kind: str, scale: int) -> Column:
    itself = itself_of(name)
    # With its sign, which of a year after Christ is a blank: a year before would else pass for one after.
    form = "'SYYYY-MM-DD HH24:MI:SS" + (f".FF{scale}'" if kind != "DATE" and scale else "'")
    if kind == "TIMESTAMP_TZ":
        utc = func.ltrim(func.to_char(func.sys_extract_utc(itself), literal_column(form)))
        return Column(name, TEXT, utc.concat(literal_column("'+00:00'")), (itself,))
    written = func.ltrim(func.to_char(itself, literal_column(form)))
    # A local timestamp is shown in the time zone of the session, which is UTC.
    if kind == "TIMESTAMP_LTZ":
        return Column(name, TEXT, written.concat(literal_column("'+00:00'")), (itself,))
    return Column(name, TEXT, written, (itself,))


def _text(feed: Feed, name: str, kind: str) -> Column:
    itself = itself_of(name)
    if kind in _LARGE:
        beginning = func.dbms_lob.substr(itself, literal_column("1000"), literal_column("1"))
        return Column(name, TEXT, itself, (func.nlssort(beginning, literal_column("'NLS_SORT=BINARY'")),))
    if kind.startswith("INTERVAL"):
        return Column(name, TEXT, func.to_char(itself), (itself,))
    if kind not in (*_PADDED, "VARCHAR", "NVARCHAR", "ROWID", "UROWID"):
        raise SourceError(
            f"{feed.name}: column {name!r} is {kind.lower()}, which is not landed", fix="convert it in an extract"
        )
    order = func.nlssort(itself, literal_column("'NLS_SORT=BINARY'"))
    return Column(name, TEXT, func.rtrim(itself) if kind in _PADDED else itself, (order,))
