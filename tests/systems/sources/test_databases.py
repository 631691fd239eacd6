"""Databases: exact types, one instant, and no way to write."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import floats, integers, lists, none, text
from pydantic import ValidationError

from cutover.errors import ConnectionLost, InputError, SourceError
from cutover.systems.connections import Connection
from cutover.systems.sources import open_legacy, read_feed
from cutover.systems.sources.measure import Total, measure


def test_postgres_types_land_exactly(postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any) -> None:
    legacy_sql.execute("""
        create type colour as enum ('red');
        create table t (id bigint primary key, amount numeric(12,2), free numeric, wide numeric(50,0),
            round numeric(3,-2), code char(6), name varchar(20), on_day date, at timestamptz, naive timestamp,
            ok boolean, part uuid, doc jsonb, hue colour, price double precision, cash money,
            tiny numeric(2,4));
        insert into t values
            (2, 0.10, 1.50, 12345678901234567890123456789012345678901234567890, 12300, 'a',
             E'x\\n"y"', '9999-12-31', '2025-01-01 10:00:00.5+02', '2025-01-01 10:00:00', true,
             '6f1c7f4e-5a3b-4b7e-9d59-0d1d2f3a4b5c', '{"a": 1}',
             'red', 0.1, 12.5, 0.0012),
            (1, null, null, null, null, null, '', null, null, null, null, null, null, null, null, null, null)
    """)
    columns = {"price": "decimal(10,2)"}
    rows, reading = read(postgres, make_feed(table="land_test.t", columns=columns))
    assert rows["id"].to_pylist() == [1, 2]
    assert {name for name in rows.column_names if rows[name][0].as_py() is not None} == {"id", "name"}
    assert rows["name"].to_pylist() == ["", 'x\n"y"']
    second = rows.to_pylist()[1]
    assert rows.schema.field("amount").type == pa.decimal128(12, 2)
    assert (second["amount"], second["round"], second["tiny"]) == (Decimal("0.10"), 12300, Decimal("0.0012"))
    assert (second["free"], second["wide"]) == ("1.50", "12345678901234567890123456789012345678901234567890")
    assert (second["code"], second["price"], second["cash"]) == ("a", "0.1", "12.50")
    assert (str(second["on_day"]), second["naive"]) == ("9999-12-31", "2025-01-01 10:00:00")
    assert second["at"].isoformat() == "2025-01-01T08:00:00.500000+00:00"
    assert (second["ok"], second["hue"], second["doc"]) == (True, "red", '{"a": 1}')
    assert reading.count().rows == 2
    assert reading.count().totals["amount"] == Total(Decimal("0.10"), Decimal("0.10"), Decimal("0.10"))


def test_a_table_and_a_schema_may_have_blanks_in_their_names(
    postgres: Connection, legacy_sql: Any, tmp_path: Path, make_feed: Any, read: Any
) -> None:
    legacy_sql.execute('create table "Order Details" (id int primary key); insert into "Order Details" values (2), (1)')
    rows, reading = read(postgres, make_feed(table="land_test.Order Details"))
    assert (rows["id"].to_pylist(), reading.count().rows) == ([1, 2], 2)
    lite = sqlite(tmp_path, 'create table "Order Details" (id); insert into "Order Details" values (2), (1)')
    rows, reading = read(lite, make_feed(table="Order Details"))
    assert (rows["id"].to_pylist(), reading.count().rows) == (["1", "2"], 2)


@pytest.mark.parametrize("name", ["", " orders", "orders ", "a..b", "a.b.c", "order  details", "order\tdetails"])
def test_a_table_name_that_is_a_slip_of_the_pen_is_refused(make_feed: Any, name: str) -> None:
    with pytest.raises(ValidationError, match="table"):
        make_feed(table=name)


def test_a_naive_timestamp_declared_as_timestamp_is_utc(
    postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any
) -> None:
    legacy_sql.execute(
        "create table t (id int primary key, at timestamp); insert into t values (1, '2025-01-01 10:00')"
    )
    rows, _ = read(postgres, make_feed(table="land_test.t", columns={"at": "timestamp"}))
    assert rows["at"][0].as_py().isoformat() == "2025-01-01T10:00:00+00:00"


def test_postgres_rows_are_ordered_by_bytes_whatever_the_collation(
    postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any
) -> None:
    legacy_sql.execute("select 1 from pg_collation where collname = 'en-x-icu'")
    if legacy_sql.fetchone() is None:
        pytest.skip("this PostgreSQL was built without ICU")
    legacy_sql.execute("""create table t (k text collate "en-x-icu", v int, feed text);
        insert into t (k, v) values ('b', 1), ('B', 2), ('a', 3), ('é', 4), ('a', 2)""")
    rows, _ = read(postgres, make_feed("k", table="land_test.t"))
    assert rows.drop_columns("feed").to_pydict() == {"k": ["B", "a", "a", "b", "é"], "v": [2, 2, 3, 1, 4]}


def test_a_postgres_extract_lands_with_the_types_of_its_result(
    postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any
) -> None:
    legacy_sql.execute("create table t (id int, amount numeric(9,3)); insert into t values (1, 1.5), (2, 2)")
    text = "-- of {x} %s :y\nselect id, amount::numeric(10,2) as sum, '{a} 50% :b {}' as t from land_test.t ; "
    rows, _ = read(postgres, make_feed(sql=text))
    assert rows["t"].to_pylist() == ["{a} 50% :b {}"] * 2
    assert rows.schema.field("sum").type == pa.decimal128(10, 2)
    assert rows["sum"].to_pylist() == [Decimal("1.50"), Decimal("2.00")]


def test_a_single_column_keeps_its_nulls(postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any) -> None:
    legacy_sql.execute("create table t (id text); insert into t values (null), (''), ('x'), (null)")
    rows, _ = read(postgres, make_feed(table="land_test.t"))
    assert rows["id"].to_pylist() == ["", "x", None, None]


def test_writing_through_a_legacy_postgres_fails(
    postgres: Connection, legacy_sql: Any, make_feed: Any, fail: Any
) -> None:
    legacy_sql.execute("create table t (id int)")
    with open_legacy(postgres) as legacy, pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        legacy.connection.cursor().execute("insert into land_test.t values (1)")  # type: ignore[union-attr]
    text = "with w as (insert into land_test.t values (1) returning id) select * from w"
    assert "legacy.feed" in fail(postgres, make_feed(sql=text))


def test_all_feeds_of_a_postgres_come_from_one_instant(postgres: Connection, legacy_sql: Any, make_feed: Any) -> None:
    legacy_sql.execute("create table t (id int); create table u (id int); insert into t values (1)")
    with open_legacy(postgres) as legacy:
        assert sum(len(block) for block in read_feed(legacy, make_feed(table="land_test.t")).blocks) == 1
        legacy_sql.execute("insert into u values (1)")
        assert sum(len(block) for block in read_feed(legacy, make_feed(table="land_test.u")).blocks) == 0
        before = legacy.instant
    with open_legacy(postgres) as legacy:
        assert legacy.instant != before


def test_what_postgres_refuses_is_named(postgres: Connection, legacy_sql: Any, make_feed: Any, fail: Any) -> None:
    legacy_sql.execute("""create table orders (id int, pic bytea, f real, n numeric(5,2), d date);
        insert into orders (id, n) values (1, 'NaN'); create table dates (id int, d date);
        insert into dates values (1, 'infinity')""")
    message = fail(postgres, make_feed(table="land_test.order"))
    assert 'relation "land_test.order" does not exist' in message
    assert "did you mean 'land_test.orders'?" in message
    assert fail(postgres, make_feed(table="land_test.ORDERS")).count("land_test.orders") == 1
    assert "column 'pic' holds binary data" in fail(postgres, make_feed(table="land_test.orders"))
    inexact = fail(postgres, make_feed(sql="select id, f from land_test.orders"))
    assert "column 'f' is real, which is not exact. Fix: declare it" in inexact
    assert "no column 'ids', which its key names. Fix: did you mean 'id'?" in fail(
        postgres, make_feed("ids", table="land_test.dates")
    )
    assert "column 'n' holds a value that is no decimal(5,2). Fix: declare a date or a number `text`" in fail(
        postgres, make_feed(sql="select id, n from land_test.orders")
    )
    assert "column 'd' holds a value that is no date. Fix:" in fail(postgres, make_feed(table="land_test.dates"))
    assert "two columns 'id'" in fail(postgres, make_feed(sql="select id, id from land_test.dates"))
    assert "syntax error" in fail(postgres, make_feed(sql="selekt id"))
    wide = "select 1 as id, " + ", ".join(f"2 as c{number}" for number in range(1200))
    assert "target lists can have at most 1664 entries" in fail(postgres, make_feed(sql=wide))


def test_dates_and_numbers_that_are_none_land_as_text_where_they_are_declared_so(
    postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any
) -> None:
    legacy_sql.execute("""create table t (id int, n numeric(5,2), d date, o oid);
        insert into t values (1, 'NaN', 'infinity', 4294967295), (2, 1.5, '0044-03-15 BC', 1),
            (3, -0.50, '12024-03-15', null)""")
    rows, reading = read(postgres, make_feed(table="land_test.t", columns={"n": "text", "d": "text"}))
    assert rows["n"].to_pylist() == ["NaN", "1.50", "-0.50"]
    assert rows["d"].to_pylist() == ["infinity", "0044-03-15 BC", "12024-03-15"]
    assert reading.count().totals == measure(rows, {}).totals
    assert reading.count().totals["o"].sum == 4294967296


def test_rows_that_a_policy_hides_are_not_left_out_in_silence(
    postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any, fail: Any
) -> None:
    legacy_sql.execute("""create table t (id int primary key); insert into t values (1), (2);
        alter table t enable row level security; create policy p on t using (id = 1);
        drop role if exists land_test_reader; create role land_test_reader login password 'x';
        grant usage on schema land_test to land_test_reader; grant select on t to land_test_reader""")
    reader = replace(postgres, login="land_test_reader", password="x")
    try:
        message = fail(reader, make_feed(table="land_test.t"))
    finally:
        legacy_sql.execute("drop owned by land_test_reader; drop role land_test_reader")
    assert "row-level security policy" in message and "bypassrls" in message
    assert len(read(postgres, make_feed(table="land_test.t"))[0]) == 2


def test_a_statement_that_takes_too_long_is_stopped(postgres: Connection, make_feed: Any) -> None:
    feed = make_feed(sql="select 1 as id, pg_sleep(5)::text as s")
    with open_legacy(postgres, timeout=1) as legacy, pytest.raises(SourceError, match="statement timeout"):
        read_feed(legacy, feed).count()
    limited = replace(postgres, extra={**postgres.extra, "statement_timeout": 400})
    with open_legacy(limited) as legacy, pytest.raises(SourceError, match="statement timeout"):
        read_feed(legacy, feed).count()


def test_a_reader_that_stops_early_leaves_no_thread(postgres: Connection, make_feed: Any) -> None:
    import threading

    sql = "select i as id, repeat('x', 1000) as t from generate_series(1, 100000) i"
    before = set(threading.enumerate())
    with open_legacy(postgres) as legacy:
        blocks = read_feed(legacy, make_feed(sql=sql)).blocks
        next(blocks)
        blocks.close()  # type: ignore[attr-defined]
    assert set(threading.enumerate()) <= before


def test_a_postgres_that_does_not_answer_is_transient() -> None:
    nowhere = Connection("erp", "postgres", "127.0.0.1", 1, "u", "secret", "d")
    with (
        pytest.raises(ConnectionLost, match="connection 'erp' cannot be opened") as caught,
        open_legacy(nowhere),
    ):
        pass
    assert "secret" not in str(caught.value)


def test_postgres_bytes_land_in_hexadecimal_where_they_are_declared(
    postgres: Connection, legacy_sql: Any, make_feed: Any, read: Any
) -> None:
    legacy_sql.execute("create table t (id int, b bytea); insert into t values (1, '\\x00ff0A'), (2, ''), (3, null)")
    rows, _ = read(postgres, make_feed(table="land_test.t", columns={"b": "text"}))
    assert rows["b"].to_pylist() == ["00ff0a", "", None]


def sqlite(path: Path, script: str) -> Connection:
    with sqlite3.connect(path / "legacy.db") as opened:
        opened.executescript(f"pragma synchronous = off; {script}")
    opened.close()
    return Connection("legacy", "sqlite", schema=str(path / "legacy.db"))


def test_sqlite_values_land_as_exact_text(tmp_path: Path, make_feed: Any, read: Any) -> None:
    connection = sqlite(tmp_path, """create table t (id, v);
        insert into t values
        ('b', 1), ('B', 0.1), ('a', '007'), ('c', null), ('d', 1e22), ('e', ''), ('f', 2.0)""")  # fmt: skip
    rows, _ = read(connection, make_feed(table="t", columns={"v": "decimal(10,2)"}))
    assert rows["id"].to_pylist() == ["B", "a", "b", "c", "d", "e", "f"]
    assert rows["v"].to_pylist() == ["0.1", "007", "1", None, "10000000000000000000000", "", "2"]


def test_sqlite_numbers_that_a_float_may_have_changed_are_counted(tmp_path: Path, make_feed: Any, read: Any) -> None:
    connection = sqlite(
        tmp_path,
        """create table t (id integer primary key, price, code integer);
        insert into t values (1, 12.34, 17), (2, 940.99999999999989, 'A7'), (3, 1.10105e17, '007'), (4, 0.1 + 0.2, 2.5),
            (5, -0.0, 1e15), (6, 123456789012.345, 9223372036854775807)""",
    )
    rows, reading = read(connection, make_feed(table="t"))
    assert rows["price"].to_pylist() == [
        "12.34", "940.9999999999999", "110105000000000000", "0.30000000000000004", "0", "123456789012.345",
    ]  # fmt: skip
    # SQLite itself stores a text that reads as a whole number as that number in a column of integers.
    assert rows["code"].to_pylist() == ["17", "A7", "7", "2.5", "1000000000000000", "9223372036854775807"]
    assert reading.notes == {"price: numbers of 16 digits or more, which a float may have changed": 3}


def test_a_sqlite_value_that_no_text_carries_is_refused_under_its_key(
    tmp_path: Path, make_feed: Any, fail: Any
) -> None:
    connection = sqlite(tmp_path, """create table t (a, b, v); insert into t values (1, 'x', 'ok'), (2, 'y', x'00ff');
        create table u (id, v); insert into u values (7, 9e999), (8, 1)""")  # fmt: skip
    message = fail(connection, make_feed(("a", "b"), table="t"))
    assert "column 'v' holds binary data, which is not landed, in the row with the key '2|y'" in message
    assert "column 'v' holds an infinite number in the row with the key '7'" in fail(connection, make_feed(table="u"))


@pytest.mark.parametrize("column", ["v", "V V", 'v"v', "a:b"])
def test_a_sqlite_column_may_have_any_name(tmp_path: Path, make_feed: Any, read: Any, column: str) -> None:
    quoted = column.replace('"', '""')
    connection = sqlite(tmp_path, f'create table t ("{quoted}"); insert into t values (2), (null), (1)')
    rows, _ = read(connection, make_feed(column, table="t"))
    assert rows[column].to_pylist() == [None, "1", "2"]


@given(values=lists(none() | text() | integers(-(2**63), 2**63 - 1) | floats(allow_nan=False, allow_infinity=False)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_sqlite_value_comes_back_from_its_text(
    tmp_path: Path, make_feed: Any, read: Any, values: list[Any]
) -> None:
    path = tmp_path / "law.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("create table t (id integer primary key, v)")
        opened.executemany("insert into t (v) values (?)", [(value,) for value in values])
        stored = [value for (value,) in opened.execute("select v from t order by id")]
    rows, _ = read(Connection("legacy", "sqlite", schema=str(path)), make_feed(table="t"))
    for value, landed in zip(stored, rows["v"].to_pylist(), strict=True):
        assert landed == value if value is None or isinstance(value, str) else type(value)(landed) == value


def test_writing_through_a_legacy_sqlite_fails(tmp_path: Path) -> None:
    connection = sqlite(tmp_path, "create table t (id)")
    with (
        open_legacy(connection) as legacy,
        pytest.raises(sqlalchemy.exc.OperationalError, match="readonly database"),
    ):
        legacy.connection.exec_driver_sql("insert into t values (1)")  # type: ignore[union-attr]


def test_all_feeds_of_a_sqlite_come_from_one_instant(tmp_path: Path, make_feed: Any) -> None:
    connection = sqlite(tmp_path, "pragma journal_mode = wal; create table t (id); create table u (id)")
    with open_legacy(connection) as legacy:
        with sqlite3.connect(tmp_path / "legacy.db") as writer:
            writer.execute("insert into u values (1)")
        writer.close()
        assert sum(len(block) for block in read_feed(legacy, make_feed(table="u")).blocks) == 0


def test_what_sqlite_refuses_is_named(tmp_path: Path, make_feed: Any, fail: Any) -> None:
    connection = sqlite(tmp_path, "create table orders (id, v); insert into orders values (1, cast(x'ff61' as text))")
    message = fail(connection, make_feed(table="order"))
    assert "there is no table 'order'. Fix: did you mean 'orders'?" in message
    message = fail(connection, make_feed(table="orders"))
    assert "column 'v' holds a text that is not in the database's own encoding in the row with the key '1'" in message
    assert "no column 'ids', which its key names" in fail(connection, make_feed("ids", table="orders"))
    assert "syntax error" in fail(connection, make_feed(sql="selekt 1"))
    (tmp_path / "text.db").write_bytes(b"no database " * 99)
    garbage = Connection("legacy", "sqlite", schema=str(tmp_path / "text.db"))
    with pytest.raises(InputError, match="cannot be read as SQLite: file is not a database"), open_legacy(garbage):
        pass
    nowhere = Connection("legacy", "sqlite", schema=str(tmp_path / "no.db"))
    with pytest.raises(InputError, match="names no SQLite file"), open_legacy(nowhere):
        pass


def test_a_table_in_a_folder_is_refused(tmp_path: Path, make_feed: Any, fail: Any) -> None:
    files = Connection("files", "fs", extra={"path": str(tmp_path)})
    assert "legacy.feed is a table or an extract, but its system is a folder" in fail(files, make_feed(table="t"))
