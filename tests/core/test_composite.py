"""Codes of several columns with `*`: against a naive reading, entry by entry; what is not clear fails."""

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cutover.core.composite import ANY, find_ambiguous, translate_composite

PARTS = st.sampled_from(["a", "b", ANY])
ENTRIES = st.dictionaries(st.tuples(PARTS, PARTS, PARTS), st.sampled_from(["X", "Y"]), max_size=8)
ROWS = st.lists(st.tuples(*[st.sampled_from(["a", "b", "c", None])] * 3), min_size=1, max_size=6)
Entries = list[tuple[tuple[str, ...], str]]


def naive(row: tuple[str | None, ...], entries: Entries) -> tuple[str | None, str | None]:
    if not any(part is not None for part in row):
        return None, None
    hits: dict[int, set[str]] = {}
    for source, target in entries:
        if all(part in (ANY, value) for part, value in zip(source, row, strict=True)):
            hits.setdefault(sum(part != ANY for part in source), set()).add(target)
    if not hits:
        return None, "no_entry"
    best = hits[max(hits)]
    return (best.pop(), None) if len(best) == 1 else (None, "ambiguous")


def translated(rows: list[tuple[str | None, ...]], entries: Entries) -> list[tuple[str | None, str | None]]:
    columns = [pa.array(list(column), pa.string()) for column in zip(*rows, strict=True)]
    filled = translate_composite(columns, entries)
    return [
        (filled.values[row].as_py(), next((why for why, mask in filled.failures if mask[row].as_py()), None))
        for row in range(len(rows))
    ]


@given(rows=ROWS, given_=ENTRIES)
def test_the_most_exact_entry_wins_and_a_tie_fails(
    rows: list[tuple[str | None, ...]], given_: dict[tuple[str, ...], str]
) -> None:
    entries = list(given_.items())
    assert translated(rows, entries) == [naive(row, entries) for row in rows]


@given(rows=ROWS, given_=ENTRIES)
def test_entries_that_the_check_accepts_are_never_ambiguous(
    rows: list[tuple[str | None, ...]], given_: dict[tuple[str, ...], str]
) -> None:
    entries = list(given_.items())
    assume(not list(find_ambiguous(entries)))
    assert "ambiguous" not in {why for _, why in translated(rows, entries)}


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([(("a", ANY), "X"), ((ANY, "b"), "Y")], [(0, 1)]),
        ([(("a", ANY), "X"), ((ANY, "b"), "X")], []),
        ([(("a", ANY), "X"), ((ANY, "b"), "Y"), (("a", "b"), "X")], []),
        ([(("a", ANY), "X"), (("b", ANY), "Y")], []),
        ([(("a", ANY), "X"), ((ANY, ANY), "Y")], []),
    ],
)
def test_a_tie_is_found_without_any_data(entries: Entries, found: list[tuple[int, int]]) -> None:
    assert list(find_ambiguous(entries)) == found
