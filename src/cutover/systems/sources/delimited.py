"""Delimited text files: declared encoding, declared dialect, strict; everything lands as text."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from cutover.errors import SourceError
from cutover.project.model import Csv
from cutover.systems.sources.feed import Feed, Ragged, Reading
from cutover.systems.sources.files import (
    BLOCK,
    Blocks,
    SourceFile,
    check_header,
    find_files,
    read_decoded,
    skip_lines,
    without_footer,
)
from cutover.systems.sources.headers import Headed, columns_of, unify_headers
from cutover.systems.sources.ragged import judge, leave_gaps
from cutover.systems.sources.records import Dialect, Malformed, Parsed, count_lines, parse_block, read_records

# A row that needs more than this is one whose closing quote is missing.
_LONGEST_ROW = 64 << 20
_HEAD = 1 << 16


def read_delimited(feed: Feed, folder: Path) -> Reading:
    """Open the files of a feed; a row with too few or too many fields is ragged.

    Raises:
        SourceError: no file, an undeclared header in one of them, or one that names no columns; and, while the
            blocks are read, a byte that is not of the encoding, a quote out of place, a file without its declared
            footer, more rows that are ragged than rows that can be read.
    """
    declared = feed.source.csv
    assert declared is not None  # read_feed chose this module by it
    files = find_files(folder, declared.path)
    if declared.header:
        headed = unify_headers(files, [_header(file, declared) for file in files], declared)
    else:
        headed = [Headed(file, tuple(feed.source.columns)) for file in files]
    schema = pa.schema([(name, pa.string()) for name in columns_of(headed, declared)])
    facts: list[dict[str, Any]] = []
    ragged: list[Ragged] = []
    return Reading(schema, _read_files(headed, declared, schema, facts, ragged), files=facts, ragged=ragged)


def _dialect(declared: Csv) -> Dialect:
    return Dialect(declared.separator.encode(), _encoded(declared.row_ending), _encoded(declared.quote))


def _encoded(text: str | None) -> bytes | None:
    return text.encode() if text else None


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
    start = skip_lines(text, declared.skip_rows, _encoded(declared.row_ending), final=final)
    if start is None:
        return None
    if not declared.header:
        return [], start
    try:
        records, starts = read_records(text[start:], _dialect(declared), final=final, limit=1)
    except Malformed as problem:
        raise _malformed(file, declared.skip_rows + problem.line, problem) from None
    return ([(name or b"").decode() for name in records[0]], start + starts[1]) if records else None


def _read_files(
    headed: Sequence[Headed],
    declared: Csv,
    schema: pa.Schema,
    facts: list[dict[str, Any]],
    ragged: list[Ragged],
) -> Iterator[pa.Table]:
    before = 0
    for each in headed:
        of_file: dict[str, Any] = {"rows": 0}
        for parsed, line in _read_file(each, declared, of_file):
            ragged += _ragged(each, parsed, line, before + of_file["rows"])
            rows = leave_gaps(_as_feed(parsed.rows, schema), [row.place for row in parsed.ragged])
            of_file["rows"] += len(rows)
            if parsed.ragged:
                of_file["ragged"] = of_file.get("ragged", 0) + len(parsed.ragged)
                _judge(each, of_file, ragged, final=False)
            yield rows
        _judge(each, of_file, ragged, final=True)
        before += of_file["rows"]
        facts.append(of_file)


def _as_feed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    there = set(rows.column_names)
    columns = [rows[name] if name in there else pa.nulls(len(rows), pa.string()) for name in schema.names]
    return pa.table(columns, schema=schema)


def _ragged(headed: Headed, parsed: Parsed, line: int, before: int) -> Iterator[Ragged]:
    for row in parsed.ragged:
        reason = "too_few_fields" if row.found < len(headed.columns) else "too_many_fields"
        at = line + row.line - 1
        yield Ragged(before + row.place, headed.file.name, at, reason, row.found, row.text.decode())


def _judge(headed: Headed, facts: dict[str, Any], ragged: Sequence[Ragged], *, final: bool) -> None:
    judge(
        headed.file,
        facts,
        ragged,
        f"{len(headed.columns)} fields",
        final=final,
        fix="quote the separator or the line break inside a field, or correct separator, row_ending, "
        "quote or columns in the mapping",
    )


def _read_file(headed: Headed, declared: Csv, facts: dict[str, Any]) -> Iterator[tuple[Parsed, int]]:
    """Yield the rows of a file block by block, each with the line at which the block begins."""
    file, pending, line, begun = headed.file, b"", 1, False
    for text, final in _data(file, declared, facts):
        pending += text
        if not begun:
            head = _take_head(file, pending, declared, final)
            if head is None:
                continue
            line, pending, begun = 1 + count_lines(pending[: head[1]]), pending[head[1] :], True
        parsed = _parse(file, pending, _dialect(declared), list(headed.columns), final, line)
        yield parsed, line
        line += count_lines(pending[: parsed.consumed])
        pending = pending[parsed.consumed :]
        if len(pending) > _LONGEST_ROW:
            raise SourceError(
                f"{file.name}:{line}: the row that begins here is longer than 64 MiB",
                fix="mend the quote that is not closed, or correct separator, row_ending and quote",
            )


def _data(file: SourceFile, declared: Csv, facts: dict[str, Any]) -> Blocks:
    blocks = read_decoded(file, declared.encoding, facts, BLOCK)
    return without_footer(file, blocks, declared.footer, _encoded(declared.row_ending), "utf-8")


def _parse(file: SourceFile, block: bytes, dialect: Dialect, names: list[str], final: bool, line: int) -> Parsed:
    try:
        return parse_block(block, dialect, names, final=final)
    except Malformed as problem:
        raise _malformed(file, line + problem.line - 1, problem) from None


def _malformed(file: SourceFile, line: int, problem: Malformed) -> SourceError:
    return SourceError(
        f"{file.name}:{line}: {problem}",
        fix="double the quotes inside quoted fields, or declare `quote: null` if quotes are characters here",
    )
