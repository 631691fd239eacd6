"""Delimited text files: declared encoding, declared dialect, strict; everything lands as text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from cutover.errors import SourceError
from cutover.project.model import Csv
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.files import (
    BLOCK,
    SourceFile,
    check_header,
    check_same_header,
    find_files,
    read_decoded,
)
from cutover.systems.sources.records import Dialect, Malformed, Parsed, count_lines, parse_block, read_records

# A row that needs more than this is one whose closing quote is missing.
_LONGEST_ROW = 64 << 20
_HEAD = 1 << 16


def read_delimited(feed: Feed, folder: Path) -> Reading:
    """Open the files of a feed.

    Raises:
        SourceError: no file, another header in one of them, or a header that names no columns; and, while the
            blocks are read, a byte that is not of the encoding, a row with too few or too many fields, a
            quote out of place.
    """
    declared = feed.source.csv
    assert declared is not None  # read_feed chose this module by it
    files = find_files(folder, declared.path)
    names = _columns(feed, declared, files)
    schema = pa.schema([(name, pa.string()) for name in names])
    reading = Reading(schema, iter(()))
    blocks = _read_files(files, declared, names, reading.files)
    return Reading(schema, blocks, files=reading.files)


def _dialect(declared: Csv) -> Dialect:
    def encoded(text: str | None) -> bytes | None:
        return text.encode() if text else None

    return Dialect(declared.separator.encode(), encoded(declared.row_ending), encoded(declared.quote))


def _columns(feed: Feed, declared: Csv, files: list[SourceFile]) -> list[str]:
    if not declared.header:
        return list(feed.source.columns)
    headers = [_header(file, declared) for file in files]
    for file, header in zip(files[1:], headers[1:], strict=True):
        check_same_header(files[0], headers[0], file, header)
    return headers[0]


def _header(file: SourceFile, declared: Csv) -> list[str]:
    pending = b""
    for text, final in read_decoded(file, declared.encoding, {}, _HEAD):
        pending += text
        found = _take_head(file, pending, declared, final)
        if found is not None:
            return check_header(file, found[0], declared.skip_rows + 1)
    raise SourceError(f"{file.name}: the file holds no header", fix="leave the empty file out, or export it again")


def _take_head(file: SourceFile, text: bytes, declared: Csv, final: bool) -> tuple[list[str], int] | None:
    """Return the header's names and where the first row begins; None while the text is too short for that."""
    start = 0
    for _ in range(declared.skip_rows):
        start = text.find(b"\n", start) + 1
        if not start:
            return None
    if not declared.header:
        return [], start
    try:
        records, starts = read_records(text[start:], _dialect(declared), final=final, limit=1)
    except Malformed as problem:
        raise _malformed(file, declared.skip_rows + problem.line, problem) from None
    return ([(name or b"").decode() for name in records[0]], start + starts[1]) if records else None


def _read_files(
    files: list[SourceFile], declared: Csv, names: list[str], facts: list[dict[str, Any]]
) -> Iterator[pa.Table]:
    for file in files:
        of_file: dict[str, Any] = {"rows": 0}
        for rows in _read_file(file, declared, names, of_file):
            of_file["rows"] += len(rows)
            yield rows
        facts.append(of_file)


def _read_file(file: SourceFile, declared: Csv, names: list[str], facts: dict[str, Any]) -> Iterator[pa.Table]:
    dialect, pending, line, begun = _dialect(declared), b"", 1, False
    for text, final in read_decoded(file, declared.encoding, facts, BLOCK):
        pending += text
        if not begun:
            head = _take_head(file, pending, declared, final)
            if head is None:
                continue
            line, pending, begun = 1 + count_lines(pending[: head[1]]), pending[head[1] :], True
        parsed = _parse(file, pending, dialect, names, final, line)
        line += count_lines(pending[: parsed.consumed])
        pending = pending[parsed.consumed :]
        if len(pending) > _LONGEST_ROW:
            raise SourceError(
                f"{file.name}:{line}: the row that begins here is longer than 64 MiB",
                fix="mend the quote that is not closed, or correct separator, row_ending and quote",
            )
        yield parsed.rows


def _parse(file: SourceFile, block: bytes, dialect: Dialect, names: list[str], final: bool, line: int) -> Parsed:
    try:
        parsed = parse_block(block, dialect, names, final=final)
    except Malformed as problem:
        raise _malformed(file, line + problem.line - 1, problem) from None
    if parsed.ragged:
        first, more = parsed.ragged[0], len(parsed.ragged) - 1
        others = f"; {more} more like it in the same block" if more else ""
        raise SourceError(
            f"{file.name}:{line + first.line - 1}: the row has {first.found} fields, {len(names)} are expected{others}",
            fix="quote the separator or the line break inside a field, or correct separator, row_ending, "
            "quote or columns in the mapping",
        )
    return parsed


def _malformed(file: SourceFile, line: int, problem: Malformed) -> SourceError:
    return SourceError(
        f"{file.name}:{line}: {problem}",
        fix="double the quotes inside quoted fields, or declare `quote: null` if quotes are characters here",
    )
