"""Comparing two frames: against a naive dictionary, cell by cell."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.comparison import CELLS, NOTHING, DuplicateKeys, compare

CELL = st.tuples(st.none() | st.sampled_from(["", "x", "y"]), st.none() | st.decimals(0, 2, places=1))
SIDE = st.dictionaries(st.sampled_from("abcdef"), CELL, max_size=6)
SCHEMA = pa.schema([("key", pa.string()), ("text", pa.string()), ("amount", pa.decimal128(5, 1))])


def frame(rows: dict[str, tuple[str | None, Decimal | None]]) -> pa.Table:
    lines = [{"key": key, "text": text, "amount": amount} for key, (text, amount) in rows.items()]
    return pa.Table.from_pylist(lines, SCHEMA)


@given(expected=SIDE, actual=SIDE)
def test_every_key_is_in_exactly_one_count(expected: dict, actual: dict) -> None:  # type: ignore[type-arg]
    found = compare(frame(expected), frame(actual), "key", ["text", "amount"])
    both = expected.keys() & actual.keys()
    same = {key for key in both if expected[key] == actual[key]}
    assert found.matched == len(same)
    assert found.differing == len(both - same)
    assert set(found.missing) == expected.keys() - actual.keys()
    assert set(found.unexpected) == actual.keys() - expected.keys()
    assert found.compared == len(expected.keys() | actual.keys())
    cells = {(line["key"], line["column"]): (line["expected"], line["actual"]) for line in found.cells.to_pylist()}
    wanted = {
        (key, name): tuple(None if side[key][place] is None else str(side[key][place]) for side in (expected, actual))
        for key in both
        for place, name in enumerate(("text", "amount"))
        if expected[key][place] != actual[key][place]
    }
    assert cells == wanted


@given(expected=SIDE, actual=SIDE)
def test_comparing_in_parts_adds_up(expected: dict, actual: dict) -> None:  # type: ignore[type-arg]
    whole = compare(frame(expected), frame(actual), "key", ["text"])
    parts = NOTHING
    for half in ("abc", "def"):
        sides = [frame({key: row for key, row in side.items() if key in half}) for side in (expected, actual)]
        parts += compare(*sides, "key", ["text"])
    assert (parts.matched, parts.differing) == (whole.matched, whole.differing)
    assert set(parts.missing) == set(whole.missing)
    assert len(parts.cells) == len(whole.cells)


@pytest.mark.parametrize("side", ["expected", "actual"])
def test_a_repeated_key_stops_the_comparison(side: str) -> None:
    once, twice = frame({"a": ("x", None)}), pa.concat_tables([frame({"a": ("x", None)})] * 2)
    sides = {"expected": once, "actual": once, side: twice}
    with pytest.raises(DuplicateKeys, match=f"the {side} side"):
        compare(sides["expected"], sides["actual"], "key", ["text"])


def test_columns_that_are_empty_on_one_side_differ_where_the_other_has_values() -> None:
    left = pa.table({"key": ["a", "b"], "text": pa.array(["x", None])})
    right = pa.table({"key": ["a", "b"], "text": pa.array([None, None], pa.string())})
    assert compare(left, right, "key", ["text"]).cells.to_pylist() == [
        {"key": "a", "column": "text", "expected": "x", "actual": None}
    ]
    empty = pa.table({"key": ["a"], "text": pa.nulls(1)})
    assert compare(empty, left.slice(0, 1).cast(left.schema), "key", ["text"]).differing == 1


def test_nothing_is_the_zero_of_addition() -> None:
    found = compare(frame({"a": ("x", None)}), frame({"a": ("y", None)}), "key", ["text"])
    assert found + NOTHING == found
    assert NOTHING.cells.schema == CELLS
