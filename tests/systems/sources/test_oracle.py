"""Oracle: what it is sent, which needs no server; and the real thing where CUTOVER_TEST_ORACLE_URL names one."""

import os
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy.dialects import oracle
from sqlalchemy.engine import make_url

from cutover.errors import ConnectionLost, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources import open_legacy
from cutover.systems.sources.oracle import Oracle, column_of, connect_oracle
from cutover.systems.sources.relational import Column, count_statement, rows_statement

URL = "CUTOVER_TEST_ORACLE_URL"
TM9 = """to_char("C", 'TM9', 'nls_numeric_characters=''.,''')"""


def sql(statement: Any) -> str:
    """Return a statement as Oracle gets it, on one line."""
    return " ".join(str(statement.compile(dialect=oracle.dialect())).split())


def described(kind: str, precision: int = 0, scale: int = 0, name: str = "C") -> Any:
    """Return what the driver says of a column."""
    return SimpleNamespace(
        name=name, type_code=SimpleNamespace(name=f"DB_TYPE_{kind}"), precision=precision, scale=scale
    )


def test_a_transaction_is_read_only_and_knows_neither_language_nor_zone_of_the_session() -> None:
    settings, begin = Oracle().begin(None)
    assert begin == "set transaction read only"
    for setting in ("time_zone = '+00:00'", "nls_numeric_characters = '.,'", "nls_sort = binary", "nls_comp = binary"):
        assert setting in settings


def test_the_types_that_are_told_apart_are_those_of_the_driver() -> None:
    oracledb = pytest.importorskip("oracledb", reason="no driver for Oracle")
    names = {each.name for each in vars(oracledb).values() if isinstance(each, oracledb.DbType)}
    told = (
        "NUMBER BINARY_FLOAT BINARY_DOUBLE DATE TIMESTAMP TIMESTAMP_TZ TIMESTAMP_LTZ RAW LONG_RAW BLOB BFILE CLOB NCLOB"
    )
    told += " CHAR NCHAR VARCHAR NVARCHAR ROWID UROWID INTERVAL_DS INTERVAL_YM BINARY_INTEGER"
    assert {f"DB_TYPE_{name}" for name in told.split()} <= names


def test_a_call_that_takes_too_long_is_stopped_by_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    oracledb = pytest.importorskip("oracledb", reason="no driver for Oracle")
    asked: dict[str, Any] = {}
    opened = SimpleNamespace(call_timeout=0, close=lambda: None, rollback=lambda: None)

    def connect(*_: Any, **arguments: Any) -> Any:
        asked.update(arguments)
        return opened

    monkeypatch.setattr(oracledb, "connect", connect)
    engine = connect_oracle(Connection("erp", "oracle", "db.example", 1521, "reader", "secret", "ERP"), 30)
    monkeypatch.setattr(engine.dialect, "initialize", lambda _: None)
    engine.pool.connect()
    assert (opened.call_timeout, asked["tcp_connect_timeout"], asked["user"]) == (30_000, 10, "reader")


