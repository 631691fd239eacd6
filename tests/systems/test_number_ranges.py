"""Counters of the target: moved past what a run brought, put back with it, left alone when somebody drew since."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from cutover.errors import TargetError
from cutover.project.model import NumberRange
from cutover.systems.ledger import insert_run, register_snapshot
from cutover.systems.number_ranges import advance_ranges, restore_ranges

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ORDERS = NumberRange(table="app.counter", where={"object": "order"}, next="next", numbers="app.orders", column="no")


@pytest.fixture
def run_id(engine):
    with engine.begin() as connection:
        for statement in (
            "create schema app",
            "create table app.counter (object text primary key, next bigint)",
            "create table app.orders (no text)",
            "insert into app.counter values ('order', 5), ('item', 7)",
        ):
            connection.execute(text(statement))
        register_snapshot(connection, "s1", NOW, {})
        facts = {"spec_sha256": "x", "spec_files": {}, "package_version": "0", "params": {}, "started_at": NOW}
        return insert_run(connection, wave="main", kind="full", snapshot="s1", entities=["order"], **facts)


def _do(engine, function, *arguments):
    with engine.begin() as connection:
        return function(connection, *arguments)


def _bring(engine, *numbers):
    with engine.begin() as connection:
        connection.execute(
            text("insert into app.orders select unnest(cast(:numbers as text[]))"), {"numbers": list(numbers)}
        )


def _counters(engine):
    with engine.connect() as connection:
        return {row.object: row.next for row in connection.execute(text("select object, next from app.counter"))}


def test_a_counter_stands_above_the_highest_number_and_goes_back(engine, run_id):
    _bring(engine, "SO-00042", "7", "none", "SO-00009")
    _do(engine, advance_ranges, run_id, [ORDERS])
    assert _counters(engine) == {"order": 43, "item": 7}
    _do(engine, restore_ranges, run_id)
    assert _counters(engine) == {"order": 5, "item": 7}


def test_a_counter_beyond_all_numbers_stays(engine, run_id):
    _bring(engine, "4")
    _do(engine, advance_ranges, run_id, [ORDERS])
    assert _counters(engine)["order"] == 5


def test_a_number_equal_to_the_next_one_moves_the_counter(engine, run_id):
    _bring(engine, "5")
    _do(engine, advance_ranges, run_id, [ORDERS])
    assert _counters(engine)["order"] == 6


def test_an_empty_table_moves_nothing(engine, run_id):
    _do(engine, advance_ranges, run_id, [ORDERS])
    assert _counters(engine)["order"] == 5


def test_a_counter_that_somebody_drew_from_since_is_left_alone(engine, run_id):
    _bring(engine, "42")
    _do(engine, advance_ranges, run_id, [ORDERS])
    with engine.begin() as connection:
        connection.execute(text("update app.counter set next = next + 1 where object = 'order'"))
    _do(engine, restore_ranges, run_id)
    assert _counters(engine)["order"] == 44


def test_a_counter_without_a_row_is_named(engine, run_id):
    _bring(engine, "42")
    missing = ORDERS.model_copy(update={"where": {"object": "unknown"}})
    with pytest.raises(TargetError, match=r"'unknown'.*create its row"):
        _do(engine, advance_ranges, run_id, [missing])
