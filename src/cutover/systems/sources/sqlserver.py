"""SQL Server as legacy: one transaction under snapshot isolation, every value converted to text by the server.

SQL Server has no read-only transaction. What we send are selects alone; an extract stands in a derived table, where the
language admits nothing that writes; and the transaction is never committed.

integers                               integer            bit     integer: a bit is a number, not a boolean
decimal, numeric, money, smallmoney    decimal, money with its four places
real, float                            refused, unless declared: then its shortest text
date, time, datetime, datetime2        text in ISO form; datetimeoffset: text in UTC with +00:00
binary, varbinary, image, rowversion   refused, unless declared as text: then hexadecimal
sql_variant, geography, geometry       refused
everything else                        text, converted to Unicode by the server; char(n) without the blanks that pad it
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection as Opened
from sqlalchemy import Engine, Numeric, cast, create_engine, func, literal_column, text
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
    told,
    write_shortest,
)

_BEGIN = (
    "set nocount on",
    "set rowcount 0",
    "set textsize 2147483647",
    "set language us_english",
    "set dateformat ymd",
    "set lock_timeout 60000",
    "set transaction isolation level snapshot",
    "begin transaction",
)
_DESCRIBE = """
    select name, system_type_name, error_message from sys.dm_exec_describe_first_result_set(:statement, null, 0)
    order by column_ordinal
"""
_TABLES = """
    select case when schema_id = schema_id(schema_name()) then name else schema_name(schema_id) + '.' + name end
    from sys.objects where type in ('U', 'V')
"""
_UNIQUE = """
    select i.index_id, c.name, c.is_nullable from sys.indexes i
    join sys.index_columns ic on ic.object_id = i.object_id and ic.index_id = i.index_id and ic.is_included_column = 0
    join sys.columns c on c.object_id = ic.object_id and c.column_id = ic.column_id
    where i.object_id = object_id(:name) and i.is_unique = 1 and i.has_filter = 0 and i.is_disabled = 0
"""
_INTEGERS = ("tinyint", "smallint", "int", "bigint", "bit")
_MONEY = {"money": 19, "smallmoney": 10}
# How `convert` writes them, and how long that is at most.
_TIMES = {
    "date": ("varchar(10)", 23),
    "time": ("varchar(16)", 121),
    "smalldatetime": ("varchar(23)", 121),
    "datetime": ("varchar(23)", 121),
    "datetime2": ("varchar(27)", 121),
}
_BINARY = ("binary", "varbinary", "image", "timestamp", "rowversion")
_REFUSED = ("sql_variant", "geography", "geometry", "hierarchyid")
_BY_CODE_POINT = "Latin1_General_100_BIN2"


def connect_sqlserver(connection: Connection, timeout: int | None) -> Engine:
    """Return an engine whose sessions leave transactions to us: snapshot isolation must be set before one begins."""
    arguments = {"charset": "UTF-8", "login_timeout": 10, "timeout": timeout or 0, "appname": "cutover land"}
    return create_engine(connection.url, isolation_level="AUTOCOMMIT", connect_args=arguments)


@dataclass(frozen=True)
class SqlServer:
    """The dialect of SQL Server."""

    def begin(self, _: int | None) -> Sequence[str]:
        """Return the statements that begin a transaction; the driver stops a statement that takes too long."""
        return _BEGIN

    def describe(self, opened: Opened, feed: Feed) -> list[Column]:
        """Return the columns of a feed, in its order.

        Raises:
            SourceError: a column is not exact or binary, and is not declared; or the server cannot read the feed.
        """
        statement = str(everything(feed).compile(dialect=opened.dialect))
        described = opened.execute(text(_DESCRIBE), {"statement": statement}).all()
        if described and described[0].error_message is not None:
            raise SourceError(f"{feed.name}: {described[0].error_message}", fix="correct the table or the extract")
        return [column_of(feed, each.name, each.system_type_name) for each in described]

    def tables(self, opened: Opened) -> list[str]:
        """Return the names of the tables and views there are, those of other schemas behind their name."""
        return list(opened.execute(text(_TABLES)).scalars())

    def is_unique(self, opened: Opened, feed: Feed) -> bool:
        """Say whether a unique index without nulls and filter lies within the feed's key."""
        if feed.source.table is None:
            return False
        quoted = ".".join(f"[{part.replace(']', ']]')}]" for part in feed.source.table.split("."))
        indexes = opened.execute(text(_UNIQUE), {"name": quoted})
        return has_key_within(((index, name, not nullable) for index, name, nullable in indexes), feed.source.key)

    def check(self, opened: Opened, feed: Feed, columns: Sequence[Column]) -> dict[str, int]:
        """Return nothing: each text converts to Unicode without a loss, and each table has row versions."""
        return {}

    def warnings(self, opened: Opened) -> dict[str, int]:
        """Return nothing: SQL Server fails where others warn."""
        return {}

    def explain(self, feed: Feed, error: DBAPIError) -> CutoverError | None:
        """Return the error that tells what the server refused."""
        number = told(error)[0]
        if number == 3952:
            return SourceError(
                f"{feed.name}: the database does not allow snapshot isolation, so it cannot be read at one instant",
                fix="let its owner run `alter database ... set allow_snapshot_isolation on`, or land a restored copy",
            )
        if number == 3961:
            return SourceError(
                f"{feed.name} was altered while the snapshot was read", fix="run land again when nobody alters tables"
            )
        if number == 229:
            return SourceError(f"{feed.name}: the login may not read it", fix="grant select to the reading login")
        return None

    def abandon(self, opened: Opened) -> None:
        """Close a session in whose middle something failed."""
        opened.invalidate()


