"""Three parsers, one meaning: what is written in a dialect is read back identically, however it is cut."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.systems.sources import records
from cutover.systems.sources.records import (
    Dialect,
    Malformed,
    Parsed,
    Ragged,
    _parse_arrow,
    _parse_split,
    _parse_strict,
    count_lines,
    parse_block,
)

COMMA = Dialect(b",", None, b'"')
BULK = Dialect(b"+|", b"&|\n", None)
DIALECTS = [
    COMMA,
    Dialect(b"\t", None, b'"'),
    Dialect(b";", None, b"'"),
    Dialect(b"||", None, b'"'),
    Dialect(b"+|", b"&|\n", b'"'),
    Dialect("§".encode(), None, b'"'),
    Dialect(b",", b"\x1e", b'"'),
    Dialect(b",", None, "”".encode()),
]
TEXTS = st.text(st.sampled_from("ab,;\t|+&§\"'”\n\r \\é中𠮷0\x1e\x00"), max_size=6)
Cells = list[list[str | None]]


def write(rows: Cells, dialect: Dialect, ending: bytes) -> bytes:
    """Write rows so that nothing but an unquoted empty field means null."""
    return b"".join(dialect.separator.join(_field(cell, dialect) for cell in row) + ending for row in rows)


def _field(cell: str | None, dialect: Dialect) -> bytes:
    if cell is None:
        return b""
    quote, text = dialect.quote or b"", cell.encode()
    plain = cell.isalnum()
    return text if plain else quote + text.replace(quote, quote * 2) + quote


def parse_in_pieces(text: bytes, dialect: Dialect, names: list[str], size: int) -> Cells:
    """Feed the text in pieces of `size` bytes, as a file is read."""
    pending, rows = b"", []
    for start in range(0, len(text) + 1, size):
        pending += text[start : start + size]
        parsed = parse_block(pending, dialect, names, final=start + size > len(text))
        assert not parsed.ragged
        pending = pending[parsed.consumed :]
        rows += _cells(parsed)
    assert not pending
    return rows


def _cells(parsed: Parsed) -> Cells:
    return [list(row.values()) for row in parsed.rows.to_pylist()]


@st.composite
def tables(draw: st.DrawFn) -> Cells:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(st.none() | TEXTS, min_size=width, max_size=width), min_size=1, max_size=6))


@settings(max_examples=400, deadline=None)
@given(tables(), st.sampled_from(DIALECTS), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.integers(1, 40))
def test_any_table_in_any_dialect_is_read_back_identically(
    rows: Cells, dialect: Dialect, line: bytes, size: int
) -> None:
    text = write(rows, dialect, dialect.ending or line)
    names = [f"c{index}" for index in range(len(rows[0]))]
    assert parse_in_pieces(text, dialect, names, size) == rows


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from('ab,"\n\r '), max_size=30))
def test_where_the_fast_parsers_answer_they_agree_with_the_strict_one(text: str) -> None:
    names = ["a", "b"]
    try:
        strict: Parsed | None = _parse_strict(text.encode(), COMMA, names, True)
    except Malformed:
        strict = None
    for parser in (_parse_arrow, _parse_split):
        fast = parser(text.encode(), COMMA, names, True)
        if fast is not None:
            assert strict is not None
            assert (_cells(fast), fast.ragged) == (_cells(strict), strict.ragged)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(st.none() | TEXTS, min_size=1, max_size=4), max_size=8), st.sampled_from([b"\n", b"\r\n"]))
def test_each_row_is_read_or_told_with_its_place_and_line(rows: Cells, ending: bytes) -> None:
    text = write(rows, COMMA, ending)
    parsed = parse_block(text, COMMA, ["a", "b"], final=True)
    blank = [row for row in rows if row == [None]]
    assert len(parsed.rows) + len(parsed.ragged) == len(rows) - len(blank)
    assert [row for row in rows if len(row) == 2] == _cells(parsed)
    written = [row for row in rows if row != [None]]
    for ragged in parsed.ragged:
        row = written[ragged.place]
        assert (ragged.found, ragged.text + ending) == (len(row), write([row], COMMA, ending))
        lines = re.split(rb"\r\n|\n|\r", text)
        assert lines[ragged.line - 1] == re.split(rb"\r\n|\n|\r", ragged.text)[0]


def test_the_fast_parser_takes_ordinary_files() -> None:
    parsed = _parse_arrow(b'a,"x ""y"", z"\nb,\n', COMMA, ["k", "v"], True)
    assert parsed is not None
    assert _cells(parsed) == [["a", 'x "y", z'], ["b", None]]


def test_a_byte_order_mark_inside_a_file_is_a_character() -> None:
    """Arrow takes one at the start of what it is given for the mark of a file; a block may begin anywhere."""
    assert _cells(parse_block("\ufeff1,a\n2,\ufeffb\n".encode(), COMMA, ["a", "b"], final=True)) == [
        ["\ufeff1", "a"],
        ["2", "\ufeffb"],
    ]


def test_null_empty_and_na_are_three_things() -> None:
    assert _cells(parse_block(b'1,,"",NA,null\n', COMMA, list("abcde"), final=True)) == [["1", None, "", "NA", "null"]]


def test_a_quote_inside_an_unquoted_field_is_a_character() -> None:
    assert _cells(parse_block(b'1,19" monitor\n2,"a"\n', COMMA, ["a", "b"], final=True)) == [
        ["1", '19" monitor'],
        ["2", "a"],
    ]


def test_bulk_copy_rows_hold_quotes_and_line_breaks() -> None:
    parsed = parse_block(b'1+|<a b="c">\n</a>&|\n2+|&|\n', BULK, ["a", "b"], final=True)
    assert _cells(parsed) == [["1", '<a b="c">\n</a>'], ["2", None]]


@pytest.mark.parametrize("dialect", [COMMA, Dialect(b"||", None, b'"')])
def test_ragged_rows_are_named_by_line_and_left_out(dialect: Dialect) -> None:
    separator = dialect.separator
    rows = [[b"1", b'"x\ny"'], [b"2"], [b"3", b"z"], [b"4", b"5", b"6"]]
    parsed = parse_block(b"\n".join(separator.join(row) for row in rows) + b"\n", dialect, ["a", "b"], final=True)
    assert parsed.ragged == (Ragged(1, 3, 1, b"2"), Ragged(3, 5, 3, separator.join(rows[3])))
    assert _cells(parsed) == [["1", "x\ny"], ["3", "z"]]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (b'1,a\n2,"O"Neil"\n', 2, "follows the quote"),
        (b'1,"x,"y,z\n', 1, "follows the quote"),
        (b'1,a\n2,"never closed\n3,b\n', 2, "never closed"),
    ],
)
def test_quotes_that_do_not_pair_are_named_by_line(text: bytes, line: int, problem: str) -> None:
    with pytest.raises(Malformed, match=problem) as caught:
        parse_block(text, COMMA, ["a", "b"], final=True)
    assert caught.value.line == line


def test_empty_lines_are_no_rows_but_in_a_single_column() -> None:
    assert _cells(parse_block(b"1,a\n\n2,b\n\n", COMMA, ["a", "b"], final=True)) == [["1", "a"], ["2", "b"]]
    assert _cells(parse_block(b"1\n\n2\n", COMMA, ["a"], final=True)) == [["1"], [None], ["2"]]


def test_a_block_without_a_whole_row_waits_for_more() -> None:
    for dialect in DIALECTS:
        assert parse_block(b"1", dialect, ["a", "b"], final=False) == Parsed(
            pa.schema([("a", pa.string()), ("b", pa.string())]).empty_table(), 0
        )


def test_lines_end_in_three_ways() -> None:
    assert count_lines(b"a\nb\r\nc\rd") == 3


def test_rows_with_a_wrong_number_of_fields_are_numbered_in_one_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []
    monkeypatch.setattr(records, "count_lines", lambda text: walked.append(len(text)) or count_lines(text))
    block = b'a||b\n"\r\n"||b||c\n' * 500
    parsed = _parse_strict(block, Dialect(b"||", None, b'"'), list("abc"), True)
    assert [row.line for row in parsed.ragged] == [1 + 3 * row for row in range(500)]
    # To count from the start for every row took minutes for a file of 8 MB.
    assert sum(walked) <= len(block)
