"""COPY in and out: the same rows come back, whatever is in them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cutover.core.types import DataType, parse_type
from cutover.errors import TargetError
from cutover.systems.copying import Chunks, KeyRange, copy_bytes, copy_in, encode_rows, make_room, read_rows, stage_keys

COLUMNS = {
    name: parse_type(kind)
    for name, kind in {
        "id": "integer", "words": "text", "big": "decimal(38,10)", "money": "decimal(18,2)", "flag": "boolean",
        "day": "date", "moment": "timestamp", "small": "integer",
    }.items()
}  # fmt: skip
SCHEMA = pa.schema([(name, kind.arrow) for name, kind in COLUMNS.items()])
TABLE = """
create table erp.everything (id bigint primary key, words text, big numeric(38,10), money numeric(18,2), flag boolean,
                             day date, moment timestamptz, small smallint)
"""
# Every character that PostgreSQL keeps, those dear to CSV more often than chance has it.
_texts = st.text(
    st.characters(exclude_characters="\0", codec="utf-8") | st.sampled_from("\",\\\n\r\t.'N 中"), max_size=20
)
_rows = st.fixed_dictionaries(
    {
        "words": st.none() | _texts | st.sampled_from(["", "\\.", "a\n\\.\nb", "\\N", "NULL", '"', "\r\n", " "]),
        "big": st.none() | st.decimals(-(10**28) + 1, 10**28 - 1, places=10),
        "money": st.none() | st.decimals(-(10**15), 10**15, places=2),
        "flag": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        "moment": st.none() | st.datetimes(timezones=st.just(UTC)),
        "small": st.none() | st.integers(-(2**15), 2**15 - 1),
    }
)


@pytest.fixture
def table(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(TABLE)
    return "erp.everything"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_rows, max_size=8))
def test_rows_come_back_as_they_went(engine, table, rows):
    sent = pa.Table.from_pylist([{"id": number, **row} for number, row in enumerate(rows)], SCHEMA)
    with engine.connect() as connection:
        assert copy_in(connection, table, sent) == len(rows)
        assert read_rows(connection, table, COLUMNS, order=["id"]) == sent
        connection.rollback()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | _texts | st.sampled_from(["", "\\."]), max_size=5))
def test_a_single_column_keeps_null_and_empty_apart(engine, values):
    rows = pa.table({"words": pa.array(values, pa.string())})
    with engine.connect() as connection:
        connection.exec_driver_sql("create table erp.single (words text, place bigint generated always as identity)")
        copy_in(connection, "erp.single", rows)
        found = read_rows(connection, "erp.single", {"words": DataType("text")}, order=["place"])
        connection.rollback()
    assert found == rows


def test_postgresql_sees_what_was_sent(engine, table):
    row = {"id": 1, "words": "", "big": Decimal("1E-10"), "money": Decimal("-0.10"), "flag": True, "day": date(1, 1, 1),
           "moment": datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC), "small": -3}  # fmt: skip
    with engine.connect() as connection:
        copy_in(connection, table, pa.Table.from_pylist([row, {"id": 2}], SCHEMA))
        first, second = connection.execute(text("select * from erp.everything order by id")).mappings().all()
    assert dict(first) == row
    assert dict(second) == {**dict.fromkeys(COLUMNS), "id": 2}


def test_a_range_and_a_list_of_keys_pick_rows(engine, table):
    with engine.connect() as connection:
        copy_in(connection, table, pa.table({"id": list(range(10))}))
        picked = read_rows(connection, table, {"id": DataType("integer")}, where=KeyRange("id", 3, 5), order=["id"])
        assert picked["id"].to_pylist() == [3, 4]
        for keys in ([9, 1, 77], [2]):
            found = read_rows(
                connection, table, {"id": DataType("integer")}, where=pa.table({"id": keys}), order=["id"]
            )
            assert found["id"].to_pylist() == sorted(set(keys) & set(range(10)))


def test_a_number_too_large_for_its_column_is_refused_without_the_value(engine, table):
    with engine.connect() as connection, pytest.raises(TargetError) as caught:
        copy_in(connection, table, pa.table({"id": [1, 2], "small": [1, 40000]}))
    assert caught.value.facts == {"sqlstate": "22003", "table": "erp.everything", "column": "small"}
    assert "40000" not in str(caught.value)


def test_nul_is_refused(engine, table):
    with engine.connect() as connection, pytest.raises(TargetError, match="character"):
        copy_in(connection, table, pa.table({"id": [1], "words": ["a\0b"]}))


def test_reading_more_decimals_than_asked_for_is_refused_without_the_value(engine, table):
    with engine.connect() as connection:
        copy_in(connection, table, pa.table({"id": [1], "big": [Decimal("987654.123")]}))
        with pytest.raises(TargetError) as caught:
            read_rows(connection, table, {"big": parse_type("decimal(18,2)")}, order=["id"])
    assert "987654" not in str(caught.value) and caught.value.__cause__ is None


def test_blocks_are_read_as_they_come():
    drawn = []

    def blocks():
        for number in range(3):
            drawn.append(number)
            yield b"abcdef"

    chunks = Chunks(blocks())
    assert chunks.read(4) == b"abcd" and drawn == [0]
    assert chunks.read(4) == b"ef"
    assert [chunks.read(10) for _ in range(3)] == [b"abcdef", b"abcdef", b""]


def test_many_frames_are_one_statement(engine, table):
    frames = (encode_rows(pa.table({"id": [number], "words": [None]})) for number in range(3))
    with engine.connect() as connection:
        assert copy_bytes(connection, table, ["id", "words"], frames) == 3


def test_large_and_view_texts_and_nulls_are_written(engine, table):
    rows = pa.table({"id": [1], "words": pa.array(["x"], pa.large_string()), "flag": pa.nulls(1)})
    with engine.connect() as connection:
        copy_in(connection, table, rows)
        assert connection.execute(text("select words, flag from erp.everything")).one() == ("x", None)


def test_an_empty_chunk_is_not_written():
    full = pa.table({"a": [1], "b": ["x"]})
    parts = [pa.concat_tables(order).cast(full.schema) for order in ([full[:0], full], [full, full[:0], full])]
    assert [encode_rows(rows) for rows in parts] == [b'1,"x"\n', b'1,"x"\n1,"x"\n']


def test_room_of_the_same_shape_is_the_same_room_and_empty(engine, table):
    with engine.begin() as connection:
        first = stage_keys(connection, table, ["id"], [b"1\n2\n"])
        again = stage_keys(connection, table, ["id"], [b"3\n"])
        other = make_room(connection, "keys", table, ["id", "words"])
        assert first == again != other
        assert connection.execute(text(f"select array_agg(id) from {again}")).scalar() == [3]  # noqa: S608
