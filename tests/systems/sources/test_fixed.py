"""Fixed-width files: cut by bytes or characters, and every row that does not fit told by its line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover.errors import SourceError
from cutover.project.model import Fixed
from cutover.systems.connections import Connection
from cutover.systems.sources import fixed
from cutover.systems.sources.feed import Ragged
from cutover.systems.sources.fixed import find_gaps

COLUMNS = [
    {"name": "no", "start": 1, "width": 4},
    {"name": "name", "start": 5, "width": 6},
    {"name": "amount", "start": 11, "width": 8, "align": "right"},
]


@pytest.fixture
def read_fixed(tmp_path: Path, make_feed: Any, read: Any) -> Callable[..., Any]:
    """Write a file and read it: read_fixed(data, **declared)."""

    def read_data(data: bytes, **declared: Any) -> Any:
        (tmp_path / "f.txt").write_bytes(data)
        settled = {"encoding": "utf-8", "unit": "characters", "columns": COLUMNS} | declared
        feed = make_feed("no", fixed=Fixed.model_validate({"path": "f.txt"} | settled))
        return read(Connection("files", "fs", extra={"path": str(tmp_path)}), feed)

    return read_data


def line(no: str, name: str, amount: str, encoding: str = "ascii", *, in_bytes: bool = False) -> bytes:
    """Write a row as a host would: padded to bytes or to characters."""
    cells = [no.ljust(4), name.ljust(6), amount.rjust(8)]
    if in_bytes:
        coded = name.encode(encoding)
        return cells[0].encode(encoding) + coded + " ".encode(encoding) * (6 - len(coded)) + cells[2].encode(encoding)
    return "".join(cells).encode(encoding)


@pytest.mark.parametrize("ending", [None, "", "|\n"])
@pytest.mark.parametrize("encoding", ["gb18030", "cp037", "utf-8"])
def test_rows_of_bytes(encoding: str, ending: str | None, read_fixed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed, "BLOCK", 7)
    name = "上海x" if encoding == "gb18030" else "abc"
    if encoding == "cp037" and ending is None:
        ending = ""  # a host's records have no line breaks
    data = [line(str(n), name, f"{n}.50-", encoding, in_bytes=True) for n in range(3)]
    end = ("\r\n" if ending is None else ending).encode(encoding)
    rows, reading = read_fixed(b"".join(row + end for row in data), encoding=encoding, unit="bytes", row_ending=ending)
    assert rows.to_pylist() == [{"no": str(n), "name": name, "amount": f"{n}.50-"} for n in range(3)]
    assert (reading.files[0]["rows"], reading.ragged, len(reading.files[0]["sha256"])) == (3, [], 64)


@pytest.mark.parametrize("unit", ["bytes", "characters"])
def test_what_stands_where_no_column_is_declared_is_counted(unit: str, read_fixed: Any) -> None:
    columns = [{"name": "no", "start": 2, "width": 3}, {"name": "name", "start": 8, "width": 3}]
    rows, reading = read_fixed(b" 001   abc  \nX002--  ab 9\n 003 - cde 7\n", unit=unit, columns=columns, length=12)
    assert rows["no"].to_pylist() == ["001", "002", "003"]
    told = "no column is declared there, and they are not blank"
    assert reading.notes == {f"places 1 to 1: {told}": 1, f"places 5 to 7: {told}": 2, f"places 11 to 12: {told}": 2}


def test_no_place_is_left_over_where_columns_cover_a_row(read_fixed: Any) -> None:
    assert read_fixed(line("1", "a", "2"))[1].notes == {}
    whole = {"path": "f", "encoding": "cp037", "unit": "bytes", "columns": COLUMNS}
    assert find_gaps(Fixed.model_validate(whole)) == []


def test_rows_of_characters_in_utf_16_with_header_and_trailer(read_fixed: Any) -> None:
    text = "REPORT\n" + "1   上海    " + "    1.00\n" + "\n" + "2   " + " " * 14 + "\nTRAILER 2\n"
    rows, _ = read_fixed(text.encode("utf-16"), encoding="utf-16", skip_rows=1, footer="TRAILER \\d+")
    assert rows.to_pylist() == [
        {"no": "1", "name": "上海", "amount": "1.00"},
        {"no": "2", "name": None, "amount": None},
    ]


def test_rows_of_another_length_are_refused_by_line(read_fixed: Any) -> None:
    data = [line("1", "a", "1"), line("2", "b", "2")[:-1], b"", line("3", "c", "3"), line("4", "d", "4") + b"x"]
    rows, reading = read_fixed(b"\n".join([*data, line("5", "e", "5")]) + b"\n")
    assert rows["no"].to_pylist() == ["1", None, "3", None, "5"]
    assert [(each.row, each.line, each.reason, each.found) for each in reading.ragged] == [
        (1, 2, "too_short", 17),
        (3, 5, "too_long", 19),
    ]
    assert isinstance(reading.ragged[0], Ragged) and reading.ragged[0].text == "2   b            "


@pytest.mark.parametrize(
    ("data", "declared", "message"),
    [
        (b"12\n34\n", {}, "f.txt:1: the row has 2 characters, 18 are expected; 1 more like it in 2 rows"),
        (line("1", "", "1") + b"x", {"unit": "bytes", "row_ending": ""}, ""),
        (
            b" " * 18 + b"\n" + b"\xff" * 18,
            {"unit": "bytes"},
            "f.txt:2: column 'no' holds bytes that are not utf-8",
        ),
        (b"\xff" * 18, {}, "f.txt:1: byte 0 is not utf-8"),
        (line("1", "", "1"), {"encoding": "klingon", "unit": "bytes"}, "there is no encoding 'klingon'"),
        (line("1", "", "1"), {"footer": "END.*"}, "f.txt: the file does not end with 'END.*'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    data: bytes, declared: dict[str, Any], message: str, read_fixed: Any
) -> None:
    if not message:
        rows, reading = read_fixed(data, **declared)
        assert (len(rows), reading.ragged[0].reason) == (2, "too_short")
        return
    with pytest.raises(SourceError) as caught:
        read_fixed(data, **declared)
    assert message in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*(st.text("aé上𠮷 0", max_size=width) for width in (4, 6, 8))), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 50),
)
def test_what_is_written_by_position_is_read_back(
    read_fixed: Any, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, str]], ending: str, block: int
) -> None:
    monkeypatch.setattr(fixed, "BLOCK", block)
    text = "".join(f"{a:<4}{b:<6}{c:>8}{ending}" for a, b, c in rows)
    read, reading = read_fixed(text.encode())
    assert reading.ragged == []
    wanted = [(a.rstrip(" ") or None, b.rstrip(" ") or None, c.lstrip(" ") or None) for a, b, c in rows]
    assert [tuple(row.values()) for row in read.to_pylist()] == wanted