def column_of(feed: Feed, name: str, type_name: str) -> Column:
    """Return a column from its name and its type as the server writes it, such as `decimal(10,2)`.

    Raises:
        SourceError: it is not exact or binary, and is not declared.
    """
    itself, declared = itself_of(name), feed.columns.get(name)
    kind, *sizes = re.findall(r"\w+", type_name)
    if kind in _REFUSED:
        raise SourceError(f"{feed.name}: column {name!r} is {kind}, which is not landed", fix="cast it in an extract")
    if kind in _BINARY:
        if declared is None or declared.name != "text":
            raise refuse_binary(feed, name)
        written = func.lower(_convert("varchar(max)", itself, 2))
        return Column(name, TEXT, written, (_convert("varbinary(900)", itself),))
    if kind in ("real", "float"):
        if declared is None:
            raise refuse_inexact(feed, name, kind)
        return Column(name, TEXT, _convert("varchar(40)", itself, 3), (itself,), write_shortest(single=kind == "real"))
    if kind in (*_INTEGERS, "decimal", "numeric", *_MONEY):
        return _number(name, kind, sizes)
    if kind == "datetimeoffset":
        plain: Any = literal_column(f"datetime2({sizes[0] if sizes else 7})")
        utc = func.convert(plain, func.switchoffset(itself, literal_column("'+00:00'")))
        written = _convert("varchar(27)", utc, 121).concat(literal_column("'+00:00'"))
        return Column(name, TEXT, written, (itself,), _without_seventh_zero)
    if kind in _TIMES:
        return Column(name, TEXT, _convert(_TIMES[kind][0], itself, _TIMES[kind][1]), (itself,))
    return _text(name, kind)


def _without_seventh_zero(texts: pa.Array) -> pa.Array:
    # A timestamp has six places here; a seventh that says nothing would make it unreadable.
    return pc.replace_substring_regex(texts, "([.][0-9]{6})0[+]", "\\1+")


def _number(name: str, kind: str, sizes: list[str]) -> Column:
    itself = itself_of(name)
    if kind in _MONEY:
        data_type = DataType("decimal", precision=_MONEY[kind], scale=4)
        return Column(name, data_type, _convert("varchar(30)", itself, 2), (itself,))
    if kind in _INTEGERS:
        # The sum of integers is an integer there, and soon too small.
        wide = cast(itself, Numeric(38, 0))
        return Column(name, DataType("integer"), _convert("varchar(20)", itself), (itself,), summed=wide)
    data_type = DataType("decimal", precision=int(sizes[0]), scale=int(sizes[1]))
    return Column(name, data_type, _convert("varchar(41)", itself), (itself,))


def _text(name: str, kind: str) -> Column:
    itself = itself_of(name)
    unicode = _convert("nvarchar(max)", itself)
    order = _convert("nvarchar(4000)", itself).collate(_BY_CODE_POINT)
    return Column(name, TEXT, func.rtrim(unicode) if kind in ("char", "nchar") else unicode, (order,))


def _convert(type_name: str, value: Any, style: int | None = None) -> Any:
    styles: list[Any] = [] if style is None else [literal_column(str(style))]
    return func.convert(literal_column(type_name), value, *styles)
