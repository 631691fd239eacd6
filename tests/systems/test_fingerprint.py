"""Fingerprints: whatever changes in the target changes them, and anybody can compute them again."""

import hashlib

import pytest
from sqlalchemy import text

from cutover.systems.fingerprint import TableFingerprint, compare_fingerprints, take_fingerprint

VOLATILE = ["erp.customer.updated_at"]
ROWS = """
insert into erp.customer (code, name, credit, active, since, seen_at, note) values
    ('C1', '客户 "quoted" \\ back', 1.50, true,  '2000-01-01', '2024-01-01 08:00:00.000001+08', ''),
    ('C2', 'comma, (paren)',          null, false, null,         null,                            null),
    ('C3', 'line' || chr(10) || 'end', 0,    null,  '1999-12-31', null,                            'x y')
"""


@pytest.fixture
def filled(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(ROWS)
    return engine


def _take(engine):
    with engine.connect() as connection:
        return take_fingerprint(connection, ["erp"], VOLATILE)


def _of(taken: list[TableFingerprint], name: str) -> TableFingerprint:
    [found] = [entry for entry in taken if entry.table == name]
    return found


def _record(values: list[str | None]) -> str:
    """PostgreSQL's record text, written down again from its documentation."""

    def field(value: str | None) -> str:
        if value is None:
            return ""
        plain = value and not any(c in '"\\(),' or c.isspace() for c in value)
        return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'

    return "(" + ",".join(map(field, values)) + ")"


def test_python_computes_the_same_digest(filled):
    # Columns by name: active, category_id, code, credit, id, name, note, seen_at, since.
    rows = [
        [
            "t",
            None,
            "C1",
            "1.50",
            "1",
            '客户 "quoted" \\ back',
            "",
            "2024-01-01 00:00:00.000001+00",
            "2000-01-01",
        ],
        ["f", None, "C2", None, "2", "comma, (paren)", None, None, None],
        [None, None, "C3", "0.00", "3", "line\nend", "x y", None, "1999-12-31"],
    ]
    total = sum(int.from_bytes(hashlib.sha256(_record(row).encode()).digest()[:8]) for row in rows) % 2**64
    assert _of(_take(filled), "erp.customer") == TableFingerprint("erp.customer", 3, f"{total:016x}")


def test_an_empty_table_and_an_unused_sequence_are_covered(engine):
    taken = _take(engine)
    assert _of(taken, "erp.category") == TableFingerprint("erp.category", 0, "0" * 16)
    assert _of(taken, "erp.category_id_seq") == TableFingerprint("erp.category_id_seq", 0, "1,not called", "sequence")
    assert {entry.table for entry in taken if entry.kind == "table"} == {
        "erp.address", "erp.category", "erp.customer", "erp.price", "erp.remark"
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "update erp.customer set note = null where note = ''",
        "update erp.customer set name = name || ' ' where code = 'C3'",
        "update erp.customer set credit = 0.01 where code = 'C3'",
        "update erp.customer set since = null, note = '1999-12-31' where code = 'C3'",
        "insert into erp.customer (code, name) values ('C4', '')",
        "delete from erp.customer where code = 'C1'",
        "select nextval('erp.category_id_seq')",
    ],
)
def test_every_change_shows(filled, change):
    before = _take(filled)
    with filled.begin() as connection:
        connection.execute(text(change))
    assert compare_fingerprints(before, _take(filled))


def test_a_doubled_pair_shows_where_xor_would_not(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("create table erp.line (text text); insert into erp.line values ('a'), ('b'), ('b')")
    before = _take(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("update erp.line set text = 'a' where ctid = (select max(ctid) from erp.line)")
    after = _take(engine)
    assert _of(before, "erp.line").rows == _of(after, "erp.line").rows
    assert [line.split(":")[0] for line in compare_fingerprints(before, after)] == ["erp.line"]


@pytest.mark.parametrize("change", ["update erp.customer set updated_at = updated_at + interval '1 day'", "select 1"])
def test_volatile_columns_and_reading_do_not_show(filled, change):
    before = _take(filled)
    with filled.begin() as connection:
        connection.execute(text(change))
    assert compare_fingerprints(before, _take(filled)) == []


def test_the_order_of_rows_and_columns_does_not_matter(filled):
    before = _take(filled)
    with filled.begin() as connection:
        connection.exec_driver_sql(
            "alter table erp.customer add column copy text; update erp.customer set copy = note;"
            "alter table erp.customer drop column note; alter table erp.customer rename copy to note;"
            "cluster erp.customer using customer_code_key"
        )
    assert compare_fingerprints(before, _take(filled)) == []


def test_a_table_that_came_or_went_shows(engine):
    before = _take(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table erp.remark; create table erp.note ()")
    told = compare_fingerprints(before, _take(engine))
    assert [line for line in told if line.startswith("erp.note: 0 rows")]
    assert "erp.remark: not there" in told[1] and told[2].startswith("erp.remark_id_seq")
