"""Numbers of sequences: one per source key for ever, none twice, and an exhausted range is told."""

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cutover.errors import TerminalError
from cutover.systems.given_numbers import give_numbers

KEYS = st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1), min_size=1, max_size=4)


def give(engine, *keys, first=100, last=199, keep=True, rule="R"):
    with engine.begin() as connection:
        found = give_numbers(connection, rule, pa.array(keys, pa.string()), first=first, last=last, keep=keep)
    return found.to_pylist()


def test_a_key_keeps_its_number_whatever_comes_later(engine):
    assert give(engine, "b", "c") == [100, 101]
    assert give(engine, "a", "b", "b", "d") == [102, 100, 100, 103]
    assert give(engine, "a", rule="OTHER") == [100]


def test_without_keeping_nothing_is_written(engine):
    assert give(engine, "a", "b", keep=False) == [100, 101]
    assert give(engine, "b") == [100]


def test_an_exhausted_range_stops_and_nothing_stays(engine):
    give(engine, "a", last=101)
    with pytest.raises(TerminalError, match="needs 2 more numbers, its range 100 to 101 holds 1"):
        give(engine, "a", "b", "c", last=101)
    assert give(engine, "b", last=101) == [101]


def test_a_range_that_moved_up_begins_there(engine):
    give(engine, "a")
    assert give(engine, "a", "b", first=150) == [100, 150]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(snapshots=KEYS)
def test_numbers_are_stable_and_distinct_over_snapshots(engine, snapshots):
    with engine.begin() as connection:
        connection.execute(text("delete from cutover.given_number"))
    known: dict[str, int] = {}
    for keys in snapshots:
        ordered = sorted(keys)
        found = dict(zip(ordered, give(engine, *ordered), strict=True))
        assert all(found[key] == known.get(key, found[key]) for key in found)
        known |= found
    assert sorted(known.values()) == list(range(100, 100 + len(known)))