def test_a_server_that_does_not_answer_is_transient() -> None:
    pytest.importorskip("oracledb", reason="no driver for Oracle")
    nowhere = Connection("erp", "oracle", "127.0.0.1", 1, "u", "secret", "d")
    with pytest.raises(ConnectionLost, match="connection 'erp' cannot be opened") as caught, open_legacy(nowhere):
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "lands", "expression"),
    [
        (described("NUMBER", 9), pa.int64(), TM9),
        (described("NUMBER", 38), pa.decimal128(38, 0), TM9),
        (described("NUMBER", 12, 2), pa.decimal128(12, 2), TM9),
        # Digits before and behind the point beyond the precision.
        (described("NUMBER", 3, -2), pa.int64(), TM9),
        (described("NUMBER", 2, 4), pa.decimal128(4, 4), TM9),
        (described("NUMBER", 38, -2), pa.string(), TM9),
        (described("NUMBER", 0, -127), pa.string(), TM9),
        (described("NUMBER", 126, -127), pa.string(), TM9),
        (described("DATE"), pa.string(), """ltrim(to_char("C", 'SYYYY-MM-DD HH24:MI:SS'))"""),
        (described("TIMESTAMP", scale=6), pa.string(), """ltrim(to_char("C", 'SYYYY-MM-DD HH24:MI:SS.FF6'))"""),
        (described("TIMESTAMP"), pa.string(), """ltrim(to_char("C", 'SYYYY-MM-DD HH24:MI:SS'))"""),
        (
            described("TIMESTAMP_TZ", scale=3),
            pa.string(),
            """ltrim(to_char(sys_extract_utc("C"), 'SYYYY-MM-DD HH24:MI:SS.FF3')) || '+00:00'""",
        ),
        (
            described("TIMESTAMP_LTZ", scale=3),
            pa.string(),
            """ltrim(to_char("C", 'SYYYY-MM-DD HH24:MI:SS.FF3')) || '+00:00'""",
        ),
        (described("VARCHAR"), pa.string(), '"C"'),
        (described("NVARCHAR"), pa.string(), '"C"'),
        (described("CHAR"), pa.string(), 'rtrim("C")'),
        (described("CLOB"), pa.string(), '"C"'),
        (described("INTERVAL_DS"), pa.string(), 'to_char("C")'),
    ],
)
def test_every_type_is_written_by_the_server(make_feed: Any, column: Any, lands: Any, expression: str) -> None:
    made = column_of(make_feed(table="T"), column)
    assert (made.type.arrow, sql(made.selected)) == (lands, expression)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("BINARY_FLOAT", "column 'C' is binary_float, which is not exact"),
        ("BINARY_DOUBLE", "column 'C' is binary_double, which is not exact"),
        ("BLOB", "column 'C' holds binary data"),
        ("RAW", "column 'C' holds binary data"),
        ("LONG", "column 'C' is long, which is not landed"),
        ("OBJECT", "column 'C' is object, which is not landed"),
    ],
)
def test_what_is_not_exact_is_refused_until_it_is_declared(make_feed: Any, kind: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        column_of(make_feed(table="T"), described(kind))


def test_what_is_declared_lands_as_text(make_feed: Any) -> None:
    feed = make_feed(table="T", columns={"F": "decimal(12,2)", "R": "text", "B": "text"})
    floating = column_of(feed, described("BINARY_FLOAT", name="F"))
    assert floating.finish is not None
    assert floating.finish(pa.array([".100000001", "1.0E+002", None])).to_pylist() == ["0.1", "100", None]
    assert sql(column_of(feed, described("RAW", name="R")).selected) == 'lower(rawtohex("R"))'
    with pytest.raises(SourceError, match="binary data"):
        column_of(feed, described("BLOB", name="B"))


def columns(feed: Any) -> list[Column]:
    return [
        column_of(feed, each)
        for each in (described("VARCHAR", name="NR"), described("CLOB", name="TXT"), described("NUMBER", 9, 2))
    ]


def test_rows_are_ordered_by_bytes_behind_the_key_too(make_feed: Any) -> None:
    feed = make_feed("NR", table="ERP.ORDERS")
    by_key = """nlssort("NR", 'NLS_SORT=BINARY')"""
    by_text = """nlssort(dbms_lob.substr("TXT", 1000, 1), 'NLS_SORT=BINARY')"""
    # Oracle knows no AS in front of the name of a table.
    assert sql(rows_statement(feed, columns(feed), unique=False)) == (
        f'SELECT "NR" AS c0, "TXT" AS c1, {TM9} AS c2 FROM "ERP"."ORDERS" feed ORDER BY {by_key}, {by_text}, "C"'
    )
    extract = make_feed("NR", sql="select * from t")
    assert "FROM ( select * from t ) feed ORDER BY" in sql(rows_statement(extract, columns(extract), unique=True))


def test_totals_are_asked_of_numbers_with_a_scale(make_feed: Any) -> None:
    query = sql(count_statement(make_feed("NR", table="T"), columns(make_feed(table="T"))))
    assert query == 'SELECT count(*) AS total_rows, sum("C") AS f0, min("C") AS f1, max("C") AS f2 FROM "T" feed'


@pytest.mark.parametrize(
    ("code", "message"),
    [("ORA-01555: snapshot too old", "undo_retention"), ("ORA-01031: insufficient privileges", "grant select")],
)
def test_what_the_server_refuses_is_explained(make_feed: Any, code: str, message: str) -> None:
    error: Any = SimpleNamespace(orig=Exception(code))
    assert re.search(message, str(Oracle().explain(make_feed(table="T"), error)))


@pytest.fixture
def oracle_server() -> Connection:
    """An Oracle to read from."""
    if URL not in os.environ:
        pytest.skip(f"no Oracle to read from: give {URL}")
    url = make_url(os.environ[URL])
    return Connection("legacy", "oracle", url.host, url.port, url.username, url.password, url.database)


def test_a_real_oracle_lands_exactly(oracle_server: Connection, make_feed: Any, read: Any) -> None:
    extract = """select '2' as ID, cast(0.10 as number(9,2)) as AMOUNT, cast(1/3 as number) as FREE,
                        date '2024-01-02' as DAY, '龙' as NAME,
                        timestamp '2024-01-02 00:30:00 +08:00' as SEEN from dual
                 union all select '1', null, null, null, null, null from dual"""
    rows, _ = read(oracle_server, make_feed("ID", sql=extract))
    second = rows.to_pylist()[1]
    assert rows["ID"].to_pylist() == ["1", "2"]
    assert (second["AMOUNT"], second["DAY"], second["NAME"]) == (Decimal("0.10"), "2024-01-02 00:00:00", "龙")
    assert re.fullmatch(r"\.3{38,40}", second["FREE"])
    assert second["SEEN"].startswith("2024-01-01 16:30:00")
