"""Excel workbooks, .xls and .xlsx: the tables of one or many sheets as one feed; everything lands as exact text."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from cutover.core.cells import cell_text
from cutover.errors import SourceError
from cutover.project.model import Excel
from cutover.project.spreadsheet import UNCALCULATED, Place, column_index, column_letter
from cutover.systems.sources.cells import (
    LONG,
    column_text,
    describe_column,
    find_early,
    find_long,
    suspicions,
)
from cutover.systems.sources.feed import Feed, Reading
from cutover.systems.sources.files import SourceFile, check_header, check_same_header, find_files, hash_file
from cutover.systems.sources.padded import find_padded
from cutover.systems.sources.workbooks import SheetOfFile, find_broken, open_sheets

_BLOCK_ROWS = 10_000
EMPTY_SHEETS = "sheets without any cell, passed over"
HIDDEN_SHEETS = "hidden sheets, read like the others"
PADDED = "numbers shown with zeros in front, which are only in the format and were not landed"
ERRORS = "cells with an error such as #N/A"
Row = tuple[int, list[Any]]


@dataclass(frozen=True)
class _Table:
    """The table of a sheet: its header's names, and its first column, counted from 0."""

    where: SheetOfFile
    names: list[str]
    first: int


@dataclass(frozen=True)
class _Tally:
    """What is counted while the blocks are read: suspicious things, and each column's cells by what they are."""

    notes: Counter[str] = field(default_factory=Counter)
    columns: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def read_excel(feed: Feed, folder: Path) -> Reading:
    """Open the sheets of a feed.

    Raises:
        SourceError: no file, no such sheet, a header with an empty or repeated name, another header in one of the
            sheets; and, while the blocks are read, a value beside the table, and cells that hold no certain value:
            merged ones, errors, formulas that were not calculated, numbers that lost digits, early dates.
    """
    declared = feed.source.excel
    assert declared is not None  # read_feed chose this module by it
    tables = [table for file in find_files(folder, declared.path) for table in _tables(file, declared)]
    filled = [table for table in tables if table is not None]
    if not filled:
        raise SourceError(f"all sheets of {declared.path} are empty", fix="name the sheets that hold the table")
    for table in filled[1:]:
        check_same_header(_named(filled[0]), filled[0].names, _named(table), table.names)
    added = [name for name in (declared.sheet_column, declared.row_column) if name is not None]
    names = check_header(_named(filled[0]), [*filled[0].names, *added], filled[0].where.layout.header_row)
    facts: list[dict[str, Any]] = []
    notes = {EMPTY_SHEETS: tables.count(None), HIDDEN_SHEETS: sum(table.where.hidden for table in filled)}
    notes = {what: sheets for what, sheets in notes.items() if sheets}
    schema = pa.schema([(name, pa.string()) for name in names])
    return Reading(schema, _read_tables(filled, declared, schema, facts, notes), files=facts, notes=notes)


def _tables(file: SourceFile, declared: Excel) -> list[_Table | None]:
    by_pattern = any(mark in name for name in _names(declared) for mark in "*?[")
    sheets = open_sheets(file, declared)
    return [None if by_pattern and sheet.is_empty else _table(sheet) for sheet in sheets]


def _names(declared: Excel) -> list[str]:
    return [entry.name for entry in declared.sheets] or [declared.sheet or ""]


def _named(table: _Table) -> SourceFile:
    return SourceFile(table.where.file.path, table.where.name)


def _table(where: SheetOfFile) -> _Table:
    layout = where.layout
    used = where.sheet.start[1] if where.sheet.start is not None else 0
    first = column_index(layout.first_column) if layout.first_column else used
    width = column_index(layout.last_column) - first + 1 if layout.last_column else None
    cells = next(islice(numbered_rows(where, first), layout.header_row - 1, None), (0, []))[1][:width]
    texts = [cell_text(cell) or "" for cell in cells]
    while texts and not texts[-1].strip():
        texts.pop()
    if not texts:
        raise SourceError(
            f"{where.file.name}: row {layout.header_row} of sheet {where.sheet.name!r} is empty",
            fix="state the row of the header as Excel counts it under `header_row`",
        )
    return _Table(where, check_header(SourceFile(where.file.path, where.name), texts, layout.header_row), first)


