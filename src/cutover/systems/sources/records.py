"""Delimited records in a block of UTF-8 bytes: three parsers that agree, from the fastest to the most exact.

    arrow   one-byte separator and ordinary row ends; only where quotes open, close and double as they should
    split   any separator and row end; only where nothing is quoted
    strict  everything

Each leaves out the rows that have the wrong number of fields, and tells where they stood.

An empty field is null, a quoted empty field is the empty text; nothing else is null. Empty lines are no rows;
in a file of a single column each is a row without a value.
"""

import codecs
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from cutover.systems.sources.positions import find_quotes, is_well_quoted, row_ends

_ORDINARY_END = rb"\r\n|\n|\r"
Row = list[bytes | None]


@dataclass(frozen=True)
class Dialect:
    """How records are written, in UTF-8 bytes; `ending` None means line ends of any kind."""

    separator: bytes
    ending: bytes | None
    quote: bytes | None


@dataclass(frozen=True)
class Ragged:
    """A row with the wrong number of fields, as it stands in the file.

    place: how many rows of the block come before it, ragged ones too. line: counts from 1 in the block.
    """

    place: int
    line: int
    found: int
    text: bytes


@dataclass(frozen=True)
class Parsed:
    """The whole rows at the start of a block: their columns, the bytes they took, the rows left out."""

    rows: pa.Table
    consumed: int
    ragged: tuple[Ragged, ...] = ()


