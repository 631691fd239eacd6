"""Texts taken apart and put together: nothing is left over, and what was joined can be taken apart again."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.core.rules import Filled
from cutover.core.texts import groups_of, join_texts, split_texts, write_numbers

WORD = st.text(st.characters(exclude_characters="|\n", codec="utf-8"), min_size=1, max_size=6)


def reasons(filled: Filled) -> list[list[str]]:
    return [[reason for reason, mask in filled.failures if mask[place].as_py()] for place in range(len(filled.values))]


def test_a_text_is_taken_apart_or_left_over() -> None:
    texts = pa.array(["建设路 396号", "建设路", None, "396号\nx", ""])
    pattern = r"(?P<street>\D*?) ?(?P<number>\d*号)?"
    street, number = (split_texts(texts, pattern, part) for part in ("street", "number"))
    assert street.values.to_pylist() == ["建设路", "建设路", None, None, None]
    assert number.values.to_pylist() == ["396号", None, None, None, None]
    assert reasons(street) == reasons(number) == [[], [], [], ["leftover"], []]


def test_a_pattern_matches_the_whole_text_whatever_its_alternatives() -> None:
    filled = split_texts(pa.array(["ab", "a"]), "(?P<x>a)|b", "x")
    assert (filled.values.to_pylist(), reasons(filled)) == ([None, "a"], [["leftover"], []])


@pytest.mark.parametrize("pattern", ["(", "(a)(?P<b>b)", "(?P<b>"])
def test_a_pattern_without_names_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="groups all have a name"):
        groups_of(pattern)


@given(rows=st.lists(st.tuples(WORD, WORD), min_size=1, max_size=5))
def test_what_is_joined_can_be_taken_apart_again(rows: list[tuple[str, str]]) -> None:
    first, second = (pa.array(list(column)) for column in zip(*rows, strict=True))
    joined = join_texts([first, second], "|", reversible=True)
    assert reasons(joined) == [[]] * len(rows)
    for part, column in (("a", first), ("b", second)):
        assert split_texts(joined.values, r"(?P<a>[^|]*)\|(?P<b>[^|]*)", part).values.equals(column)


def test_empty_parts_are_left_out_and_a_part_with_the_separator_fails_where_it_must_be_reversible() -> None:
    columns = [pa.array(["a", "", None, "a-b"]), pa.array(["c", "c", None, "c"])]
    free, strict = (join_texts(columns, "-", reversible=flag) for flag in (False, True))
    assert free.values.to_pylist() == ["a-c", "c", None, "a-b-c"]
    assert strict.values.to_pylist() == ["a-c", "c", None, None]
    assert reasons(strict) == [[], [], [], ["holds_separator"]]


def test_numbers_are_padded_and_never_cut() -> None:
    assert write_numbers(pa.array([7, 12345, None]), "D", 3).to_pylist() == ["D007", "D12345", None]