def numbered_rows(where: SheetOfFile, first: int) -> Iterator[Row]:
    """Yield every row with its number from 1, its cells from column `first` on."""
    if where.sheet.start is None:
        return
    offset = first - where.sheet.start[1]  # what calamine yields begins with the first used column
    pad = [""] * -offset
    for number, cells in enumerate(where.sheet.iter_rows(), 1):
        yield number, pad + cells if offset < 0 else cells[offset:]


def _read_tables(
    tables: list[_Table], declared: Excel, schema: pa.Schema, facts: list[dict[str, Any]], notes: dict[str, int]
) -> Iterator[pa.Table]:
    tally = _Tally()
    for file, of_file in groupby(tables, key=lambda table: table.where.file):
        rows: dict[str, int] = {}
        for table in of_file:
            name = table.where.sheet.name
            rows[name] = 0
            for block in _read_table(table, declared, schema, tally):
                rows[name] += len(block)
                yield block
        facts.append(hash_file(file) | {"rows": sum(rows.values()), "sheets": rows})
    notes.update(tally.notes + Counter(suspicions(tally.columns)))


def _read_table(table: _Table, declared: Excel, schema: pa.Schema, tally: _Tally) -> Iterator[pa.Table]:
    rows = _data_rows(table, declared, tally)
    while block := list(islice(rows, _BLOCK_ROWS)):
        numbers = [number for number, _ in block]
        columns = list(zip(*(cells for _, cells in block), strict=True))
        _check_values(table, declared, numbers, columns, tally)
        for name, column in zip(table.names, columns, strict=True):
            tally.columns[name] += describe_column(column)
        arrays = [column_text(column) for column in columns]
        if declared.sheet_column is not None:
            arrays.append(pa.repeat(table.where.sheet.name, len(block)))
        if declared.row_column is not None:
            arrays.append(pa.array(map(str, numbers), pa.string()))
        yield pa.table(arrays, schema)


def _data_rows(table: _Table, declared: Excel, tally: _Tally) -> Iterator[Row]:
    """Yield the rows of a table that hold anything: below its header, above its footer, in its columns."""
    layout, width, end = table.where.layout, len(table.names), _end(table)
    _note_padded(table, end, tally)
    fills, errors = _fills(table, declared, end), _errors(table, declared, end, tally)
    kept: dict[Place, Any] = {}
    for number, cells in islice(numbered_rows(table.where, table.first), layout.header_row, end):
        cells, beside = cells[:width], cells[width:]
        if layout.last_column is None and beside.count("") < len(beside):
            raise _beside(table, number, width + next(i for i, cell in enumerate(beside) if cell != ""))
        for column, text in errors.get(number, ()):
            cells[column] = text
        if cells.count("") == width:
            continue
        if declared.errors == "empty":
            for column, _ in errors.get(number, ()):
                cells[column] = ""
        for column, top in fills.get(number, ()):
            kept[number, column] = cells[column]
            cells[column] = kept.get((top, column), "")
        yield number, cells


def _beside(table: _Table, number: int, column: int) -> SourceError:
    return SourceError(
        f"{table.where.name}: row {number} has a value in column {column_letter(table.first + column)}, "
        f"the header names {len(table.names)} columns from {column_letter(table.first)} on",
        fix="name the column in the header row, or state `last_column` when what stands beside the table is no data",
    )


def _end(table: _Table) -> int | None:
    """Return the number of the last row above the footer; None when there is none declared."""
    layout = table.where.layout
    rows = islice(numbered_rows(table.where, table.first), layout.header_row, None)
    if layout.until is not None:
        pattern = re.compile(layout.until)
        for number, cells in rows:
            first = next((cell for cell in cells if cell != ""), "")
            if pattern.fullmatch(cell_text(first) or ""):
                return number - 1
        raise SourceError(
            f"{table.where.name}: no row begins with what `until` declares",
            fix="correct `until`, or remove it for this sheet under `sheets`",
        )
    if layout.footer_rows:
        last = max((number for number, cells in rows if cells.count("") < len(cells)), default=layout.header_row)
        return max(last - layout.footer_rows, layout.header_row)
    return None


