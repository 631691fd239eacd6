"""MariaDB and MySQL: what the server stores is what lands, at one instant, and nobody writes."""

import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis.strategies import decimals, integers, lists, none, text, tuples
from sqlalchemy.exc import DBAPIError

from cutover.errors import ConnectionLost, InputError, SourceError
from cutover.project.model import Source
from cutover.systems.connections import Connection
from cutover.systems.sources import Feed, open_legacy, read_feed
from cutover.systems.sources.measure import Total, measure

pytestmark = pytest.mark.mariadb
Make = Callable[[str], Connection]
LAW = Feed("legacy.t", Source(system="legacy", table="t", key="id"), {})


def land(read: Any, connection: Connection, feed: Any) -> tuple[Any, dict[str, Any]]:
    """Read a feed; return it and its last row."""
    rows, reading = read(connection, feed)
    return (rows, reading), rows.to_pylist()[-1]


def test_numbers_land_exactly(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("""
        create table t (id int primary key, flag tinyint(1), plain int unsigned, big bigint, huge bigint unsigned,
            amount decimal(12,2), cents decimal(5,0) unsigned, tiny decimal(4,4), wide decimal(65,30),
            code int(6) zerofill, made year);
        insert into t values
            (2, 7, 4294967295, -9223372036854775808, 18446744073709551615, 0.10, 99999, 0.0012, 1.5, 42, 2024),
            (1, null, null, null, null, null, null, null, null, null, 0)""")
    (rows, reading), second = land(read, connection, make_feed(table="t"))
    types = {name: str(rows.schema.field(name).type) for name in rows.column_names}
    assert types == {
        **dict.fromkeys(("id", "flag", "plain", "big"), "int64"),
        **dict.fromkeys(("wide", "code", "made"), "string"),
        "huge": "decimal128(20, 0)",
        "amount": "decimal128(12, 2)",
        "cents": "decimal128(5, 0)",
        "tiny": "decimal128(4, 4)",
    }
    # A tinyint(1) may hold any small number: it is no boolean because of its width.
    assert (second["flag"], second["plain"], second["big"]) == (7, 2**32 - 1, -(2**63))
    assert (second["huge"], second["amount"], second["tiny"]) == (2**64 - 1, Decimal("0.10"), Decimal("0.0012"))
    assert (second["wide"], second["code"], second["made"]) == ("1.500000000000000000000000000000", "000042", "2024")
    assert {name for name, value in rows.to_pylist()[0].items() if value is not None} == {"id", "made"}
    assert rows["made"][0].as_py() == "0000"
    totals = reading.count().totals
    assert totals["huge"] == Total(Decimal(2**64 - 1), Decimal(2**64 - 1), Decimal(2**64 - 1))
    assert totals == measure(rows, {}).totals


def test_the_totals_of_the_server_are_exact_beyond_what_a_float_holds(
    mariadb_database: Make, make_feed: Any, read: Any
) -> None:
    connection = mariadb_database("""create table t (id int primary key, n bigint, d decimal(38,10));
        insert into t values (1, 9223372036854775807, 1234567890123456789012345678.0000000001),
            (2, 9223372036854775807, 0.0000000001)""")
    rows, reading = read(connection, make_feed(table="t"))
    totals = reading.count().totals
    assert totals["n"].sum == 2 * (2**63 - 1)
    assert totals["d"].sum == Decimal("1234567890123456789012345678.0000000002")
    assert totals == measure(rows, {}).totals


def test_dates_are_text_so_that_a_rule_decides_about_the_ones_that_are_none(
    mariadb_database: Make, make_feed: Any, read: Any
) -> None:
    connection = mariadb_database("""
        set sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+08:00';
        create table t (id int primary key, d date, at datetime, fine datetime(6), seen timestamp null, t time);
        insert into t values
            (1, '0000-00-00', '0000-00-00 00:00:00', '2024-02-31 10:00:00.000001', '0000-00-00', '-838:59:59'),
            (2, '2024-00-00', '2024-12-31 23:59:59', null, '2024-01-01 07:59:59', '00:00:00'),
            (3, null, null, null, null, null)""")
    rows, _ = read(connection, make_feed(table="t"))
    assert rows.to_pydict() == {
        "id": [1, 2, 3],
        "d": ["0000-00-00", "2024-00-00", None],
        "at": ["0000-00-00 00:00:00", "2024-12-31 23:59:59", None],
        "fine": ["2024-02-31 10:00:00.000001", None, None],
        "seen": ["0000-00-00 00:00:00", "2023-12-31 23:59:59+00:00", None],
        "t": ["-838:59:59", "00:00:00", None],
    }


def test_a_datetime_is_not_taken_for_a_moment(mariadb_database: Make, make_feed: Any, fail: Any, read: Any) -> None:
    connection = mariadb_database("create table t (id int primary key, at datetime, seen timestamp null)")
    message = fail(connection, make_feed(table="t", columns={"at": "timestamp"}))
    assert "column 'at' is a datetime, which has no time zone" in message
    assert "kind cast with its formats and its zone" in message
    rows, _ = read(connection, make_feed(table="t", columns={"seen": "timestamp"}))
    assert len(rows) == 0


def test_bits_enums_sets_and_json_are_text(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("""
        create table t (id int primary key, b1 bit, b64 bit(64), e enum('红', '007', ''), s set('a', 'b'), j json);
        insert into t values (1, 1, ~0, '红', 'b,a', '{"价": 1.10}'), (2, 0, b'101', '007', '', null)""")
    rows, _ = read(connection, make_feed(table="t"))
    assert rows["b1"].to_pylist() == ["1", "0"]
    assert rows["b64"].to_pylist() == ["1" * 64, "101".rjust(64, "0")]
    assert rows["e"].to_pylist() == ["红", "007"]
    assert rows["s"].to_pylist() == ["a,b", ""]
    assert rows["j"].to_pylist() == ['{"价": 1.10}', None]


def test_bytes_are_refused_or_hexadecimal(mariadb_database: Make, make_feed: Any, read: Any, fail: Any) -> None:
    connection = mariadb_database("""
        create table t (id int primary key, pic mediumblob, uuid binary(16), place point);
        insert into t values (1, x'00FF0a', x'6f1c7f4e5a3b4b7e9d590d1d2f3a4b5c', null), (2, '', null, null)""")
    assert "column 'pic' holds binary data, which is not landed. Fix: declare it as text" in fail(
        connection, make_feed(table="t")
    )
    rows, _ = read(connection, make_feed(table="t", columns={"pic": "text", "uuid": "text(32)", "place": "text"}))
    assert rows["pic"].to_pylist() == ["00ff0a", ""]
    assert rows["uuid"].to_pylist() == ["6f1c7f4e5a3b4b7e9d590d1d2f3a4b5c", None]


def test_floats_are_refused_unless_declared_and_then_land_whole(
    mariadb_database: Make, make_feed: Any, read: Any, fail: Any
) -> None:
    connection = mariadb_database("""create table t (id int primary key, f float, d double);
        insert into t values (1, 0.1, 0.1), (2, 16777217, 1e22), (3, 123456.7, 940.99999999999989), (4, -2, null)""")
    assert "column 'f' is float, which is not exact. Fix: declare it" in fail(connection, make_feed(table="t"))
    assert "column 'd' is double" in fail(connection, make_feed(sql="select id, d from t"))
    rows, _ = read(connection, make_feed(table="t", columns={"f": "decimal(12,2)", "d": "decimal(30,2)"}))
    # The server itself shows 16777200 and 123457.
    assert rows["f"].to_pylist() == ["0.1", "16777216", "123456.7", "-2"]
    assert rows["d"].to_pylist() == ["0.1", "10000000000000000000000", "940.9999999999999", None]


def test_old_and_new_character_sets_land_as_the_same_text(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("""
        create table t (id int primary key, l1 varchar(9) charset latin1, g varchar(9) charset gbk,
            b5 varchar(9) charset big5, u3 varchar(9) charset utf8mb3, u4 varchar(9) charset utf8mb4, c char(9));
        insert into t values (1, 'naïve €', '龙', '龍', '龙', '𠮷野😀', 'a  '), (2, '', '', '', '', '', ''),
            (3, null, null, null, null, null, null)""")
    (rows, _), _ = land(read, connection, make_feed(table="t"))
    assert rows.to_pylist()[0] == {
        "id": 1, "l1": "naïve €", "g": "龙", "b5": "龍", "u3": "龙", "u4": "𠮷野😀", "c": "a",
    }  # fmt: skip
    assert set(rows.to_pylist()[1].values()) == {2, ""}
    assert set(rows.to_pylist()[2].values()) == {3, None}


def test_a_text_that_has_no_unicode_is_refused_and_not_made_a_question_mark(
    mariadb_database: Make, make_feed: Any, read: Any, fail: Any
) -> None:
    connection = mariadb_database("""create table t (id int primary key, g varchar(9) charset gbk);
        insert into t values (1, _gbk x'C1FA'), (2, _gbk x'A2A1'), (3, _gbk x'A2AF')""")
    message = fail(connection, make_feed(table="t"))
    assert "column 'g' holds 1 texts that are no gbk" in message
    assert "mend them there, or read its bytes: hex(`g`)" in message
    rows, _ = read(connection, make_feed(sql="select id, hex(g) as g from t"))
    assert rows["g"].to_pylist() == ["C1FA", "A2A1", "A2AF"]


def test_chinese_that_hides_in_latin1_is_brought_out_by_an_extract(
    mariadb_database: Make, make_feed: Any, read: Any
) -> None:
    connection = mariadb_database("""create table t (id int primary key, name varchar(20) charset latin1);
        insert into t values (1, x'C9CFBAA3')""")
    rows, _ = read(connection, make_feed(table="t"))
    assert rows["name"].to_pylist() == ["ÉÏº£"]
    sql = "select id, convert(cast(name as binary) using gbk) as name from t"
    rows, _ = read(connection, make_feed(sql=sql))
    assert rows["name"].to_pylist() == ["上海"]


CELLS = none() | text(max_size=40)
NUMBERS = decimals(Decimal(-(10**18)), Decimal(10**18), places=6, allow_nan=False, allow_infinity=False)


@given(rows=lists(tuples(CELLS, CELLS, none() | NUMBERS, integers(0, 2**64 - 1)), max_size=12))
@settings(max_examples=40, deadline=None)
def test_every_value_comes_back_as_it_was_stored(mariadb: Any, law: Connection, rows: list[tuple[Any, ...]]) -> None:
    with closing(mariadb.connect(law.schema)) as session, session.cursor() as cursor:
        cursor.execute("truncate table t")
        cursor.executemany("insert into t (a, b, n, u) values (%s, %s, %s, %s)", rows)
    with open_legacy(law) as legacy:
        reading = read_feed(legacy, LAW)
        counted = reading.count()
        landed = pa.concat_tables([reading.schema.empty_table(), *reading.blocks])
    assert [tuple(row.values())[1:] for row in landed.to_pylist()] == rows
    assert counted is not None and counted.rows == len(rows)
    assert not rows or counted.totals == measure(landed, {}).totals


@pytest.fixture(scope="module")
def law(mariadb: Any) -> Connection:
    """A database with one table of texts and numbers."""
    return mariadb.create("""create table t (id int auto_increment primary key, a varchar(99), b longtext,
        n decimal(38,6), u bigint unsigned)""")  # type: ignore[no-any-return]


def test_rows_are_ordered_by_bytes_whatever_the_collation(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("""create table t (k varchar(9), v int);
        insert into t values ('b', 1), ('B', 2), ('a', 3), ('é', 4), ('a', 2), ('龙', 5), ('龙', null)""")
    rows, _ = read(connection, make_feed("k", table="t"))
    assert rows.to_pydict() == {"k": ["B", "a", "a", "b", "é", "龙", "龙"], "v": [2, 2, 3, 1, 4, None, 5]}


def test_long_texts_behind_an_equal_key_have_an_order_of_their_own(
    mariadb_database: Make, make_feed: Any, read: Any
) -> None:
    script = "create table t (k int, v text); insert into t values {}"
    texts = [f"(1, concat(repeat('x', 3000), '{end}'))" for end in "abcdefgh"]
    one = mariadb_database(script.format(", ".join(texts)))
    other = mariadb_database(script.format(", ".join(reversed(texts))))
    assert read(one, make_feed("k", table="t"))[0] == read(other, make_feed("k", table="t"))[0]


def test_a_unique_key_needs_no_sorting_of_the_rest(mariadb_database: Make, make_feed: Any) -> None:
    connection = mariadb_database("""create table t (a int not null, b int null, c int not null, v text,
        unique (a), unique (b), unique (c, a))""")
    with open_legacy(connection) as legacy:
        unique = legacy.dialect.is_unique  # type: ignore[union-attr]
        opened = legacy.connection  # type: ignore[union-attr]
        assert unique(opened, make_feed("a", table="t"))
        assert unique(opened, make_feed(("a", "v"), table="t"))
        assert not unique(opened, make_feed("b", table="t"))
        assert not unique(opened, make_feed("c", table="t"))
        assert not unique(opened, make_feed("a", sql="select * from t"))


def test_names_are_taken_as_they_are_written(mariadb_database: Make, make_feed: Any, read: Any, fail: Any) -> None:
    connection = mariadb_database("""
        create table Orders (id int primary key, Nr int, `select` int); insert into Orders values (1, 10, 1);
        create table orders (id int primary key); insert into orders values (2);
        create table `Order ``Details` (id int primary key, `a:b %s` int);
        insert into `Order ``Details` values (3, 4)""")
    assert read(connection, make_feed(table="Orders"))[0].to_pylist() == [{"id": 1, "Nr": 10, "select": 1}]
    assert read(connection, make_feed(table="orders"))[0].to_pylist() == [{"id": 2}]
    assert read(connection, make_feed(table="Order `Details"))[0].to_pylist() == [{"id": 3, "a:b %s": 4}]
    assert read(connection, make_feed(table=f"{connection.schema}.orders"))[0].to_pylist() == [{"id": 2}]
    message = fail(connection, make_feed(table="Order"))
    assert "there is no table 'Order'. Fix: did you mean 'Orders'?" in message
    assert "no column 'nr', which its key names" in fail(connection, make_feed("nr", table="Orders"))
    assert "Duplicate column name 'id'" in fail(connection, make_feed(sql="select id, id from orders"))
    assert "syntax" in fail(connection, make_feed(sql="selekt id"))


def test_an_extract_lands_with_the_types_of_its_result(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("create table t (id int, n decimal(9,3)); insert into t values (1, 1.5), (2, 2)")
    sql = "-- of {x} %s :y\nselect id, cast(n as decimal(10,2)) as sum, '50%' as p from t where '{a}' <> ':b' ; -- end"
    rows, _ = read(connection, make_feed(sql=sql.removesuffix("; -- end")))
    assert rows.to_pydict() == {"id": [1, 2], "sum": [Decimal("1.50"), Decimal("2.00")], "p": ["50%", "50%"]}
    assert rows.schema.field("sum").type == pa.decimal128(10, 2)


def test_the_session_does_not_depend_on_how_the_server_is_set(
    mariadb_database: Make, make_feed: Any, read: Any, fail: Any
) -> None:
    connection = mariadb_database("create table t (id int, g int, v int); insert into t values (1, 1, 1), (2, 1, 2)")
    sql = """select 1 as id, @@sql_mode as mode, @@time_zone as zone, @@sql_select_limit as top,
                    @@group_concat_max_len as long_texts, @@tx_isolation as isolation"""
    (_, row) = land(read, connection, make_feed(sql=sql))
    assert (row["mode"], row["zone"], row["isolation"]) == ("ONLY_FULL_GROUP_BY", "+00:00", "REPEATABLE-READ")
    assert (row["top"], row["long_texts"]) == (2**64 - 1, 1 << 24)
    # Which row's v is meant, nobody knows.
    assert "1055" in fail(connection, make_feed(sql="select g as id, v from t group by g"))


def test_what_the_database_warns_of_is_noted(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database(
        "create table t (id int primary key, v text); insert into t values (1, 'x'), (2, '3')"
    )
    rows, reading = read(connection, make_feed(sql="select id, cast(v as signed) as v from t"))
    assert rows["v"].to_pylist() == [0, 3]
    assert reading.notes == {"warning 1292 of the database": 1}
    assert read(connection, make_feed(table="t"))[1].notes == {}


def test_nobody_writes_through_a_legacy_mariadb(mariadb: Any, make_feed: Any, fail: Any) -> None:
    connection = mariadb.create("""create table t (id int) engine = InnoDB; create table m (id int) engine = MyISAM;
        create function f() returns int modifies sql data begin insert into t values (1); return 1; end""")
    for statement in (
        "insert into t values (1)",
        "insert into m values (1)",
        "delete from t",
        "truncate t",
        "drop table t",
    ):
        with open_legacy(connection) as legacy, pytest.raises(DBAPIError, match="1792|READ ONLY"):
            legacy.connection.exec_driver_sql(statement)  # type: ignore[union-attr]
    assert "1792" in fail(connection, make_feed(sql="select f() as id"))
    with open_legacy(connection) as legacy, pytest.raises(DBAPIError, match="1792"):
        legacy.connection.exec_driver_sql("commit")  # type: ignore[union-attr]
        legacy.connection.exec_driver_sql("insert into t values (1)")  # type: ignore[union-attr]
    assert mariadb.run(connection.schema, "select count(*) from t") == [(0,)]


def test_all_feeds_come_from_one_instant(mariadb: Any, make_feed: Any) -> None:
    connection = mariadb.create("create table t (id int); create table u (id int); insert into t values (1)")
    with open_legacy(connection) as legacy:
        mariadb.run(connection.schema, "insert into u values (1); insert into t values (2)")
        for table, rows in {"t": 1, "u": 0}.items():
            reading = read_feed(legacy, make_feed(table=table))
            assert reading.count().rows == rows  # type: ignore[union-attr]
            assert sum(len(block) for block in reading.blocks) == rows
        before = legacy.instant
    with open_legacy(connection) as legacy:
        assert legacy.instant != before


def test_a_table_that_no_snapshot_covers_is_noted(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("create table t (id int primary key) engine = MyISAM; insert into t values (1)")
    assert read(connection, make_feed(table="t"))[1].notes == {"engine MyISAM keeps no snapshot": 1}


def test_an_invisible_column_is_noted(mariadb_database: Make, make_feed: Any, read: Any) -> None:
    connection = mariadb_database("""create table t (id int primary key, v int invisible default 5);
        insert into t (id) values (1)""")
    rows, reading = read(connection, make_feed(table="t"))
    assert rows.column_names == ["id"]
    assert reading.notes == {"v: an invisible column, not landed; name it in an extract": 1}
    assert read(connection, make_feed(sql="select id, v from t"))[0].to_pylist() == [{"id": 1, "v": 5}]


def test_a_table_that_is_altered_meanwhile_is_told(mariadb: Any, make_feed: Any) -> None:
    connection = mariadb.create("create table t (id int primary key); insert into t values (1)")
    with open_legacy(connection) as legacy:
        mariadb.run(connection.schema, "alter table t add column v int not null default 1, algorithm = copy")
        with pytest.raises(SourceError, match="altered while the snapshot was read. Fix: run land again"):
            read_feed(legacy, make_feed(table="t")).count()


def test_a_statement_that_takes_too_long_is_stopped(mariadb_database: Make, make_feed: Any) -> None:
    connection = mariadb_database("create table t (id int)")
    with open_legacy(connection, timeout=1) as legacy, pytest.raises(SourceError, match="statement timeout"):
        list(read_feed(legacy, make_feed(sql="select 1 as id, sleep(9) as s")).blocks)


def test_a_database_that_goes_away_is_transient(mariadb: Any, make_feed: Any) -> None:
    connection = mariadb.create("create table t (id int)")
    with open_legacy(connection) as legacy:
        (number,) = legacy.connection.exec_driver_sql("select connection_id()").one()  # type: ignore[union-attr]
        mariadb.run(None, f"kill {number}")
        with pytest.raises(ConnectionLost, match="was lost while legacy.feed was read"):
            read_feed(legacy, make_feed(table="t"))
    nowhere = Connection("erp", "mysql", "127.0.0.1", 1, "u", "secret", "d")
    with pytest.raises(ConnectionLost, match="connection 'erp' cannot be opened") as caught, open_legacy(nowhere):
        pass
    assert "secret" not in str(caught.value)


def test_a_socket_and_a_certificate_of_the_connection_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import pymysql

    asked: dict[str, Any] = {}

    def refuse(*_: Any, **arguments: Any) -> None:
        asked.update(arguments)
        raise pymysql.err.OperationalError(2003, "no answer")

    monkeypatch.setattr(pymysql, "connect", refuse)
    extra = {"ssl": {"ca": "/etc/ca.pem"}, "unix_socket": "/run/mysqld.sock", "cursor": "dictcursor"}
    with pytest.raises(ConnectionLost), open_legacy(Connection("erp", "mysql", "db", 3306, "u", "p", "d", extra)):
        pass
    assert (asked["ssl"], asked["unix_socket"]) == ({"ca": "/etc/ca.pem"}, "/run/mysqld.sock")
    assert "cursor" not in asked and asked["charset"] == "utf8mb4"


def test_a_driver_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "pymysql"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "pymysql", None)
    connection = Connection("erp", "mysql", "127.0.0.1", 3306, "root", "", "mysql")
    with pytest.raises(InputError, match=r"needs a driver: .*pip install 'cutover\[mysql\]'"), open_legacy(connection):
        pass


def test_rows_are_streamed_in_flat_memory(mariadb_database: Make, make_feed: Any) -> None:
    connection = mariadb_database("create table t (id int)")
    feed = make_feed(sql="select seq as id, repeat('x', 1000) as v from seq_1_to_60000")
    with open_legacy(connection) as legacy:
        reading, rows = read_feed(legacy, feed), 0
        tracemalloc.start()
        for block in reading.blocks:
            rows += len(block)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert rows == 60_000
    # The rows are 60 MB; a block of them is ten.
    assert peak < 35 << 20, f"{peak >> 20} MiB"


def test_a_failure_in_the_middle_does_not_wait_for_the_rest(mariadb_database: Make, make_feed: Any) -> None:
    connection = mariadb_database("create table t (id int)")
    feed = make_feed(sql="select seq as id, repeat('x', 1000) as v from seq_1_to_2000000")
    started = monotonic()
    with pytest.raises(RuntimeError, match="disk is full"), open_legacy(connection) as legacy:
        blocks = read_feed(legacy, feed).blocks
        assert len(next(blocks)) == 10_000
        raise RuntimeError("the disk is full")
    blocks.close()  # type: ignore[attr-defined]
    # To read the two gigabytes that were still to come takes half a minute.
    assert monotonic() - started < 10


KEYS = """select table_name, group_concat(column_name order by ordinal_position) from information_schema.columns
    where table_schema = database() and column_key = 'PRI' group by table_name order by table_name"""
MEASURED = """select column_name from information_schema.columns
    where table_schema = database() and table_name = '{}' and data_type in ('decimal', 'int', 'bigint', 'smallint')"""


def land_all(server: Any, connection: Connection, make_feed: Any, read: Any) -> dict[str, int]:
    """Land every table of a database; compare rows and sums with those that the server is asked for."""
    counts = {}
    for table, key in server.run(connection.schema, KEYS):
        binary = {"productlines": {"image": "text"}, "cms_prefrence_area": {"pic": "text"}}.get(table, {})
        rows, reading = read(connection, make_feed(tuple(key.split(",")), table=table, columns=binary))
        counted = reading.count()
        ((asked,),) = server.run(connection.schema, f"select count(*) from `{table}`")
        assert len(rows) == counted.rows == asked, table
        totals = measure(rows, {}).totals
        columns = [name for (name,) in server.run(connection.schema, MEASURED.format(table))]
        assert sorted(totals) == sorted(columns), table
        for name in columns:
            ((total,),) = server.run(connection.schema, f"select sum(`{name}`) from `{table}`")
            assert totals[name].sum == (total or 0), (table, name)
            assert not asked or counted.totals[name] == totals[name], (table, name)
        counts[table] = asked
    return counts


def test_classicmodels_lands(shared_data: Path, mariadb: Any, make_feed: Any, read: Any) -> None:
    dump = shared_data / "1_classicmodels_mysql" / "classicmodels.sql"
    connection = mariadb.load(dump, "classicmodels")
    counts = land_all(mariadb, connection, make_feed, read)
    # The figures of the data's own README.
    told = {"customers": 122, "products": 110, "orders": 326, "orderdetails": 2996, "payments": 273}
    assert counts == told | {"employees": 23, "offices": 7, "productlines": 7}
    assert sum(counts.values()) == 3864


def test_mall_lands(shared_data: Path, mariadb: Any, make_feed: Any, read: Any) -> None:
    connection = mariadb.load(shared_data / "5_mall_mysql_zh" / "mall.sql")
    counts = land_all(mariadb, connection, make_feed, read)
    told = {"pms_product": 38, "pms_sku_stock": 96, "oms_order": 65, "oms_order_item": 94, "oms_order_return_apply": 21}
    assert counts.items() >= told.items()
    assert sum(counts.values()) == 1653
    brands, _ = read(connection, make_feed(table="pms_brand"))
    assert {"小米", "华为"} <= set(brands["name"].to_pylist())
