"""Fixed-width text files: cut by position in bytes or characters, strictly decoded; everything lands as text."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.cleansing import per_distinct
from cutover.errors import SourceError
from cutover.project.model import Fixed, FixedColumn
from cutover.systems.sources.feed import Feed, Ragged, Reading
from cutover.systems.sources.files import (
    BLOCK,
    Blocks,
    SourceFile,
    check_encoding,
    find_files,
    read_bytes,
    read_decoded,
    skip_lines,
    without_footer,
)
from cutover.systems.sources.ragged import judge, leave_gaps

Numbers: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]


def read_fixed(feed: Feed, folder: Path) -> Reading:
    """Open the files of a feed; a row that is shorter or longer than declared is ragged.

    Raises:
        SourceError: no file, or no such encoding; and, while the blocks are read, a byte that is not of the encoding, a
            file without its declared footer, more rows that are ragged than rows that can be read.
    """
    declared = feed.source.fixed
    assert declared is not None  # read_feed chose this module by it
    check_encoding(declared.encoding)
    files = find_files(folder, declared.path)
    schema = pa.schema([(column.name, pa.string()) for column in declared.columns])
    facts: list[dict[str, Any]] = []
    ragged: list[Ragged] = []
    notes: dict[str, int] = {}
    blocks = _read_files(files, declared, schema, facts, ragged, notes)
    return Reading(schema, blocks, files=facts, notes=notes, ragged=ragged)


def length_of(declared: Fixed) -> int:
    """Return how long a row is, in the declared unit, without its end."""
    return declared.length or max(column.start + column.width - 1 for column in declared.columns)


def _read_files(
    files: Sequence[SourceFile],
    declared: Fixed,
    schema: pa.Schema,
    facts: list[dict[str, Any]],
    ragged: list[Ragged],
    notes: dict[str, int],
) -> Iterator[pa.Table]:
    before, length = 0, length_of(declared)
    fix = "correct length, unit, row_ending or columns in the mapping, or export the file again"
    for file in files:
        of_file: dict[str, Any] = {"rows": 0}
        for rows, lines in _read_rows(file, declared, of_file):
            lengths = pc.binary_length(rows) if declared.unit == "bytes" else pc.utf8_length(rows)
            places = np.flatnonzero(lengths.to_numpy() != length).tolist()
            whole = rows.filter(pc.equal(lengths, length))
            ragged += _ragged(file, rows, lengths, places, lines, before + of_file["rows"], declared)
            of_file["rows"] += len(rows)
            if len(places):
                of_file["ragged"] = of_file.get("ragged", 0) + len(places)
                judge(file, of_file, ragged, f"{length} {declared.unit}", final=False, fix=fix)
            _note_gaps(whole, declared, notes)
            at = np.delete(lines, places)
            columns = [_cut(file, whole, at, column, declared) for column in declared.columns]
            yield leave_gaps(pa.table(columns, schema=schema), places)
        judge(file, of_file, ragged, f"{length} {declared.unit}", final=True, fix=fix)
        before += of_file["rows"]
        facts.append(of_file)


def _note_gaps(rows: pa.Array, declared: Fixed, notes: dict[str, int]) -> None:
    """Count the rows that hold something where no column is declared."""
    for start, end in find_gaps(declared):
        if declared.unit == "characters":
            between = pc.utf8_rtrim(pc.utf8_slice_codeunits(rows, start, end), " ")
            filled = pc.not_equal(between, "")
        else:
            blank = " ".encode(declared.encoding) * (end - start)
            filled = pc.not_equal(pc.binary_slice(rows, start, end), pa.scalar(blank[: end - start], pa.binary()))
        found = pc.sum(filled).as_py()
        if found:
            told = f"places {start + 1} to {end}: no column is declared there, and they are not blank"
            notes[told] = notes.get(told, 0) + found


def find_gaps(declared: Fixed) -> list[tuple[int, int]]:
    """Return the parts of a row that no column covers: where each begins, counted from 0, and ends."""
    gaps, reached = [], 0
    for column in sorted(declared.columns, key=lambda column: column.start):
        if column.start - 1 > reached:
            gaps.append((reached, column.start - 1))
        reached = max(reached, column.start - 1 + column.width)
    return gaps + ([(reached, length_of(declared))] if reached < length_of(declared) else [])


def _ragged(
    file: SourceFile,
    rows: pa.Array,
    lengths: pa.Array,
    places: Sequence[int],
    lines: Numbers,
    before: int,
    declared: Fixed,
) -> Iterator[Ragged]:
    length = length_of(declared)
    for place in places:
        found, row = lengths[place].as_py(), rows[place].as_py()
        text = row if isinstance(row, str) else row.decode(declared.encoding, "backslashreplace")
        reason = "too_short" if found < length else "too_long"
        yield Ragged(before + place, file.name, int(lines[place]), reason, found, text)


def _read_rows(file: SourceFile, declared: Fixed, facts: dict[str, Any]) -> Iterator[tuple[pa.Array, Numbers]]:
    """Yield the rows of a file, of bytes or of text as the unit is, block by block, with the line of each."""
    ending, in_bytes = _ending(declared), declared.unit == "bytes"
    kind = pa.binary() if in_bytes else pa.string()
    pending, line, begun = b"", 1, False
    for block, final in _data(file, declared, ending, facts):
        pending += block
        if not begun:
            start = _skip(pending, declared, ending, final)
            if start is None:
                continue
            pending, line, begun = pending[start:], 1 + declared.skip_rows, True
        if ending == b"":
            rows, pending = _split_by_length(pending, length_of(declared), final)
        else:
            rows, pending = _split(pending, ending, final)
        array = pa.array(rows, pa.binary())
        # Empty lines are no rows.
        there = np.flatnonzero(pc.binary_length(array).to_numpy())
        yield array.take(pa.array(there)).cast(kind), there + line
        line += len(rows)


def _ending(declared: Fixed) -> bytes | None:
    """Return the row end in the bytes that are cut: None for line breaks of any kind, empty for none at all."""
    if declared.row_ending is None:
        return None
    return declared.row_ending.encode(declared.encoding if declared.unit == "bytes" else "utf-8")


def _data(file: SourceFile, declared: Fixed, ending: bytes | None, facts: dict[str, Any]) -> Blocks:
    if declared.unit == "characters":
        blocks, encoding = read_decoded(file, declared.encoding, facts, BLOCK), "utf-8"
    else:
        blocks, encoding = read_bytes(file, facts), declared.encoding
    return without_footer(file, blocks, declared.footer, ending or None, encoding)


def _skip(text: bytes, declared: Fixed, ending: bytes | None, final: bool) -> int | None:
    if ending != b"":
        return skip_lines(text, declared.skip_rows, ending, final=final)
    start = declared.skip_rows * length_of(declared)
    return start if len(text) >= start else None


def _split(text: bytes, ending: bytes | None, final: bool) -> tuple[list[bytes], bytes]:
    if ending is not None:
        *rows, rest = text.split(ending)
    else:
        # A carriage return at the very end may be half of a line end.
        half = b"\r" if not final and text.endswith(b"\r") else b""
        *rows, rest = re.split(rb"\r\n|\n|\r", text.removesuffix(half))
        rest += half
    if final:
        rows, rest = (rows + [rest] if rest else rows), b""
    return rows, rest


def _split_by_length(text: bytes, length: int, final: bool) -> tuple[list[bytes], bytes]:
    end = len(text) if final else len(text) // length * length
    return [text[start : start + length] for start in range(0, end, length)], text[end:]


def _cut(file: SourceFile, rows: pa.Array, lines: Numbers, column: FixedColumn, declared: Fixed) -> pa.Array:
    start, end = column.start - 1, column.start - 1 + column.width
    if declared.unit == "characters":
        texts = pc.utf8_slice_codeunits(rows, start, end)
    else:
        texts = _decoded(file, pc.binary_slice(rows, start, end), lines, column, declared.encoding)
    texts = pc.utf8_rtrim(texts, " ") if column.align == "left" else pc.utf8_ltrim(texts, " ")
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _decoded(file: SourceFile, cells: pa.Array, lines: Numbers, column: FixedColumn, encoding: str) -> pa.Array:
    try:
        return per_distinct(lambda value: value.decode(encoding), cells)
    except UnicodeDecodeError:
        place = next(place for place, cell in enumerate(cells.to_pylist()) if not _reads(cell, encoding))
        raise SourceError(
            f"{file.name}:{lines[place]}: column {column.name!r} holds bytes that are not {encoding}",
            fix="declare the true encoding; a column that cuts a character in two begins or ends elsewhere",
        ) from None


def _reads(cell: bytes, encoding: str) -> bool:
    try:
        cell.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
