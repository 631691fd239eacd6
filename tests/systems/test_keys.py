"""Reserved keys: the same for a snapshot, never somebody else's, and given back when nobody needs them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy import text

from cutover.errors import InputError, TargetError
from cutover.systems.keys import Release, advance_keys, plan_release, release_keys, reserve_keys
from cutover.systems.ledger import register_snapshot

SEQUENCE = "erp.category_id_seq"
STATE = "select (last_value, is_called)::text from erp.category_id_seq"


@pytest.fixture
def ready(engine):
    with engine.begin() as connection:
        for snapshot in ("s1", "s2"):
            register_snapshot(connection, snapshot, datetime(2024, 1, 1, tzinfo=UTC), {"rows": 1})
    return engine


def _reserve(engine, rows=100, snapshot="s1", entity="category"):
    with engine.begin() as connection:
        return reserve_keys(connection, snapshot, entity, "erp.category", "id", rows)


def _run(engine, statement):
    with engine.begin() as connection:
        return connection.execute(text(statement)).scalar()


def _next(engine):
    return _run(engine, f"select nextval('{SEQUENCE}')")


def test_a_range_is_reserved_once(ready):
    assert [_reserve(ready), _reserve(ready), _reserve(ready, rows=7)] == [1, 1, 1]
    assert _next(ready) == 101


def test_each_snapshot_and_entity_has_its_own_range(ready):
    assert [_reserve(ready, 10), _reserve(ready, 5, snapshot="s2"), _reserve(ready, 5, entity="other")] == [
        1,
        11,
        16,
    ]


def test_no_rows_need_no_keys(ready):
    assert _reserve(ready, rows=0) == 1 and _next(ready) == 1


def test_keys_in_use_are_left_alone(ready):
    _next(ready)
    _run(ready, "insert into erp.category (id, code) values (50, 'by hand') returning id")
    assert _reserve(ready, 10) == 51


def test_a_reservation_that_is_rolled_back_never_was(ready):
    with ready.connect() as connection:
        reserve_keys(connection, "s1", "category", "erp.category", "id", 100)
        connection.rollback()
    assert _next(ready) == 1 and _run(ready, "select count(*) from cutover.key_range") == 0


def test_callers_of_nextval_never_get_a_reserved_key(ready):
    stop, drawn = Event(), []

    def draw():
        mine = []
        while not stop.is_set():
            mine.append(_next(ready))
        drawn.extend(mine)

    with ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(draw) for _ in range(3)]
        reserved = []
        for number in range(25):
            first = _reserve(ready, 13, entity=f"e{number}")
            reserved.extend(range(first, first + 13))
        stop.set()
        for caller in callers:
            caller.result()
    assert len(drawn) > 25
    assert len({*drawn, *reserved}) == len(drawn) + len(reserved)


def test_concurrent_askers_get_the_same_range(ready):
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: _reserve(ready, 10), range(8))) == {1}
    assert _next(ready) == 11


def test_a_snapshot_must_be_registered_and_a_column_have_a_sequence(ready):
    with pytest.raises(InputError, match="not registered"):
        _reserve(ready, snapshot="unknown")
    with ready.begin() as connection, pytest.raises(TargetError, match="has no sequence"):
        reserve_keys(connection, "s1", "price", "erp.price", "item", 3)


def test_a_sequence_that_counts_otherwise_is_refused(ready):
    _run(ready, f"alter sequence {SEQUENCE} increment by 10; select 1")
    with pytest.raises(TargetError, match="counts up by one"):
        _reserve(ready)


def test_more_rows_get_a_new_range_while_nothing_is_loaded(ready):
    assert [_reserve(ready, 10), _reserve(ready, 20)] == [1, 11]


def test_a_range_that_others_stand_in_is_replaced(ready):
    assert _reserve(ready, 10) == 1
    _run(ready, "insert into erp.category (id, code) values (5, 'by hand') returning id")
    with ready.begin() as connection, pytest.raises(TargetError, match="1 rows of erp.category have keys"):
        advance_keys(connection, "s1", ["category"])
    assert _reserve(ready, 10) == 11


def _release(engine):
    with engine.begin() as connection:
        planned = plan_release(connection)
        assert release_keys(connection) == planned
        return planned


@pytest.mark.parametrize("drawn", [0, 1, 5])
def test_keys_that_nobody_needs_go_back_through_all_reservations(ready, drawn):
    for _ in range(drawn):
        _next(ready)
    before = _run(ready, STATE)
    _reserve(ready, 10)
    _reserve(ready, 20, snapshot="s2")
    assert _release(ready) == [Release(SEQUENCE, max(drawn, 1), drawn > 0)]
    assert _run(ready, STATE) == before
    assert _next(ready) == drawn + 1


def test_keys_stay_when_somebody_drew_since(ready):
    _reserve(ready, 10)
    _next(ready)
    assert _release(ready) == [] and _next(ready) == 12


def test_keys_stay_when_a_row_uses_them(ready):
    _reserve(ready, 10)
    _reserve(ready, 10, snapshot="s2")
    _run(ready, "insert into erp.category (id, code) values (3, 'loaded') returning id")
    assert _release(ready) == [Release(SEQUENCE, 11, False)]
    assert _next(ready) == 11


def test_a_range_stays_valid_after_it_went_back(ready):
    assert _reserve(ready, 10) == 1
    _release(ready)
    assert _reserve(ready, 10) == 1
    assert _reserve(ready, 10, snapshot="s2") == 11
    _release(ready)
    with ready.begin() as connection:
        advance_keys(connection, "s1", ["category"])
    assert _next(ready) == 11
