"""Any bytes in any dialect: each record is landed as it is written or told by its line, or the file is refused."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from cutover.errors import SourceError
from cutover.project.model import Csv, Source
from cutover.systems.connections import Connection
from cutover.systems.sources import Feed, Folder, delimited, read_feed
from tests.fuzz.cases import amounts, attack
from tests.fuzz.moving import move
from tests.phases.toy import FILES, Toy, simple

LETTERS = "ab0 ,;\t|\"'\n\r\\é中𠮷\x00\ufeff"
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "latin-1", "cp1252", "utf-16"]
CELLS = st.text(st.sampled_from(LETTERS), max_size=5) | st.sampled_from(["", "NULL", "NA", "007", "1,50", "-", '"'])
Record = list[str | None]


@dataclass(frozen=True)
class Case:
    """A file that was written well, and then perhaps spoilt."""

    data: bytes
    encoding: str
    separator: str
    quote: str | None


class Unreadable(Exception):
    """What stands there is no table."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    width, separator = draw(st.integers(1, 4)), draw(st.sampled_from([",", ";", "\t", "|", "||"]))
    quote, ending = draw(st.sampled_from(['"', "'", None])), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=7))
    lines = [[f"c{index}" for index in range(width)], *rows]
    text = "".join(separator.join(_written(cell, quote) for cell in line) + ending for line in lines)
    encoding = draw(st.sampled_from(ENCODINGS))
    data = bytearray(text.encode(encoding, "replace"))
    for _ in range(draw(st.integers(0, 3))):
        _spoil(draw, data)
    return Case(bytes(data), encoding, separator, quote)


def _written(cell: str, quote: str | None) -> str:
    if quote is None or cell.isalnum():
        return cell if quote else cell.replace("\n", "").replace("\r", "")
    return quote + cell.replace(quote, quote * 2) + quote


def _spoil(draw: st.DrawFn, data: bytearray) -> None:
    at = draw(st.integers(0, len(data)))
    what = draw(st.sampled_from(["insert", "change", "remove", "cut", "repeat"]))
    byte = draw(st.sampled_from(b",;\t|\"'\n\r\x00\xff\xef\x80 a") | st.integers(0, 255))
    if what == "insert":
        data.insert(at, byte)
    elif what == "change":
        data[at : at + 1] = bytes([byte])
    elif what == "remove":
        del data[at : at + draw(st.integers(1, 4))]
    elif what == "cut":
        del data[at:]
    else:
        data[at:at] = data[max(0, at - 5) : at]


# --- an independent reading, sign by sign ----------------------------------------------------------------------------


def independently(case: Case) -> list[Record]:
    """Return the records of a file; an empty field is None, a quoted empty one the empty text.

    Raises:
        Unreadable: a byte is not of the encoding, a quote is never closed, or text follows one that closes.
    """
    if case.encoding == "utf-16" and case.data and not case.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable
    try:
        text = case.data.decode(case.encoding)
    except UnicodeDecodeError:
        raise Unreadable from None
    records: list[Record] = []
    at = 0
    while at < len(text):
        record, at = _record(text, at, case)
        records.append(record)
    return records


def _record(text: str, at: int, case: Case) -> tuple[Record, int]:
    record: Record = []
    while True:
        if case.quote and text.startswith(case.quote, at):
            value, at = _quoted(text, at + 1, case.quote)
        else:
            stop = at
            while stop < len(text) and text[stop] not in "\r\n" and not text.startswith(case.separator, stop):
                stop += 1
            value, at = text[at:stop] or None, stop
        record.append(value)
        if text.startswith(case.separator, at):
            at += len(case.separator)
            continue
        if at < len(text) and text[at] not in "\r\n":
            raise Unreadable
        return record, at + (2 if text.startswith("\r\n", at) else 1)


def _quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    value = ""
    while at < len(text):
        if text.startswith(quote * 2, at):
            value, at = value + quote, at + 2
        elif text[at] == quote:
            return value, at + 1
        else:
            value, at = value + text[at], at + 1
    raise Unreadable


def _is_refused(names: Record, rows: Sequence[Record]) -> bool:
    """Tell whether what can be read must be refused: names that name nothing, most rows of another width."""
    wrong = sum(len(row) != len(names) for row in rows)
    nameless = any(not (name or "").strip() or "\0" in (name or "") for name in names)
    marked = (names[0] or "").startswith(("\ufeff", "\u00ef\u00bb\u00bf")) if names else False
    return nameless or marked or len(set(names)) < len(names) or wrong > len(rows) - wrong


# --- the attack ------------------------------------------------------------------------------------------------------


@amounts("csv")
def test_every_record_is_landed_or_told_or_the_file_is_refused(
    cases_wanted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @attack(cases_wanted, cases(), st.integers(1, 60))
    def run(case: Case, block: int) -> None:
        monkeypatch.setattr(delimited, "BLOCK", block)
        (tmp_path / "f.csv").write_bytes(case.data)
        try:
            records: list[Record] | None = independently(case)
        except Unreadable:
            records = None
        try:
            landed: Any = _land(tmp_path, case)
        except SourceError as refusal:
            assert "f.csv" in str(refusal)
            assert "Fix: " in str(refusal)
            landed = None
        assert landed == _expected(records)


def _land(folder: Path, case: Case) -> tuple[list[str], list[Record], list[int]]:
    declared = Csv(path="f.csv", encoding=case.encoding, separator=case.separator, quote=case.quote)
    source = Source(system="files", key="c0", csv=declared)
    reading = read_feed(Folder(folder), Feed("f", source, {}))
    rows = [list(row.values()) for block in reading.blocks for row in block.to_pylist()]
    assert reading.files[0]["rows"] == len(rows)
    return reading.schema.names, rows, [ragged.row for ragged in reading.ragged]


def _expected(records: list[Record] | None) -> tuple[list[str], list[Record], list[int]] | None:
    if not records:
        return None
    names, rows = records[0], [row for row in records[1:] if len(records[0]) == 1 or row != [None]]
    if _is_refused(names, rows):
        return None
    ragged = [place for place, row in enumerate(rows) if len(row) != len(names)]
    kept = [row if len(row) == len(names) else [None] * len(names) for row in rows]
    return [str(name) for name in names], kept, ragged


@st.composite
def spoilt(draw: st.DrawFn, files: dict[str, bytes]) -> dict[str, bytes]:
    """Draw the legacy files of the toy, some of them spoilt."""
    found = dict(files)
    for name in draw(st.sets(st.sampled_from(sorted(files)), min_size=1, max_size=2)):
        data = bytearray(files[name])
        for _ in range(draw(st.integers(1, 4))):
            _spoil(draw, data)
        found[name] = bytes(data)
    return found


@amounts("rows")
def test_every_record_of_a_spoilt_file_has_one_outcome(
    cases_wanted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simple(Toy(tmp_path, Connection("target", "fs")))
    files = {path.name: path.read_bytes() for path in (tmp_path / "legacy").iterdir()}

    @attack(cases_wanted, spoilt(files))
    def run(found: dict[str, bytes]) -> None:
        for name, data in found.items():
            (tmp_path / "legacy" / name).write_bytes(data)
        counts = move(monkeypatch, tmp_path, FILES)
        for name, data in found.items() if counts is not None else ():
            records = independently(Case(data, "utf-8", ",", '"'))
            assert counts is not None
            assert counts[name.removesuffix(".csv")] == len([row for row in records[1:] if row != [None]])