class Malformed(ValueError):
    """Quotes do not pair; `line` counts from 1 in the block."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def count_lines(text: bytes) -> int:
    """Count line ends of any kind."""
    return text.count(b"\n") + (text.count(b"\r") - text.count(b"\r\n"))


def parse_block(block: bytes, dialect: Dialect, names: list[str], *, final: bool) -> Parsed:
    """Read the whole rows at the start of a block with the fastest parser that is exact for it.

    names: the columns; a row has as many fields. final: nothing follows the block.

    Raises:
        Malformed: a quote is not closed, or something follows a closing quote.
    """
    parsed = _parse_arrow(block, dialect, names, final)
    if parsed is None:
        parsed = _parse_split(block, dialect, names, final)
    return parsed or _parse_strict(block, dialect, names, final)


def _parse_arrow(block: bytes, dialect: Dialect, names: list[str], final: bool) -> Parsed | None:
    if dialect.ending is not None or len(dialect.separator) != 1 or len(dialect.quote or b" ") != 1:
        return None
    # Arrow takes it for the mark of a file, and would leave it out of the first value.
    if block.startswith(codecs.BOM_UTF8):
        return None
    end = _boundary(block, dialect, final)
    if end is None:
        return None
    if not end:
        return Parsed(_empty(names), 0)
    # Without a last line end Arrow takes an empty last field behind a quoted one for quoted.
    whole = block[:end] if block.endswith((b"\n", b"\r"), 0, end) else block[:end] + b"\n"
    rows, wrong = _read_arrow(whole, dialect, names, threads=True)
    if wrong:
        # Only a single thread numbers the rows that it skips.
        rows, wrong = _read_arrow(whole, dialect, names, threads=False)
    return Parsed(rows, end, _locate(whole, dialect, names, wrong))


def _read_arrow(
    whole: bytes, dialect: Dialect, names: list[str], *, threads: bool
) -> tuple[pa.Table, list[pacsv.InvalidRow]]:
    wrong: list[pacsv.InvalidRow] = []
    rows = pacsv.read_csv(
        pa.BufferReader(whole),
        read_options=pacsv.ReadOptions(column_names=names, block_size=len(whole) + 1, use_threads=threads),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.separator.decode(),
            quote_char=dialect.quote.decode() if dialect.quote else False,
            newlines_in_values=True,
            ignore_empty_lines=len(names) > 1,
            invalid_row_handler=lambda row: wrong.append(row) or "skip",  # type: ignore[func-returns-value]
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
    return rows, wrong


def _locate(whole: bytes, dialect: Dialect, names: list[str], wrong: list[pacsv.InvalidRow]) -> tuple[Ragged, ...]:
    """Find the rows that Arrow skipped in a well-quoted block, by their number; it does not count empty lines."""
    if not wrong:
        return ()
    codes = np.frombuffer(whole, np.uint8)
    breaks, ends = np.flatnonzero(codes == 10), row_ends(codes, find_quotes(codes, dialect.quote))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if len(names) > 1:
        # A start that is a line end itself is an empty line.
        starts = starts[~np.isin(codes[starts], (10, 13))]
    starts = starts[[row.number - 1 for row in wrong]]
    lines, stops = np.searchsorted(breaks, starts) + 1, ends[np.searchsorted(ends, starts)]
    return tuple(
        Ragged(row.number - 1, int(line), row.actual_columns, whole[start:stop].rstrip(b"\r"))
        for row, line, start, stop in zip(wrong, lines, starts, stops, strict=True)
    )


def _boundary(block: bytes, dialect: Dialect, final: bool) -> int | None:
    """Return where the last whole row ends; None when the block needs a stricter parser."""
    if block.count(b"\r") != block.count(b"\r\n") + (not final and block.endswith(b"\r")):
        return None
    codes = np.frombuffer(block, np.uint8)
    quotes = find_quotes(codes, dialect.quote)
    if len(quotes) and not is_well_quoted(codes, quotes, dialect.separator, final=final):
        return None
    if final:
        return len(block)
    outside = row_ends(codes, quotes)
    return int(outside[-1]) + 1 if len(outside) else 0


def _parse_split(block: bytes, dialect: Dialect, names: list[str], final: bool) -> Parsed | None:
    if dialect.quote is not None and dialect.quote in block:
        return None
    end = len(block) if final else _last_end(block, dialect)
    rows = _split_rows(block[:end], dialect)
    if len(names) > 1:
        rows = [row for row in rows if row]
    if not rows:
        return Parsed(_empty(names), end)
    fields = pc.split_pattern(pa.array(rows, pa.binary()).cast(pa.string()), dialect.separator.decode())
    if not pc.all(pc.equal(pc.list_value_length(fields), len(names))).as_py():
        return None
    flat = pc.list_flatten(fields)
    flat = pc.if_else(pc.equal(flat, ""), pa.scalar(None, pa.string()), flat)
    starts = np.arange(0, len(flat), len(names))
    return Parsed(pa.table([flat.take(pa.array(starts + index)) for index in range(len(names))], names), end)


def _last_end(block: bytes, dialect: Dialect) -> int:
    if dialect.ending is not None:
        return _behind(block, dialect.ending)
    # A carriage return at the very end may be half of a line end.
    usable = block[:-1] if block.endswith(b"\r") else block
    return max(_behind(usable, b"\n"), _behind(usable, b"\r"))


def _behind(block: bytes, ending: bytes) -> int:
    found = block.rfind(ending)
    return found + len(ending) if found >= 0 else 0


def _split_rows(block: bytes, dialect: Dialect) -> list[bytes]:
    if dialect.ending is None:
        return block.splitlines()
    rows = block.split(dialect.ending)
    return rows[:-1] if not rows[-1] else rows


@cache
def _field_pattern(dialect: Dialect) -> re.Pattern[bytes]:
    ending = re.escape(dialect.ending) if dialect.ending is not None else _ORDINARY_END
    unquoted, quoted = rb"(?P<plain>.*?)", b""
    if dialect.quote:
        quote = re.escape(dialect.quote)
        inner = rb"[^%b]++" % quote if len(dialect.quote) == 1 else rb"(?!%b)." % quote
        quoted = rb"%b(?P<quoted>(?:%b|%b%b)*+)%b|" % (quote, inner, quote, quote, quote)
        unquoted = rb"(?!%b)(?P<plain>.*?)" % quote
    end = rb"(?P<end>%b|%b|\Z)" % (re.escape(dialect.separator), ending)
    return re.compile(rb"(?:%b%b)%b" % (quoted, unquoted, end), re.DOTALL)


def read_records(
    block: bytes, dialect: Dialect, *, final: bool, limit: int | None = None
) -> tuple[list[Row], list[int]]:
    """Read whole records field by field, at most `limit`.

    Returns the records, and where each starts, with the end of the last one appended.

    Raises:
        Malformed: a quote is not closed, or something follows a closing quote.
    """
    records: list[Row] = []
    starts = [0]
    while starts[-1] < len(block) and len(records) != limit:
        record, end = _read_record(block, starts[-1], dialect, final)
        if end is None:
            break
        records.append(record)
        starts.append(end)
    return records, starts


def _read_record(block: bytes, start: int, dialect: Dialect, final: bool) -> tuple[Row, int | None]:
    pattern, record, position = _field_pattern(dialect), [], start
    while True:
        match = pattern.match(block, position)
        if match is None:
            _check_unfinished(block, position, dialect, final)
            return [], None
        position, end = match.end(), match["end"]
        if not final and (not end or (end == b"\r" and position == len(block))):
            return [], None
        record.append(_value(match, dialect))
        if end != dialect.separator:
            return record, position


def _value(match: re.Match[bytes], dialect: Dialect) -> bytes | None:
    plain: bytes | None = match["plain"]
    if plain is not None:
        return plain or None
    assert dialect.quote is not None  # only a quoted field has no plain text
    quoted: bytes = match["quoted"]
    return quoted.replace(dialect.quote * 2, dialect.quote)


def _check_unfinished(block: bytes, position: int, dialect: Dialect, final: bool) -> None:
    """Return when the field at `position` may be completed by what follows the block."""
    assert dialect.quote is not None  # without quotes every field matches
    inside = block[position + len(dialect.quote) :].replace(dialect.quote * 2, b"")
    line = count_lines(block[:position]) + 1
    _, closed, behind = inside.partition(dialect.quote)
    # What stands behind the closing quote may be half of a separator, a row end or a doubled quote.
    half = max(len(dialect.separator), len(dialect.ending or b"\r\n"), len(dialect.quote)) - 1
    if closed and (final or len(behind) > half):
        raise Malformed("text follows the quote that closes a field", line)
    if final:
        raise Malformed("a quote is opened and never closed", line)


def _parse_strict(block: bytes, dialect: Dialect, names: list[str], final: bool) -> Parsed:
    records, starts = read_records(block, dialect, final=final)
    blank: Row = [None]
    kept: list[Row] = []
    ragged: list[Ragged] = []
    line, counted = 1, 0
    for record, start, end in zip(records, starts, starts[1:], strict=False):
        if len(record) == len(names):
            kept.append(record)
        elif record != blank:
            line, counted = line + count_lines(block[counted:start]), start
            text = _without_end(block[start:end], dialect)
            ragged.append(Ragged(len(kept) + len(ragged), line, len(record), text))
    columns = [pa.array(column, pa.binary()).cast(pa.string()) for column in zip(*kept, strict=True)]
    return Parsed(pa.table(columns, names) if kept else _empty(names), starts[-1], tuple(ragged))


def _without_end(record: bytes, dialect: Dialect) -> bytes:
    return record.rstrip(b"\r\n") if dialect.ending is None else record.removesuffix(dialect.ending)


def _empty(names: list[str]) -> pa.Table:
    return pa.schema([(name, pa.string()) for name in names]).empty_table()
