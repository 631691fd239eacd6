"""Sniffing of rows that are cut by widths: what is proposed lands, and says what only a person can know."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.systems.sniffing import Proposal, sniff
from cutover.systems.sniffing.proposal import feed_of, folder_of, landed
from cutover.systems.sources.fixed import read_fixed


def write(folder: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path = folder / "stock.txt"
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
    return path


def land(path: Path, proposal: Proposal) -> list[dict[str, Any]]:
    return landed(read_fixed(feed_of("fixed", proposal.source["fixed"]), folder_of(path))).to_pylist()


def test_columns_lie_between_what_is_blank_in_every_row(tmp_path: Path) -> None:
    path = write(tmp_path, ["4711 Screw    120.50 ST", "42   Grease     7.25 KG", "9    Washer 99000.00 ST"])
    proposal = sniff(path)
    assert proposal.source["fixed"] == {
        "path": "stock.txt", "encoding": "utf-8", "unit": "characters",
        "columns": [
            {"name": "c1", "start": 1, "width": 5}, {"name": "c2", "start": 6, "width": 6},
            {"name": "c3", "start": 12, "width": 9, "align": "right"}, {"name": "c4", "start": 22, "width": 2},
        ],
    }  # fmt: skip
    assert [line["c3"] for line in land(path, proposal)] == ["120.50", "7.25", "99000.00"]
    assert proposal.source["columns"]["c3"] == "decimal(18,2)"
    assert any("columns without a blank between them" in warning for warning in proposal.warnings)


def test_names_above_the_data_are_taken_and_a_line_of_dashes_is_passed_over(tmp_path: Path) -> None:
    lines = [
        "NO   NAME   AMOUNT",
        "---- ------ ------",
        "4711 Screw  120.50",
        "42   Grease   7.25",
        "9    Nut    990.00",
    ]
    proposal = sniff(write(tmp_path, lines))
    assert proposal.source["fixed"]["skip_rows"] == 2
    assert [column["name"] for column in proposal.source["fixed"]["columns"]] == ["NO", "NAME", "AMOUNT"]
    assert proposal.source["key"] == "NO"


def test_hosts_that_write_two_bytes_for_a_character_are_counted_in_bytes(tmp_path: Path) -> None:
    names = ["上海机床", "苏州", "北京齿轮厂"]
    lines = [f"{n:04} {name}{' ' * (12 - 2 * len(name))} {n * 10:6}" for n, name in enumerate(names, 1)]
    path = write(tmp_path, lines, "gb18030")
    proposal = sniff(path)
    assert (proposal.source["fixed"]["unit"], proposal.source["fixed"]["encoding"]) == ("bytes", "gb18030")
    assert [line["c2"] for line in land(path, proposal)] == names


def test_rows_of_another_length_are_told(tmp_path: Path) -> None:
    lines = [f"{n:05} name{n:03} {n:7}" for n in range(100)]
    proposal = sniff(write(tmp_path, [*lines, "short"]))
    assert "1 rows have another length and would be rejected" in proposal.warnings


@pytest.mark.parametrize("lines", [["abc", "abd", "abe"], ["one text here", "and a longer one", "so"]])
def test_texts_of_one_column_or_of_many_lengths_are_no_widths(tmp_path: Path, lines: list[str]) -> None:
    assert "csv" in sniff(write(tmp_path, lines)).source


def test_a_first_row_that_is_wider_than_the_others_is_no_header(tmp_path: Path) -> None:
    path = write(
        tmp_path, [f"{word:8} {number:7} {'A':8}" for word, number in (("BA", 0), ("A", 0), ("A", 0), ("A", 10))]
    )
    proposal = sniff(path)
    assert "skip_rows" not in proposal.source["fixed"]
    assert [line["c1"] for line in land(path, proposal)] == ["BA", "A", "A", "A"]


WORDS = st.text("ABCDEFG", min_size=1, max_size=8)
ROWS = st.lists(st.tuples(WORDS, st.integers(0, 10**6), WORDS), min_size=4, max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_what_was_written_at_widths_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    path = write(tmp_path_factory.mktemp("widths"), [f"{first:8} {number:7} {last:8}" for first, number, last in rows])
    proposal = sniff(path)
    if "fixed" not in proposal.source:
        return  # by chance a separator cuts it just as well
    read = [tuple(line.values()) for line in land(path, proposal)]
    joined = ["".join(cell or "" for cell in line) for line in read]
    assert joined == [f"{first}{number}{last}" for first, number, last in rows]