def _fills(table: _Table, declared: Excel, end: int | None) -> dict[int, list[tuple[int, int]]]:
    """Return the cells that a merge has emptied: row number -> column of the table, number of the range's first row."""
    fills: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    refused = []
    for top, bottom in table.where.sheet.merged_cell_ranges or ():
        above, below = bottom[0] + 1 < table.where.layout.header_row, end is not None and top[0] >= end
        if above or below or bottom[1] < table.first or top[1] >= table.first + len(table.names):
            continue
        if declared.merged == "fill_down" and top[1] == bottom[1] and top[0] + 1 > table.where.layout.header_row:
            for number in range(top[0] + 1, bottom[0] + 2):
                fills[number].append((top[1] - table.first, top[0] + 1))
        else:
            refused.append(top)
    if refused:
        raise SourceError(
            f"{table.where.file.name}: merged cells begin at {table.where.cells(sorted(refused))}",
            fix="split them in Excel, or state `merged: fill_down` when each range lies below the header in one column",
        )
    return fills


def _errors(table: _Table, declared: Excel, end: int | None, tally: _Tally) -> dict[int, list[tuple[int, str]]]:
    """Return the cells that hold an error: row number -> column of the table, the error as Excel shows it."""
    errors: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    refused: defaultdict[str, list[Place]] = defaultdict(list)
    for (row, column), text in sorted(find_broken(table.where).items()):
        inside = table.where.layout.header_row <= row and (end is None or row < end)
        if not inside or not table.first <= column < table.first + len(table.names):
            continue
        if text == UNCALCULATED or declared.errors == "refuse":
            refused[text].append((row, column))
        else:
            errors[row + 1].append((column - table.first, text))
            tally.notes[ERRORS] += 1
    if refused:
        told = "; ".join(f"{text} in {table.where.cells(places)}" for text, places in refused.items())
        raise SourceError(
            f"{table.where.file.name}: cells hold no value: {told}",
            fix="mend the formulas, calculate and save in Excel; or declare what errors are: `errors: text` or `empty`",
        )
    return errors


def _note_padded(table: _Table, end: int | None, tally: _Tally) -> None:
    for row, column in find_padded(table.where.file.path, table.where.sheet.name, xls=table.where.is_xls):
        place = column - table.first
        if table.where.layout.header_row <= row and (end is None or row < end) and 0 <= place < len(table.names):
            tally.notes[f"{table.names[place]}: {PADDED}"] += 1


def _check_values(
    table: _Table, declared: Excel, numbers: Sequence[int], columns: Sequence[Sequence[Any]], tally: _Tally
) -> None:
    """Return when every cell holds a certain value; numbers that lost digits are only counted where they are kept."""
    long = _found(find_long, table, numbers, columns)
    if long and declared.long_numbers == "refuse":
        raise SourceError(
            f"{table.where.file.name}: {LONG}, of which Excel keeps 15: {table.where.cells(long)}",
            fix="export them as text, or state `long_numbers: keep` when the lost digits do not matter",
        )
    tally.notes[LONG] += len(long)
    early = _found(find_early, table, numbers, columns)
    if early:
        raise SourceError(
            f"{table.where.file.name}: dates before March 1900, which Excel counts wrongly: {table.where.cells(early)}",
            fix="write these dates as text, YYYY-MM-DD",
        )


def _found(
    find: Callable[[Sequence[Any]], Iterator[int]],
    table: _Table,
    numbers: Sequence[int],
    columns: Sequence[Sequence[Any]],
) -> list[Place]:
    return sorted(
        (numbers[place] - 1, table.first + index) for index, column in enumerate(columns) for place in find(column)
    )
