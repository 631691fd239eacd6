"""SQL Server: what it is sent, which needs no server; and the real thing where CUTOVER_TEST_SQLSERVER_URL names one."""

import os
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy.dialects import mssql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from cutover.errors import ConnectionLost, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources import open_legacy
from cutover.systems.sources.relational import Column, count_statement, one_line, rows_statement
from cutover.systems.sources.sqlserver import SqlServer, column_of

URL = "CUTOVER_TEST_SQLSERVER_URL"


def sql(statement: Any) -> str:
    """Return a statement as SQL Server gets it, on one line."""
    return " ".join(str(statement.compile(dialect=mssql.dialect())).split())


def selected(column: Column) -> str:
    return sql(column.selected)


def test_a_transaction_begins_under_snapshot_isolation_before_anything_is_read() -> None:
    statements = list(SqlServer().begin(None))
    assert statements[-2:] == ["set transaction isolation level snapshot", "begin transaction"]
    # What would shorten a result without a word, or read a date another way.
    assert {"set rowcount 0", "set textsize 2147483647", "set dateformat ymd"} < set(statements)


def test_a_session_leaves_the_transaction_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    pymssql = pytest.importorskip("pymssql", reason="no driver for SQL Server")
    asked: dict[str, Any] = {}

    def refuse(*_: Any, **arguments: Any) -> None:
        asked.update(arguments)
        raise pymssql.OperationalError((20009, b"Unable to connect"))

    monkeypatch.setattr(pymssql, "connect", refuse)
    connection = Connection("erp", "mssql", "db.example", 1433, "reader", "secret", "ERP")
    with pytest.raises(ConnectionLost, match="'erp' cannot be opened.*Unable to connect") as caught:  # noqa: SIM117
        with open_legacy(connection, timeout=30):
            pass
    assert "secret" not in str(caught.value)
    assert (asked["charset"], asked["login_timeout"], asked["timeout"]) == ("UTF-8", 10, 30)
    assert (asked["user"], asked["database"]) == ("reader", "ERP")


@pytest.mark.parametrize(
    ("type_name", "lands", "expression"),
    [
        ("int", pa.int64(), "convert(varchar(20), [c])"),
        ("bigint", pa.int64(), "convert(varchar(20), [c])"),
        ("bit", pa.int64(), "convert(varchar(20), [c])"),
        ("decimal(18,2)", pa.decimal128(18, 2), "convert(varchar(41), [c])"),
        ("numeric(38,10)", pa.decimal128(38, 10), "convert(varchar(41), [c])"),
        # Without the style, money has two of its four places.
        ("money", pa.decimal128(19, 4), "convert(varchar(30), [c], 2)"),
        ("smallmoney", pa.decimal128(10, 4), "convert(varchar(30), [c], 2)"),
        ("date", pa.string(), "convert(varchar(10), [c], 23)"),
        ("time(7)", pa.string(), "convert(varchar(16), [c], 121)"),
        ("datetime", pa.string(), "convert(varchar(23), [c], 121)"),
        ("datetime2(7)", pa.string(), "convert(varchar(27), [c], 121)"),
        (
            "datetimeoffset(7)",
            pa.string(),
            "convert(varchar(27), convert(datetime2(7), switchoffset([c], '+00:00')), 121) + '+00:00'",
        ),
        ("nvarchar(40)", pa.string(), "convert(nvarchar(max), [c])"),
        ("varchar(max)", pa.string(), "convert(nvarchar(max), [c])"),
        ("char(6)", pa.string(), "rtrim(convert(nvarchar(max), [c]))"),
        ("uniqueidentifier", pa.string(), "convert(nvarchar(max), [c])"),
        ("xml", pa.string(), "convert(nvarchar(max), [c])"),
    ],
)
def test_every_type_is_converted_by_the_server(make_feed: Any, type_name: str, lands: Any, expression: str) -> None:
    column = column_of(make_feed(table="t"), "c", type_name)
    assert (column.type.arrow, selected(column)) == (lands, expression)


@pytest.mark.parametrize(
    ("type_name", "message"),
    [
        ("float", "column 'c' is float, which is not exact"),
        ("real", "column 'c' is real, which is not exact"),
        ("varbinary(max)", "column 'c' holds binary data"),
        ("timestamp", "column 'c' holds binary data"),
        ("image", "column 'c' holds binary data"),
        ("sql_variant", "column 'c' is sql_variant, which is not landed. Fix: cast it"),
        ("geography", "column 'c' is geography, which is not landed"),
    ],
)
def test_what_is_not_exact_is_refused_until_it_is_declared(make_feed: Any, type_name: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        column_of(make_feed(table="t"), "c", type_name)


def test_what_is_declared_lands_as_text(make_feed: Any) -> None:
    feed = make_feed(table="t", columns={"f": "decimal(12,2)", "b": "text"})
    floating = column_of(feed, "f", "real")
    # Style 3 writes all the digits that a float has.
    assert selected(floating) == "convert(varchar(40), [f], 3)"
    assert floating.finish is not None
    assert floating.finish(pa.array(["1.00000001e-001", "1.6777216e+007", None])).to_pylist() == [
        "0.1",
        "16777216",
        None,
    ]
    assert selected(column_of(feed, "b", "binary(16)")) == "lower(convert(varchar(max), [b], 2))"


def test_a_moment_has_at_most_six_places_unless_the_seventh_says_something(make_feed: Any) -> None:
    column = column_of(make_feed(table="t"), "c", "datetimeoffset(7)")
    assert column.finish is not None
    texts = ["2024-01-01 16:30:00.1234560+00:00", "2024-01-01 16:30:00.1234567+00:00", None]
    assert column.finish(pa.array(texts)).to_pylist() == ["2024-01-01 16:30:00.123456+00:00", texts[1], None]


def columns(feed: Any) -> list[Column]:
    return [column_of(feed, name, kind) for name, kind in (("Nr", "varchar(10)"), ("n", "int"), ("d", "decimal(9,2)"))]


def test_rows_are_ordered_by_code_point_behind_the_key_too(make_feed: Any) -> None:
    feed = make_feed("Nr", table="dbo.Order Details")
    by_key = "convert(nvarchar(4000), [Nr]) COLLATE Latin1_General_100_BIN2"
    query = sql(rows_statement(feed, columns(feed), unique=False))
    assert query == (
        "SELECT convert(nvarchar(max), [Nr]) AS c0, convert(varchar(20), [n]) AS c1, convert(varchar(41), [d]) AS c2 "
        f"FROM [dbo].[Order Details] AS feed ORDER BY {by_key}, [n], [d]"
    )
    assert sql(rows_statement(feed, columns(feed), unique=True)).endswith(f"ORDER BY {by_key}")


def test_an_extract_stands_in_a_derived_table_where_nothing_can_write(make_feed: Any) -> None:
    feed = make_feed("Nr", sql="select * from t where a = ':x' -- end;")
    assert sql(rows_statement(feed, columns(feed), unique=True)).startswith("SELECT convert(nvarchar(max), [Nr]) AS c0")
    raw = str(rows_statement(feed, columns(feed), unique=True).compile(dialect=mssql.dialect()))
    assert "FROM (\nselect * from t where a = ':x' -- end\n) AS feed" in raw


def test_totals_are_summed_wider_than_the_columns_are(make_feed: Any) -> None:
    query = sql(count_statement(make_feed("Nr", table="t"), columns(make_feed(table="t"))))
    wide = "CAST([n] AS NUMERIC(38, 0))"
    assert query.startswith(f"SELECT count(*) AS total_rows, sum({wide}) AS f0, min({wide}) AS f1, max({wide}) AS f2")
    assert "sum([d]) AS f3" in query


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (3952, "does not allow snapshot isolation.*allow_snapshot_isolation on"),
        (3961, "altered while the snapshot was read"),
        (229, "grant select"),
    ],
)
def test_what_the_server_refuses_is_explained(make_feed: Any, number: int, message: str) -> None:
    error: Any = SimpleNamespace(orig=SimpleNamespace(args=(number, b"...")))
    told = SqlServer().explain(make_feed(table="t"), error)
    assert re.search(message, str(told))


def test_a_value_that_the_server_could_not_convert_is_not_repeated() -> None:
    message = b"Conversion failed when converting the varchar value '13800138000' to data type int.DB-Lib error\n"
    error = DBAPIError("select", None, Exception(245, message))
    assert one_line(error) == "245 Conversion failed when converting the varchar value to data type int.DB-Lib error"
    nested = DBAPIError("connect", None, Exception((20009, b"DB-Lib error\nUnable to connect\n")))
    assert one_line(nested) == "20009 DB-Lib error Unable to connect"


@pytest.fixture
def sqlserver() -> Connection:
    """A SQL Server to read from."""
    if URL not in os.environ:
        pytest.skip(f"no SQL Server to read from: give {URL}")
    url = make_url(os.environ[URL])
    return Connection("legacy", "mssql", url.host, url.port, url.username, url.password, url.database)


def test_a_real_sql_server_lands_exactly(sqlserver: Connection, make_feed: Any, read: Any) -> None:
    extract = """select * from (values
        (N'2', cast(0.10 as decimal(9,2)), cast(1.5 as money), cast('2024-01-02T03:04:05.123' as datetime2(3)),
         cast(2147483647 as int), N'龙😀', cast(1 as bit), cast('2024-01-02 00:30:00 +08:00' as datetimeoffset(0))),
        (N'1', null, null, null, 2147483647, null, null, null)
        ) as v (id, amount, price, at, n, name, flag, seen)"""
    rows, reading = read(sqlserver, make_feed(sql=extract))
    assert rows["id"].to_pylist() == ["1", "2"]
    assert {k: v for k, v in rows.to_pylist()[1].items() if k != "id"} == {
        "amount": Decimal("0.10"), "price": Decimal("1.5000"), "at": "2024-01-02 03:04:05.123", "n": 2**31 - 1,
        "name": "龙😀", "flag": 1, "seen": "2024-01-01 16:30:00+00:00",
    }  # fmt: skip
    assert reading.count().totals["n"].sum == 2 * (2**31 - 1)
